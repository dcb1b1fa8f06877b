"""Which entries are one text and which are one event, and who says so. Pure: no IO.

In: Entries with their fingerprints, the window of recent ones, people's corrections.
Out: Grouping (which story each entry joins), Stories with corroboration.
May import: entries, config, core, classifiers.
"""
