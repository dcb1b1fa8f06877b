"""Whether two entries are versions of one text: wire copy, re-issue, flash and full, changed headline, truncation."""

from __future__ import annotations

from functools import lru_cache

from rapidfuzz import fuzz

from aggregator.stories.features.headlines import compact
from aggregator.stories.grouping.contrast import contradict, exchanged
from aggregator.stories.grouping.member import Member

_TITLE_ALONE = 88.0
_TITLE_WITH_LEAD = 72.0
_LEAD_ALIKE = 85.0
_LEAD_ALONE = 95.0
_LEAD_EQUAL = 98.0
_TITLE_EQUAL = 97.0
_LONG_TITLE = 20
_PATTERN = 4
"""Words from which on a headline can be a pattern."""
_WORD_ALIKE = 70.0
_LEAD_RELATED = 45.0
_TITLE_RELATED = 45.0
_WORDS_RELATED = 70.0
_BARE_SPAN = 18 * 3600.0
"""Seconds within which a headline without a lead can be the flash of a longer text."""
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
    left, right = a.traits, b.traits
    if (
        contradict(left, right)
        or exchanged(left.people, right.people)
        or exchanged(left.places, right.places)
    ):
        return 0.0
    ours, theirs = _compact(a.title), _compact(b.title)
    title = fuzz.ratio(ours, theirs)
    ours_lead, theirs_lead = _compact(a.lead), _compact(b.lead)
    length = min(len(ours_lead), len(theirs_lead))
    if length < _LONG_LEAD:
        # A bare headline that comes back the next day is a column ("Editorial cartoon"), not a copy.
        fresh = abs(a.time - b.time) <= _BARE_SPAN or (ours_lead and theirs_lead and title >= _TITLE_ALONE)
        if title < _TITLE_ALONE or min(len(ours), len(theirs)) < _SHORT_TITLE or not fresh:
            return 0.0
        return 0.0 if _reworded(a.title, b.title) else title / 100
    lead = fuzz.ratio(ours_lead[:length], theirs_lead[:length])
    fresh = abs(a.time - b.time) <= _BARE_SPAN
    if title >= _TITLE_EQUAL and min(len(ours), len(theirs)) >= _LONG_TITLE and fresh:
        return max(title, lead) / 100
    if lead < _LEAD_EQUAL and _template(a.title, b.title):
        return 0.0
    if title >= _TITLE_ALONE and min(len(ours), len(theirs)) >= _SHORT_TITLE and lead >= _LEAD_RELATED:
        # The same headline over another text a day later is a column again ("The situation at noon").
        if lead < _LEAD_ALIKE and (not fresh or _reworded(a.title, b.title)):
            return 0.0
        return max(title, lead) / 100
    if lead >= _LEAD_ALIKE and title >= _TITLE_WITH_LEAD:
        return (title + lead) / 200
    if lead >= _LEAD_ALONE and length >= _LONG_ALONE:
        reordered = fuzz.token_set_ratio(left.title, right.title) >= _WORDS_RELATED
        return lead / 100 if title >= _TITLE_RELATED or reordered else 0.0
    return 0.0


def _template(a: str, b: str) -> bool:
    """Whether the headlines are one pattern with a word or two exchanged: "Lao president arrives", "Thai president
    arrives"."""
    left, right = a.lower().split(), b.lower().split()
    if len(left) != len(right) or len(left) < _PATTERN:
        return False
    changed = [(one, other) for one, other in zip(left, right, strict=True) if one != other]
    return 0 < len(changed) <= 2 and any(
        fuzz.partial_ratio(compact(one), compact(other)) < _WORD_ALIKE for one, other in changed
    )


def _reworded(a: str, b: str) -> bool:
    """Whether each headline has a word that the other has nothing like."""
    left, right = set(a.lower().split()), set(b.lower().split())
    return _strange(left - right, right) and _strange(right - left, left)


def _strange(words: set[str], others: set[str]) -> bool:
    return any(
        len(compact(word)) > 1
        and all(fuzz.partial_ratio(compact(word), compact(other)) < _WORD_ALIKE for other in others)
        for word in words
    )


@lru_cache(maxsize=32768)
def _compact(text: str) -> str:
    return compact(text)
