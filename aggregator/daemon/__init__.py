"""The process: start, signals, scheduler, reload, watchdog, metrics, logs.

In: A configuration file and an environment.
Out: A running service, until it is told to stop.
May import: topics, pipeline, web, store, publish, stories, fetch, entries, config, core, classifiers.
"""
