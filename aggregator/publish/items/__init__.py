"""One story, entry, alert, digest or alarm as an item of an output feed.

In: Stories and alarms.
Out: Items in the vocabulary of feeds, no bytes yet.
May import: publish, config, core.
"""
