"""What a person says in [entities] of config.toml, laid over the gazetteer that ships."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from classifiers.library.gazetteer.records import WORDS, Gazetteer, Name
from classifiers.terms.language import TermError, parse_term


def spellings(raw: Any) -> tuple[str, ...]:
    """Return the spellings of one entry of [entities], a list or a table with `names`; what is none is left out."""
    listed = raw.get("names", ()) if isinstance(raw, Mapping) else raw
    return (
        tuple(item for item in listed if isinstance(item, str)) if isinstance(listed, (list, tuple)) else ()
    )


def replaces(raw: Any) -> bool:
    """Return whether an entry of [entities] says `replace = true`."""
    return isinstance(raw, Mapping) and raw.get("replace") is True


def extended(gazetteer: Gazetteer, entities: Mapping[str, Any]) -> Gazetteer:
    """Return the gazetteer with a person's names: added to a name that is there, in its place, or new.

    Never raises: what is wrong with `entities` is told where the configuration is read (`classifiers.rules`). A name
    that only grouping uses is there for grouping alone; a person's name of the same slug is new.
    """
    names = dict(gazetteer.names)
    for slug, raw in entities.items():
        own, there = spellings(raw), names.get(slug)
        if there is None or there.only_grouping:
            continue
        names[slug] = replaced(there, own) if replaces(raw) else added(there, own)
    return Gazetteer(names, gazetteer.compounds)


def new_names(gazetteer: Gazetteer, entities: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """Return a person's names that topics do not know from the gazetteer, with their spellings."""
    known = gazetteer.aliases()
    return {slug: spellings(raw) for slug, raw in entities.items() if slug not in known}


def added(name: Name, own: tuple[str, ...]) -> Name:
    """Return a name with more spellings; those that it has already are left out."""
    known = set(map(_meaning, name.for_topics))
    fresh = []
    for item in own:
        if _meaning(item) not in known:
            known.add(_meaning(item))
            fresh.append(item)
    plain = tuple(item for item in fresh if name.kind == WORDS or not item.startswith(("-", "@", "/")))
    other = tuple(item for item in fresh if item not in plain)
    return replace(name, names=(*name.names, *plain), topics=(*name.topics, *other))


def replaced(name: Name, own: tuple[str, ...]) -> Name:
    """Return a name with nothing but a person's spellings."""
    return added(replace(name, names=(), topics=(), grouping=()), own)


def changes_nothing(name: Name, own: tuple[str, ...], *, replacing: bool) -> bool:
    """Return whether a person's spellings leave a name as it ships."""
    before = set(map(_meaning, name.for_topics))
    return set(map(_meaning, own)) == before if replacing else set(map(_meaning, own)) <= before


def _meaning(spelling: str) -> tuple[bool, object]:
    """Return what a spelling looks for: two that mean the same are equal."""
    exception = spelling.startswith("-")
    try:
        return exception, parse_term(spelling.removeprefix("-")).body
    except TermError:
        return exception, spelling
