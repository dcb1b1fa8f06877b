"""What a story says of itself: headline, origins, claimants, corroboration, bursts.

In: A story's members and people's feedback.
Out: Stories, ready to be stored and published.
May import: stories.features, config, core, classifiers.
"""
