"""Records to database rows and back: the only place that knows how a record is spread over columns. Pure.

In: Records of `core.types`, or rows.
Out: Rows as dicts by column name, or records.
May import: core, classifiers.
"""
