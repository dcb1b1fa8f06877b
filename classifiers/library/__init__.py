"""What ships with the program as data: ready topics (`topics/`) and names in many languages (`gazetteer/`).

In: The names of what is wanted; what a person adds to them in config.toml.
Out: Tables as TOML gives them, with a version that changes whenever their content does; a Gazetteer.
May import: classifiers.terms, classifiers.types.
"""
