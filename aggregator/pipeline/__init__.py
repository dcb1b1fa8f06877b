"""Composes the stages: poll, import and correct, all of them batches for one Writer.

In: Feeds that are due, rows of a file, a person's correction, pages to fetch.
Out: Batches applied to the store in one order; RunStats.
May import: web, store, publish, stories, fetch, entries, config, core, classifiers.
"""
