"""Whether two entries are versions of one text: wire copy, re-issue, flash and full, changed headline, truncation."""

from __future__ import annotations

from functools import lru_cache

from rapidfuzz import fuzz

from aggregator.stories.similarity import contradict
from aggregator.stories.window import Member
from aggregator.stories.words import compact

_TITLE_ALONE = 88.0
_TITLE_WITH_LEAD = 72.0
_LEAD_ALIKE = 85.0
_LEAD_ALONE = 92.0
_SHORT_TITLE = 10
_LONG_LEAD = 40
_LONG_ALONE = 60


def same_text(a: Member, b: Member) -> float:
    """0 when they are different texts, else how alike they are, up to 1.

    Different numbers, ordinals or counts in the headlines make different texts however alike the rest is, and so does
    a name exchanged for another unless the leads agree.
    """
    if a.language != b.language and a.language and b.language:
        return 0.0
    title = fuzz.ratio(_compact(a.title), _compact(b.title))
    length = min(len(_compact(a.lead)), len(_compact(b.lead)))
    alike = fuzz.ratio(_compact(a.lead)[:length], _compact(b.lead)[:length]) if length >= _LONG_LEAD else -1.0
    if contradict(a.traits, b.traits):
        return 0.0
    short = min(len(_compact(a.title)), len(_compact(b.title)))
    if title >= _TITLE_ALONE and short >= _SHORT_TITLE and (alike < 0 or alike >= 45):
        if alike < _LEAD_ALIKE and _exchanged(a.title, b.title):
            return 0.0
        return max(title, alike) / 100
    if alike >= _LEAD_ALIKE and title >= _TITLE_WITH_LEAD:
        return (title + alike) / 200
    if alike >= _LEAD_ALONE and length >= _LONG_ALONE and title >= 30:
        return alike / 100
    return 0.0


def _exchanged(a: str, b: str) -> bool:
    """Whether each headline has a word that the other has nothing like."""
    left, right = set(a.lower().split()), set(b.lower().split())
    return _strange(left - right, right) and _strange(right - left, left)


def _strange(words: set[str], others: set[str]) -> bool:
    return any(
        len(compact(word)) > 1
        and all(fuzz.partial_ratio(compact(word), compact(other)) < 70 for other in others)
        for word in words
    )


@lru_cache(maxsize=4096)
def _compact(text: str) -> str:
    return compact(text)
