"""Which story an entry joins: near-duplicates first, then the same event.

In: Candidates and the window of recent entries.
Out: Grouping: assignments and merges.
May import: stories.features, config, core.
"""
