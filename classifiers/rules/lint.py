"""What a topic's configuration says that cannot have been meant: terms that never match, and doubles."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from classifiers.rules.topic import Group, Topic, WeightedTerm
from classifiers.terms.language import FIELDS, Entity, Literal, Near, Phrase, Term, parse_term
from classifiers.terms.matcher import Matcher
from classifiers.terms.vocabulary import Aliases, Vocabulary, limited
from classifiers.types import Document, Mistake

Path = tuple[str | int, ...]

_ACCENTED = re.compile("[A-Za-z][\u0300-\u036f]")
_FEW = 4
"""Letters; with more, words of another language seldom begin alike."""


def topic_warnings(topic: Topic, path: Path, complete: bool = True) -> list[Mistake]:
    """Return the warnings for one topic whose tables lie at `path`.

    Args:
        topic: as read.
        path: keys from the root.
        complete: nothing of the topic had to be left out for a mistake, so its sums mean something.
    """
    found = [*_doubles(topic, path), *_overlaps(topic, path), *_ignored(topic, path)]
    for item in topic.terms:
        found += _language(item.term, (*path, "terms", item.term.text))
        found += _blunt(item.term, (*path, "terms", item.term.text))
    for place, group in enumerate(topic.groups):
        found += _group(group, (*path, "groups", place))
    highest = sum(item.weight * _most(topic, item.term) for item in topic.terms if item.weight > 0)
    highest += sum(group.weight * max(topic.fields.values()) for group in topic.groups if group.weight > 0)
    highest += max((weight for weight in topic.sources.values() if weight > 0), default=0.0)
    if complete and 0 < highest < topic.points and topic.threshold >= 0.5:
        found.append(
            Mistake(
                (*path, "points"),
                f"a story needs {topic.points:g} points, but all terms and groups together give {highest:g}",
                warning=True,
            )
        )
    return found


def _most(topic: Topic, term: Term) -> float:
    return max(topic.fields.get(name, 1.0) for name in term.fields)


def _doubles(topic: Topic, path: Path) -> Iterator[Mistake]:
    seen: dict[tuple[object, frozenset[str]], str] = {}
    for item in topic.terms:
        key = (item.term.body, item.term.fields)
        if key in seen:
            message = f'says the same as "{seen[key]}"; both weights count, so take one out'
            yield Mistake((*path, "terms", item.term.text), message, warning=True)
        seen.setdefault(key, item.term.text)


def _overlaps(topic: Topic, path: Path) -> Iterator[Mistake]:
    """Two terms that share a spelling both count where it stands, which is hardly meant if both add or both take."""
    phrases = [
        (item, item.term.body) for item in topic.terms if isinstance(item.term.body, Phrase) and item.weight
    ]
    by_spelling: dict[tuple[Literal, frozenset[str], bool], list[tuple[WeightedTerm, Phrase]]] = {}
    for item, phrase in phrases:
        for literal in phrase.literals:
            key = (literal, item.term.fields, item.weight > 0)
            by_spelling.setdefault(key, []).append((item, phrase))
    told: set[tuple[str, str]] = set()
    for (literal, _, _), users in by_spelling.items():
        first, wider = users[0]
        for item, phrase in users[1:]:
            if phrase == wider or (first.term.text, item.term.text) in told:
                continue
            told.add((first.term.text, item.term.text))
            remedy = "take that spelling out of one of them"
            for inner, outer, text in ((wider, phrase, first.term.text), (phrase, wider, item.term.text)):
                if set(inner.literals) <= set(outer.literals):
                    remedy = f'take "{text}" out'
            message = f'finds "{literal.anchor}", and so does "{first.term.text}"; both weights count there, so {remedy}'
            yield Mistake((*path, "terms", item.term.text), message, warning=True)


def covered_names(name: str, aliases: Aliases) -> Iterator[Mistake]:
    """Yield a warning for each name of the entity `name` that one of its own exceptions always covers.

    Each spelling is looked for as the only words of a text, once by itself and once as the entity. A name with
    a wildcard inside it is given the benefit of the doubt.
    """
    own = aliases[name]
    if not any(alias.startswith("-") for alias in own):
        return
    names = {
        place: body
        for place, alias in enumerate(own)
        if not alias.startswith("-") and isinstance(body := parse_term(alias).body, Phrase)
    }
    exceptions = [parse_term(alias[1:]).body for alias in own if alias.startswith("-")]
    anchors = [one.anchor for phrase in exceptions if isinstance(phrase, Phrase) for one in phrase.literals]
    names = {
        place: body
        for place, body in names.items()
        if all(any(anchor in one.anchor for anchor in anchors) for one in body.literals)
    }
    if not names:
        return  # the common case, without building a matcher
    vocabulary = Vocabulary(aliases)
    whole = vocabulary.add(Term(f"@{name}", Entity(name)))
    numbers = {place: vocabulary.add(Term(own[place], body)) for place, body in names.items()}
    matcher = Matcher(vocabulary)

    def covered(place: int, literal: Literal) -> bool:
        if literal.before or literal.after:
            return False
        found = matcher.scan(Document(id="", title=_sample(literal))).terms
        return numbers[place] in found and whole not in found

    never = [place for place, body in names.items() if all(covered(place, one) for one in body.literals)]
    if len(never) == sum(not alias.startswith("-") for alias in own):
        message = "can never match: its exceptions cover all its names; take one of them out"
        yield Mistake(("entities", name), message, warning=True)
        return
    for place in never:
        message = f'"{own[place]}" never counts: an exception of @{name} covers it; take one of them out'
        yield Mistake(("entities", name, place), message, warning=True)


def blunt_names(name: str, aliases: Aliases) -> Iterator[Mistake]:
    """Yield a warning for each name of the entity `name` that `_blunt` names."""
    for place, alias in enumerate(aliases[name]):
        if not alias.startswith("-"):
            yield from _blunt(parse_term(alias), ("entities", name, place))


def _blunt(term: Term, path: Path) -> Iterator[Mistake]:
    """A few letters, an accent and an open end: accents do not count, so words of other languages are found."""
    if not isinstance(term.body, Phrase) or not _ACCENTED.search(unicodedata.normalize("NFD", term.text)):
        return
    for literal in term.body.literals:
        if len(literal.anchor) <= _FEW and (literal.open_left or literal.open_right):
            message = f'accents do not count, so "{term.text}" finds every word with "{literal.anchor}" there; write the words out'
            yield Mistake(path, message, warning=True)
            return


def _sample(literal: Literal) -> str:
    """Return a text that holds a spelling and nothing else, its open ends filled with letters of no word."""
    text = literal.anchor
    if literal.upper is not None:
        text = "".join(
            character.upper() if upper else character
            for character, upper in zip(text, literal.upper, strict=True)
        )
    return ("zqx" if literal.open_left else "") + text + ("xqz" if literal.open_right else "")


def _ignored(topic: Topic, path: Path) -> Iterator[Mistake]:
    """A term in which an ignored phrase always stands can never count."""
    ignored = [
        (term.text, literal.anchor)
        for term in topic.ignore
        if isinstance(term.body, Phrase)
        for literal in term.body.literals
        if not literal.before and not literal.after and literal.upper is None
    ]
    if not ignored:
        return
    for item in topic.terms:
        if not isinstance(item.term.body, Phrase):
            continue
        covers = {
            next((text for text, anchor in ignored if f" {anchor} " in f" {literal.anchor} "), "")
            for literal in item.term.body.literals
        }
        if covers and "" not in covers:
            message = f'can never match: "{min(covers)}" is in ignore; take one of them out'
            yield Mistake((*path, "terms", item.term.text), message, warning=True)


def _language(term: Term, path: Path) -> Iterator[Mistake]:
    """The field `language` holds a code of two or three letters."""
    if term.fields != {"language"} or not isinstance(term.body, Phrase):
        return
    if all(len(literal.anchor) > 3 for literal in term.body.literals):
        yield Mistake(
            path,
            'can never match: languages are codes of two letters, as in "language: ko"',
            warning=True,
        )


def _group(group: Group, path: Path) -> Iterator[Mistake]:
    required = {(term.body, term.fields) for term in group.all}
    for place, term in enumerate(group.none):
        if (term.body, term.fields) in required:
            yield Mistake(
                (*path, "none", place), "stands in all as well, so the group can never be satisfied", True
            )
    if group.within and any(isinstance(term.body, Near) for term in (*group.all, *group.any)):
        yield Mistake((*path, "within"), 'a member has a "within N words" of its own; both must hold', True)
    for key, terms in (("all", group.all), ("any", group.any)):
        for place, term in enumerate(terms):
            if group.fields is not None and not limited(term.fields, group.fields):
                names = ", ".join(name for name in FIELDS if name in group.fields)
                message = f"can never match: the group looks only in {names}, the term elsewhere"
                yield Mistake((*path, key, place), message, warning=True)
