"""How well a topic does, and what a change would do: precision, recall, backtest, suggestions.

In: Topics, judged and unjudged Documents.
Out: Reports as plain records.
May import: classifiers.topic_classifier, classifiers.model, classifiers.rules, classifiers.terms, classifiers.types.
"""
