"""Whose claim a text is: who acts in a headline, who speaks in a sentence, who only passes it on.

In: Headlines and sentences, normalised.
Out: Whether the North speaks, whether a name is the speaker, who announced something.
May import: core, classifiers.
"""
