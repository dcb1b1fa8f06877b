"""The ground: records that travel between stages, errors, ports, text, URLs, hashes. No IO.

In: Plain values.
Out: Frozen records and pure helpers that every other room shares.
May import: classifiers.
"""
