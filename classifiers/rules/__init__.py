"""A topic's table becomes rules; a document's evidence becomes a score.

In: Tables of [topics.*]; Documents.
Out: Labels with their reasons; every mistake in a table with its place.
May import: classifiers.library, classifiers.terms, classifiers.types.
"""
