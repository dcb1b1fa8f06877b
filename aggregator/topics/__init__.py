"""Labels on stored stories: judgements, training, evaluation, backtest, explain.

In: Stored entries and stories, people's judgements, a configuration to try.
Out: Judgements recorded, models trained and activated, reports for people.
May import: pipeline, store, publish, config, core, classifiers.
"""
