"""What an entry is about, as weighted features: concepts in any language, numbers, Latin names, rare words.

    person:trump place:gyeongju org:apec act:launch thing:missile   from the term table, the same in every language
    num:350000000000  ord:13  count:2|thing:missile                 numbers, ordinals, how many of what
    w:gyeongjuman  w:술판                                           other words; Korean ones without their particle

A feature of the headline weighs 1, one of the lead alone a half. How rare it is, the window knows (window.py).
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from importlib.resources import files

from aggregator.stories.features.gazetteer import TermFinder
from aggregator.stories.features.headlines import words
from aggregator.stories.features.numbers import numbers

LEAD_WEIGHT = 0.5
_MOST = 64

_TABLE = tomllib.loads(
    files("aggregator.stories.features").joinpath("stopwords.toml").read_text(encoding="utf-8")
)
_PARTICLES = frozenset(_TABLE["particles"].split())
_LENGTHS = sorted({len(particle) for particle in _PARTICLES}, reverse=True)
_STOP = frozenset(f"{_TABLE['latin']} {_TABLE['korean']}".split())
_CJK_RUN = re.compile(r"[\u4e00-\u9fff々]+|[\u30a0-\u30ffー]{2,}")
_HANGUL = re.compile(r"[\uac00-\ud7a3]+")


class Extractor:
    """Turns headline and lead into features. Holds nothing but its tables."""

    def __init__(self, entities: Mapping[str, Sequence[str]]) -> None:
        self._terms = TermFinder(entities)

    def features(self, title: str, lead: str, language: str) -> dict[str, float]:
        """Features with their weights, headline first; at most 64."""
        found: dict[str, float] = {}
        for text, weight in ((title, 1.0), (lead, LEAD_WEIGHT)):
            for feature in self._of(text, language):
                if feature not in found:
                    found[feature] = weight
                    if len(found) >= _MOST:
                        return found
        return found

    def _of(self, text: str, language: str) -> list[str]:
        korean = language == "ko" or (not language and _HANGUL.search(text) is not None)
        hits = self._terms.find(text, hanja=korean)
        found: list[str] = []
        rest: list[str] = []
        position = 0
        for hit in hits:
            found.extend(hit.concepts)
            rest.append(text[position : hit.start])
            position = hit.end
        rest.append(text[position:])
        found.extend(numbers(text, hits))
        for part, piece in enumerate(rest):
            found.extend(_words_of(piece, after_form=part > 0))
        return found


def _words_of(text: str, *, after_form: bool) -> list[str]:
    """Word features of a piece of text between forms. `after_form`: what it begins with may be a mere ending."""
    found: list[str] = []
    ending = after_form and bool(text) and text[0].isalnum()
    for word in words(text):
        first, ending = ending, False
        if word.isdigit() or word in _STOP:
            continue
        if not word.isascii() and (runs := _HANGUL.findall(word)):
            for run in runs:
                stem = _stem_korean(run)
                if len(stem) > 1 and stem not in _STOP and not (first and len(run) < 4):
                    found.append(f"w:{stem}")
        elif word[0] < "\u0250":
            if first and len(word) < 3:
                continue
            stem = _stem_latin(word)
            if len(stem) > 2 and stem not in _STOP:
                found.append(f"w:{stem}")
        else:
            for run in _CJK_RUN.findall(word):
                if len(run) <= 4 or "\u30a0" <= run[0] <= "\u30ff":
                    if len(run) > 1:
                        found.append(f"w:{run}")
                else:
                    found.extend(f"w:{run[i : i + 2]}" for i in range(len(run) - 1))
    return found


def _stem_korean(word: str) -> str:
    for length in _LENGTHS:
        if len(word) - length >= 2 and word[-length:] in _PARTICLES:
            return word[:-length]
    return word


def _stem_latin(word: str) -> str:
    word = word.removesuffix("'s").removesuffix("’s")
    for ending in ("ies", "ing", "ed", "es", "s"):
        if len(word) - len(ending) >= 4 and word.endswith(ending):
            return word[: -len(ending)] + ("y" if ending == "ies" else "")
    return word
