"""Decide by topic what belongs. Usable in a notebook: nothing here needs a database, a feed or the daemon.

In: Topics (tables of terms), Documents, people's judgements.
Out: Labels with their reasons, models, evaluations.
May import: nothing of `aggregator`.
"""
