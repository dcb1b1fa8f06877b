"""The table of what the same thing is called in several languages, and finding its forms in a text."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from ahocorasick_rs import AhoCorasick, MatchKind

KINDS = ("person", "place", "org", "act", "thing")
_INFLECTED = ("s", "es", "ed", "d", "ing")


@dataclass(frozen=True, slots=True)
class Hit:
    """A form found in a text."""

    start: int
    end: int
    concepts: tuple[str, ...]
    """Feature names, such as "person:trump"."""


@cache
def shipped() -> Mapping[str, Mapping[str, Sequence[str]]]:
    """terms.toml as it is."""
    text = files("aggregator.stories.features").joinpath("terms.toml").read_text(encoding="utf-8")
    table: Mapping[str, Mapping[str, Sequence[str]]] = tomllib.loads(text)
    return table


@cache
def listed(section: str) -> frozenset[str]:
    """The features that a section of terms.toml lists by kind: `frame` or `weapons`."""
    return frozenset(f"{kind}:{slug}" for kind, slugs in shipped()[section].items() for slug in slugs)


_MOST_SPELLINGS = 16
"""An entity with more names is a list of things."""


class TermFinder:
    """Finds all forms of the shipped table and of the user's alias sets in one pass (Aho and Corasick 1975)."""

    def __init__(self, entities: Mapping[str, Sequence[str]]) -> None:
        """`entities`: slug to names. Those whose names are of one thing (`_of_one_thing`) are concepts too: the shipped
        table's, where it knows one of the names. Others are a word like any other, `w:@slug`."""
        table = shipped()
        forms: dict[str, tuple[str, ...]] = {}
        self._capitals: dict[str, str] = {}
        kind_of = {slug: kind for kind in KINDS for slug in table[kind]}
        for kind in KINDS:
            for slug, names in table[kind].items():
                concepts = tuple(f"{kind_of[one]}:{one}" for one in (slug, *table["implies"].get(slug, ())))
                for name in names:
                    self._add(forms, name, concepts, inflect=kind in ("act", "thing"))
        for form, slugs in table["several"].items():
            forms[form.lower()] = tuple(f"{kind_of[slug]}:{slug}" for slug in slugs)
        self._hanja = {form: f"{kind_of[str(slug)]}:{slug}" for form, slug in table["hanja"].items()}
        self._syllables = {form: f"{kind_of[str(slug)]}:{slug}" for form, slug in table["syllable"].items()}
        self._alone = frozenset((*self._hanja, *self._syllables))
        for slug, names in entities.items():
            known = {forms[name.lower()] for name in names if name.lower() in forms}
            if len(known) > 1 or not _of_one_thing(names):
                stands_for: tuple[str, ...] = (f"w:@{slug}",)
            else:
                (stands_for,) = known or {(f"org:{slug}",)}
            for name in names:
                if len(name) > 1 and not name.startswith("-"):
                    forms.setdefault(name.lower(), stands_for)
        self._concepts = list(forms.values())
        self._forms = list(forms)
        self._automaton = AhoCorasick(self._forms, matchkind=MatchKind.LeftmostLongest)

    def _add(
        self, forms: dict[str, tuple[str, ...]], name: str, concepts: tuple[str, ...], *, inflect: bool
    ) -> None:
        low = name.lower()
        forms.setdefault(low, concepts)
        if name.isascii() and name.isalpha():
            if name.isupper() and len(name) <= 4:
                self._capitals[low] = name
            elif inflect:
                for ending in _INFLECTED:
                    forms.setdefault(
                        low.removesuffix("e") + ending if ending == "ing" else low + ending, concepts
                    )
        elif inflect and name.isascii() and name.islower():
            forms.setdefault(f"{low}s", concepts)

    def find(self, text: str, *, hanja: bool) -> list[Hit]:
        """Hits in order, never overlapping. `hanja`: read single Chinese characters as Korean headlines use them."""
        low = text.lower()
        if len(low) != len(text):  # a few letters change their length; indexes must fit the text
            low = text
        hits: list[Hit] = []
        end_of_last = -1
        for number, start, end in self._automaton.find_matches_as_indexes(low):
            form = self._forms[number]
            if not _starts_a_word(text, start, end_of_last):
                continue
            if form[-1].isascii() and form[-1].isalnum() and end < len(text) and _latin(text[end]):
                continue
            capitals = self._capitals.get(form)
            if capitals is not None and text[start:end] != capitals:
                continue
            hits.append(Hit(start, end, self._concepts[number]))
            end_of_last = end
        if hanja:
            present = self._alone.intersection(text)
            if not present:
                return hits
            covered = {i for hit in hits for i in range(hit.start, hit.end)}
            hits.extend(
                Hit(i, i + 1, (self._hanja[letter],))
                for i, letter in enumerate(text)
                if letter in self._hanja and i not in covered
            )
            hits.extend(
                Hit(i, i + 1, (self._syllables[letter],))
                for i, letter in enumerate(text)
                if letter in self._syllables and i not in covered and _alone(text, i)
            )
            hits.sort(key=lambda hit: hit.start)
        return hits


def _of_one_thing(names: Sequence[str]) -> bool:
    """Whether the names of an entity look like those of one person, place or body in several spellings.

    Topics use entities for kinds of things as well: accidents, weapons, other countries, words of sport. Two reports
    that share a kind of thing are no more one event for it.
    """
    own = [name for name in names if not name.startswith("-")]
    return len(own) <= _MOST_SPELLINGS and all(
        not name.startswith(("@", "/")) and "*" not in name and not (name[0].isascii() and name[0].islower())
        for name in own
        if name
    )


def _latin(letter: str) -> bool:
    return letter.isalnum() and letter < "\u0250"


def _alone(text: str, i: int) -> bool:
    return not (i and text[i - 1].isalnum()) and not (i + 1 < len(text) and text[i + 1].isalnum())


def _starts_a_word(text: str, start: int, end_of_last: int) -> bool:
    """Whether a form may begin here: not inside a Latin or Hangul word, except right after another form or a
    Chinese character ("北최선희"). Japanese runs words together, so anything goes there."""
    if start == 0 or start == end_of_last:
        return True
    before = text[start - 1]
    if not before.isalnum():
        return True
    if "\uac00" <= text[start] <= "\ud7a3":
        return not ("\uac00" <= before <= "\ud7a3")
    if text[start] < "\u0250":
        return not _latin(before)
    return True
