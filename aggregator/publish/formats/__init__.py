"""Output feeds as bytes: Atom, RSS, JSON Feed. Equal feeds make equal bytes.

In: OutputFeed records.
Out: Documents.
May import: publish, core.
"""
