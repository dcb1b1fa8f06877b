"""What a topic learns from judgements: samples, vectors, fit, calibration, a file without pickles.

In: Judged Documents and their rules' labels.
Out: TopicModels; probabilities and reasons.
May import: classifiers.types.
"""
