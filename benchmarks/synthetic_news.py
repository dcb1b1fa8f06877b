"""Invented entries in the shape of news, for measuring: nothing in them was ever reported.

What they take from real news, because it decides what grouping costs: words by Zipf's law with a long tail of names seen
once or twice; people, places and acts of the term table, a few of them in everything; events, one in eight with several
reports over some hours, by several outlets in three languages; one entry in thirty is a re-issue of an earlier one.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import accumulate

from aggregator.core.types import Entry
from classifiers.library.gazetteer.read import shipped
from classifiers.library.gazetteer.records import WORDS

_WORDS = 40_000
_SLOPE = 0.85
"""Zipf's exponent; below 1, since the commonest words (particles, articles) do not count."""
_NAMES = 0.12
"""Share of words that are new names."""
_REISSUES = 1 / 30
_OUTLETS = 12
_SHARE = {"ko": 0.6, "en": 0.36, "ja": 0.04}
_TITLE = {"ko": 5, "en": 7, "ja": 5}
"""Words of a headline, forms of the term table apart."""
_LEAD = {"ko": 18, "en": 15, "ja": 12}
_SYLLABLES = {
    "en": [a + b for a in "bcdfghklmnprstvwz" for b in ("a", "en", "i", "or", "u", "el", "ash")],
    "ko": [chr(code) for code in range(0xAC00, 0xD7A4, 37)],
    "ja": [chr(code) for code in range(0x4E00, 0x5E00, 11)],
}
_JOINED = {"en": " ", "ko": " ", "ja": "の"}


class _Zipf:
    """Draws from a sequence, early items oftener."""

    def __init__(self, items: Sequence[str], slope: float) -> None:
        self._items = items
        self._weights = list(accumulate((rank + 2) ** -slope for rank in range(len(items))))

    def draw(self, dice: random.Random, count: int) -> list[str]:
        return dice.choices(self._items, cum_weights=self._weights, k=count)


@dataclass
class _Event:
    concepts: list[Sequence[str]]
    """The forms of what it is about."""
    number: int
    topical: dict[str, list[str]]
    """Words that its reports share, by language."""
    languages: list[str]


class _Desk:
    """Invents events and reports of them."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)
        forms = [list(name.names) for name in shipped().names.values() if name.kind != WORDS and name.names]
        self.dice.shuffle(forms)
        self._forms = forms
        self._concepts = _Zipf([str(place) for place in range(len(forms))], 0.9)
        self._words = {
            language: _Zipf([self._coin(language) for _ in range(_WORDS)], _SLOPE) for language in _SHARE
        }

    def event(self) -> _Event:
        dice = self.dice
        drawn = dict.fromkeys(self._concepts.draw(dice, dice.randint(2, 7)))
        main = dice.choices(list(_SHARE), list(_SHARE.values()))[0]
        others = dice.choices(list(_SHARE), list(_SHARE.values()), k=2)
        return _Event(
            [self._forms[int(place)] for place in drawn],
            dice.choice((2, 3, 5, 10, 12, 20, dice.randint(11, 5000))),
            {language: self._some(language, 8) for language in {main, *others}},
            [main, main, *others],
        )

    def report(self, event: _Event) -> tuple[str, str, str]:
        """Language, headline and lead."""
        dice = self.dice
        language = dice.choice(event.languages)
        title = self._text(event, language, _TITLE[language], 0.5)
        return language, title, self._text(event, language, _LEAD[language], 0.25)

    def reissue(self, language: str, title: str, lead: str) -> tuple[str, str, str]:
        """The same with a mark, a word changed or the end cut off."""
        cut = self.dice.random()
        words = lead.split(" ")
        if cut < 0.3:
            words = words[: len(words) * 2 // 3]
        elif cut < 0.6:
            words[self.dice.randrange(len(words))] = self._coin(language)
        mark = {"ko": f"{title}(종합)", "en": f"UPDATE 1-{title}", "ja": f"【速報】{title}"}[language]
        return language, mark, " ".join(words)

    def _text(self, event: _Event, language: str, count: int, own: float) -> str:
        """`own`: how likely a word is one of the event's."""
        dice = self.dice
        words = [
            dice.choice(event.topical[language]) if dice.random() < own else word
            for word in self._some(language, count)
        ]
        named = [_in(language, forms) for forms in event.concepts if dice.random() < 0.7]
        if dice.random() < 0.3:
            named.append(str(event.number))
        parts = named + words
        dice.shuffle(parts)
        return _JOINED[language].join(parts)

    def _some(self, language: str, count: int) -> list[str]:
        return [
            self._coin(language) if self.dice.random() < _NAMES else word
            for word in self._words[language].draw(self.dice, count)
        ]

    def _coin(self, language: str) -> str:
        return "".join(
            self.dice.choices(_SYLLABLES[language], k=self.dice.randint(2, 4 - (language == "ja")))
        )


def _in(language: str, forms: Sequence[str]) -> str:
    """The form of a concept in a language, by its script; the first where it has none."""
    ranges = {"en": ("A", "\u024f"), "ko": ("\uac00", "\ud7a3"), "ja": ("\u3040", "\u9fff")}
    low, high = ranges[language]
    return next((form for form in forms if low <= form[0] <= high), forms[0])


def news(count: int, days: float, before: datetime, seed: int = 1) -> Iterator[Entry]:
    """`count` entries in order of time, spread over some `days` up to `before` (with zone). Same seed, same entries."""
    desk = _Desk(seed)
    dice = desk.dice
    times: list[tuple[float, _Event]] = []
    while len(times) < count:
        event, start = desk.event(), dice.uniform(0.0, 1.0)
        reports = 1 if dice.random() < 0.88 else 1 + int(dice.paretovariate(1.4))
        times.extend(
            (min(start + dice.expovariate(3.0) / days * (number > 0), 1.0), event)
            for number in range(min(reports, 40))
        )
    times = sorted(times[:count], key=lambda pair: pair[0])
    span = timedelta(days=days)
    latest: list[tuple[str, str, str]] = []
    for number, (share, event) in enumerate(times):
        if latest and dice.random() < _REISSUES:
            text = desk.reissue(*dice.choice(latest))
        else:
            text = desk.report(event)
            latest = [*latest[-20:], text]
        language, title, lead = text
        yield Entry(
            f"x{number}", 1 + number % _OUTLETS, f"x{number}", "", title, lead,
            published=before - span * (1 - share), language=language,
        )  # fmt: skip
