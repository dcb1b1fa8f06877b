"""Which feeds are due, what their servers answered, when to ask again and how healthy they are.

In: FeedStates that are due; what a poll brought.
Out: Fetched documents and pages; a PollIntent for every poll, failed or not.
May import: entries, config, core.
"""
