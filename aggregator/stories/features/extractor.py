"""What an entry is about, as weighted features: concepts in any language, numbers, Latin names, rare words.

    person:trump place:gyeongju org:apec act:launch thing:missile   from the gazetteer, the same in every language
    num:350000000000  ord:13  count:2|thing:missile                 numbers, ordinals, how many of what
    w:gyeongjuman  w:술판                                           other words; Korean ones without their particle

A feature of the headline weighs 1, one of the lead alone a half. How rare it is, the window knows (window.py).
"""

from __future__ import annotations

import re
import tomllib
from functools import lru_cache
from importlib.resources import files

from aggregator.stories.features.headlines import words
from aggregator.stories.features.numbers import numbers
from classifiers.terms.matcher import Matcher, Scan
from classifiers.terms.name_finder import Spellings, names_in
from classifiers.terms.vocabulary import Vocabulary
from classifiers.types import Document

LEAD_WEIGHT = 0.5
_MOST = 64

_TABLE = tomllib.loads(
    files("aggregator.stories.features").joinpath("stopwords.toml").read_text(encoding="utf-8")
)
_PARTICLES = frozenset(_TABLE["particles"].split())
_LENGTHS = sorted({len(particle) for particle in _PARTICLES}, reverse=True)
_STOP = frozenset(f"{_TABLE['latin']} {_TABLE['korean']}".split())
_CJK_RUN = re.compile(r"[\u4e00-\u9fff々]+|[\u30a0-\u30ffー]{2,}")
_ENDING = re.compile(r"[\uac00-\ud7a3]+|[a-z\u00df-\u024f]+", re.IGNORECASE)
"""What is written onto a name right behind it."""
_LONGEST_ENDING = 3
"""Letters up to which that is a particle or an ending, and no word of its own."""
_HANGUL = re.compile(r"[\uac00-\ud7a3]+")


class Extractor:
    """Turns headline and lead into features. Holds nothing but its tables."""

    def __init__(self, names: Spellings) -> None:
        """`names`: what to look for by name (`features.names`)."""
        self._matcher = Matcher(Vocabulary({}), names)

    def scan(self, document: Document) -> Scan:
        """What may be a name in a document, for `of_scan`; a topic classifier with the same names does it as well."""
        return self._matcher.scan(document)

    def features(self, title: str, lead: str, language: str) -> dict[str, float]:
        """Features with their weights, headline first; at most 64."""
        scan = self.scan(Document("", title, lead))
        return of_scan(scan, scan.searched.span_of("title"), scan.searched.span_of("summary"), language)


def of_scan(scan: Scan, headline: tuple[int, int], lead: tuple[int, int], language: str) -> dict[str, float]:
    """Features of a document that was scanned, as `Extractor.features`; where its headline and its lead stand in it."""
    found: dict[str, float] = {}
    for (start, end), weight in ((headline, 1.0), (lead, LEAD_WEIGHT)):
        for feature in _features(scan, start, end, language):
            if feature not in found:
                found[feature] = weight
                if len(found) >= _MOST:
                    return found
    return found


def _features(scan: Scan, start: int, end: int, language: str) -> list[str]:
    text = scan.searched.readable[start:end]
    korean = language == "ko" or (not language and _HANGUL.search(text) is not None)
    hits = names_in(scan.searched, scan.names, start, end, korean=korean)
    found: list[str] = []
    rest = [text[: hits[0].start] if hits else text]
    for place, hit in enumerate(hits):
        found.extend(hit.means)
        position = hit.end
        following = hits[place + 1].start if place + 1 < len(hits) else len(text)
        ending = _ENDING.match(text, position, following)
        if ending is not None and ending.end() - position <= _LONGEST_ENDING:
            position = ending.end()
        rest.append(text[position:following])
    found.extend(numbers(text, hits))
    found.extend(_words_of("\n".join(rest)))
    return found


def _words_of(text: str) -> list[str]:
    """Word features of what no name covers."""
    found: list[str] = []
    for word in words(text):
        if word in _STOP or word.isdigit():
            continue
        if word.isascii():
            stem = _stem_latin(word)
            if len(stem) > 2 and stem not in _STOP:
                found.append(f"w:{stem}")
        elif runs := _HANGUL.findall(word):
            for run in runs:
                stem = _stem_korean(run)
                if len(stem) > 1 and stem not in _STOP:
                    found.append(f"w:{stem}")
        elif word[0] < "\u0250":
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


@lru_cache(maxsize=20_000)
def _stem_korean(word: str) -> str:
    for length in _LENGTHS:
        if len(word) - length >= 2 and word[-length:] in _PARTICLES:
            return word[:-length]
    return word


@lru_cache(maxsize=20_000)
def _stem_latin(word: str) -> str:
    word = word.removesuffix("'s").removesuffix("’s")
    for ending in ("ies", "ing", "ed", "es", "s"):
        if len(word) - len(ending) >= 4 and word.endswith(ending):
            return word[: -len(ending)] + ("y" if ending == "ies" else "")
    return word
