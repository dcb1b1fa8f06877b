"""What a person says in [entities] of config.toml, laid over the gazetteer that ships."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from classifiers.library.gazetteer.records import GROUPING, WORDS, Gazetteer, Name
from classifiers.terms.language import Entity, Phrase, TermError, parse_term

Sense = tuple[bool, object]
"""What a spelling looks for, and whether that is an exception."""


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
    that only grouping uses is there for grouping alone; a person's name of the same slug is new, and not in here.
    """
    names = dict(gazetteer.names)
    for slug, raw in entities.items():
        there = names.get(slug)
        if there is not None and there.only != GROUPING:
            base = replace(there, names=(), topics=(), grouping=(), headline=()) if replaces(raw) else there
            known = set() if replaces(raw) else senses(gazetteer, slug)
            names[slug] = _with(base, spellings(raw), known)
    return Gazetteer(names, gazetteer.compounds)


def new_names(gazetteer: Gazetteer, entities: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """Return a person's names that topics do not know from the gazetteer, with their spellings."""
    known = gazetteer.aliases()
    return {slug: spellings(raw) for slug, raw in entities.items() if slug not in known}


def _with(name: Name, own: Iterable[str], known: set[Sense]) -> Name:
    """Return a name with those of a person's spellings that say more than it does already."""
    names, topics = list(name.names), list(name.topics)
    for item in own:
        meant = _senses(item)
        if not meant <= known:
            known |= meant
            (names if name.kind == WORDS or item[0] not in "-@/" else topics).append(item)
    return replace(name, names=tuple(names), topics=tuple(topics))


def changes_nothing(gazetteer: Gazetteer, slug: str, own: Iterable[str], *, replacing: bool) -> bool:
    """Return whether a person's spellings leave a name of the gazetteer as it ships."""
    before, said = senses(gazetteer, slug), set[Sense]().union(*map(_senses, own))
    if not replacing:
        return said <= before
    names = {
        **gazetteer.names,
        slug: replace(gazetteer.names[slug], names=tuple(own), topics=(), headline=()),
    }
    return senses(Gazetteer(names), slug) == before


def senses(gazetteer: Gazetteer, slug: str, above: tuple[str, ...] = ()) -> set[Sense]:
    """Return all that `@slug` looks for, what it refers to included."""
    found: set[Sense] = set()
    for item in gazetteer.names[slug].for_topics:
        found |= _senses(item)
        inner = item[1:]
        if item.startswith("@") and inner in gazetteer.names and inner not in (slug, *above):
            found |= senses(gazetteer, inner, (*above, slug))
    return found


def _senses(spelling: str) -> set[Sense]:
    """Return what one spelling looks for: those that mean the same give the same."""
    exception = spelling.startswith("-")
    try:
        body = parse_term(spelling.removeprefix("-")).body
    except TermError:
        return {(exception, spelling)}
    if isinstance(body, Phrase):
        return {(exception, literal) for literal in body.literals}
    return {(exception, f"@{body.name}" if isinstance(body, Entity) else body)}
