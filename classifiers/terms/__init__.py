"""The term language: words, particles of Korean, matching, spans.

In: Terms as written in a topic; texts.
Out: Which terms a text holds, and where.
May import: classifiers.types.
"""
