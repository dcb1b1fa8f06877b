"""The gazetteer: what people, places, bodies, weapons and acts are called, in every language that feeds use.

In: The files of this folder, one a subject; the table [entities] of config.toml.
Out: Gazetteer, a record of all names.
May import: classifiers.terms, classifiers.types.

A file has a table for each kind of name (`[person]`, `[place]`, `[org]`, `[act]`, `[thing]`, `[words]`), in it one
entry a name. An entry is a list of spellings, or a table:

    names      spellings for topics (`@name`) and for grouping alike, in the term language (docs/topics.md)
    topics     spellings for topics alone: words that speak of it and are no name for it, `-` exceptions, `@` others
    grouping   spellings for grouping alone, because they mean something else too often
    headline   single characters that stand for it in Korean headlines: Chinese ones (北) anywhere there, for both uses;
               Korean syllables (북) where they stand alone, for grouping
    implies    what names this names those too: an ICBM is a missile (grouping)
    frame      true: reports of different events share it all the same, as an office or a country (grouping)
    weapon     true: two reports of one event name the same one (grouping)

Spellings under `[words]` are no names of one thing but a list; to grouping it is a word that two reports share, and
of its spellings only those count that are written out, without brackets and wildcards. Above the tables of a file
`frame = true` stands for all its entries, and `only` keeps all of them from one use: `only = "topics"` from grouping,
where common words would say nothing, `only = "grouping"` from topics, so that a person may use the same name for a
list of their own. `compounds.toml` holds words that name several at
once (한미: two countries), for grouping alone.

In grouping, single English words under `[act]` and `[thing]` also count with -s, -es, -ed, -d and -ing, and capitals of more than four letters in any case.
"""
