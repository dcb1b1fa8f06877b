"""What was fetched becomes clean entries, and what changed since the last poll. Pure: no IO.

In: Fetched documents, pages, imported rows, what the store knows of them.
Out: Entry records; Changes (new, revised, archived).
May import: core.
"""
