"""What ships with the program as data: ready topics (`topics/`), to be used as they are or built upon.

In: The names of what is wanted.
Out: Tables as TOML gives them, with a version that changes whenever their content does.
May import: types.
"""
