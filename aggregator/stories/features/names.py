"""What grouping looks for by name: the gazetteer, a person's [entities] and the outlets, as spellings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from aggregator.config.stories import OriginConfig
from classifiers.library.gazetteer.own import extended, new_names
from classifiers.library.gazetteer.read import shipped
from classifiers.library.gazetteer.records import LIST, WORDS, Gazetteer, Name, is_plain
from classifiers.terms.language import Literal, Phrase, TermError, parse_term
from classifiers.terms.name_finder import Means, Named

_INFLECTED = ("s", "es", "ed", "d", "ing")
_WITH_ENDINGS = ("act", "thing")
"""Kinds whose English words also count with an ending."""
_SHORT = 4
"""Letters up to which a spelling in capitals (US) is looked for in capitals only."""
_MOST_SPELLINGS = 16
"""A name of a person's with more spellings is a list of things."""


def marked(mark: str) -> frozenset[str]:
    """Return the features that the gazetteer marks, "frame" or "weapon"."""
    return shipped().features(mark)


def grouping_names(
    entities: Mapping[str, Any] | None = None, origins: Mapping[str, OriginConfig] | None = None
) -> dict[Literal, Named]:
    """Return every spelling that grouping looks for, with the features that it stands for.

    Args:
        entities: [entities] as config.toml has it: added to the gazetteer, in place of a name, or new.
        origins: the outlets; their names stand for them.
    """
    entities = entities or {}
    gazetteer = extended(shipped(), entities)
    found: dict[Literal, Named] = {}
    for name in sorted(gazetteer.names.values(), key=lambda name: name.kind == WORDS):  # a name before a list
        means = _means(gazetteer, name)
        _add(found, name.for_grouping, means, inflect=name.kind in _WITH_ENDINGS)
        found.update(
            (literal, Named(means[:1], headline=True)) for s in name.headline for literal in _literals(s)
        )
    for word, slugs in gazetteer.compounds.items():
        for literal in _literals(word):
            found[literal] = Named(tuple(gazetteer.names[slug].feature for slug in slugs))
    for slug, own in new_names(gazetteer, entities).items():
        _add(found, filter(is_plain, own), _own_means(slug, own, found))
    for slug, origin in (origins or {}).items():
        named = (*([origin.name] if origin.name else []), *origin.aliases)
        _add(found, filter(is_plain, named), _own_means(slug, named, found))
    return found


def _means(gazetteer: Gazetteer, name: Name) -> Means:
    return (name.feature, *(gazetteer.names[slug].feature for slug in name.implies))


def _own_means(slug: str, spellings: Sequence[str], known: Mapping[Literal, Named]) -> Means:
    """Return what a person's new name stands for: what the gazetteer knows by one of its spellings, else itself."""
    there = {known[literal].means for item in spellings for literal in _literals(item) if literal in known}
    if len(there) > 1 or not _of_one_thing(spellings):
        return (f"{LIST}{slug}",)
    return there.pop() if there else (f"org:{slug}",)


def _add(
    found: dict[Literal, Named], spellings: Iterable[str], means: Means, *, inflect: bool = False
) -> None:
    for item in spellings:
        named = Named(means, common=inflect and item.isascii())
        for literal in _literals(item):
            found.setdefault(literal, named)
            if inflect:
                for ending in _endings(literal, item):
                    found.setdefault(replace(literal, anchor=ending), named)


def _literals(spelling: str) -> Iterator[Literal]:
    """Yield what a spelling looks for; nothing for an exception, a reference or an expression.

    Capitals of more than a few letters are hardly another word in small ones (Unesco, Brics). A blank at its end means that the word must end there; a number without its dot (6·25) is any number.
    """
    try:
        body = None if spelling.startswith(("-", "@", "/")) else parse_term(spelling).body
    except TermError:  # told where the configuration is read
        return
    if isinstance(body, Phrase):
        for literal in body.literals:
            letters = literal.anchor.replace(" ", "")
            if not letters.isdecimal() and (len(letters) > 1 or not letters.isascii()):
                anchor = f"{literal.anchor} " if spelling.endswith(" ") else literal.anchor
                upper = literal.upper if len(anchor) <= _SHORT else None
                yield replace(literal, anchor=anchor, upper=upper)


def _endings(literal: Literal, spelling: str) -> Iterator[str]:
    anchor = literal.anchor
    if literal.upper is not None or not anchor.isascii():
        return
    if anchor.isalpha():
        for ending in _INFLECTED:
            yield (anchor.removesuffix("e") if ending == "ing" else anchor) + ending
    elif spelling.islower():
        yield f"{anchor}s"


def _of_one_thing(spellings: Sequence[str]) -> bool:
    """Return whether a person's spellings look like those of one person, place or body.

    Topics use names for kinds of things as well: accidents, weapons, other countries, words of sport. Two reports
    that share a kind of thing are no more one event for it.
    """
    own = [item for item in spellings if item and not item.startswith("-")]
    return len(own) <= _MOST_SPELLINGS and all(
        not item.startswith(("@", "/")) and "*" not in item and not (item[0].isascii() and item[0].islower())
        for item in own
    )
