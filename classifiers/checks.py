"""What a topic's configuration says that cannot have been meant: terms that never match, and doubles."""

from __future__ import annotations

from collections.abc import Iterator

from classifiers.terms import FIELDS, Near, Phrase, Term
from classifiers.topic import Group, Topic
from classifiers.types import Mistake
from classifiers.vocabulary import limited

Path = tuple[str | int, ...]


def topic_warnings(topic: Topic, path: Path) -> list[Mistake]:
    """Return the warnings for one topic whose tables lie at `path`."""
    found = [*_doubles(topic, path), *_ignored(topic, path)]
    for item in topic.terms:
        found += _language(item.term, (*path, "terms", item.term.text))
    for place, group in enumerate(topic.groups):
        found += _group(group, (*path, "groups", place))
    highest = sum(item.weight * _most(topic, item.term) for item in topic.terms if item.weight > 0)
    highest += sum(group.weight * max(topic.fields.values()) for group in topic.groups if group.weight > 0)
    highest += max((weight for weight in topic.sources.values() if weight > 0), default=0.0)
    if 0 < highest < topic.points and topic.threshold >= 0.5:
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
