"""Which entries are the same text, which are the same event, who wrote them, and what is known of a story.

Entry -> Fingerprint                      fingerprint.py   in worker processes
Candidates + Window -> Grouping           group.py         pure; window.py holds what is recent
members -> Story                          summarise.py     with origin.py, corroborate.py, life.py
"""
