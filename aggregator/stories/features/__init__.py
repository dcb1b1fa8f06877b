"""What grouping needs of one entry: keys, signatures, names, numbers, headline words.

In: Entries.
Out: Fingerprints.
May import: config, core, classifiers.
"""
