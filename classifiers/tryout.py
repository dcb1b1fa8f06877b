"""What a topic takes from stories at hand, the doubtful ones first: for whoever is writing it. Pure.

    Documents ─ rules.evidence ─┬─ those that belong:     doubts, and the sentence of each find ─> Taken
                                ├─ those just below:      the same                              ─> just missed
                                └─ every find of a term:  how often, as what, how often decisive ─> TermUse

A story is in doubt by what the rules themselves know of it: how little there is, and where it stands.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from classifiers.combine import MARGIN
from classifiers.evidence import GROUP, TERM, Evidence, Match
from classifiers.rules import RuleClassifier, logistic
from classifiers.topic import Topic
from classifiers.types import Document

ONE_WORD, NO_TITLE, PASSING, AGAINST, BARELY = (
    "one word only",
    "not in the title",
    "in passing",
    "something speaks against it",
    "just enough",
)
"""Why a story that belongs may not: said in this order."""

BARE = 0.1
"""A score this little above the threshold is just enough."""

SPELLINGS = 5
"""How many spellings are shown of what a term found."""

SENTENCE = 240
"""Characters shown round a find, where its sentence is longer."""

_END = re.compile(r"(?<=[.!?])\s+|(?<=[。！？])|[\n…]+")


@dataclass(frozen=True, slots=True)
class Find:
    """One term or group that spoke for or against a story, and the sentence it was found in."""

    kind: str
    what: str
    points: float
    where: str
    found: str
    sentence: str
    """With `found` between the marks « and »; empty for what is found in no sentence (a source, say)."""
    passing: bool

    def as_dict(self) -> dict[str, object]:
        """Return plain values, for JSON."""
        return {
            "kind": self.kind,
            "what": self.what,
            "points": round(self.points, 4),
            "where": self.where,
            "found": self.found,
            "sentence": self.sentence,
            "passing": self.passing,
        }


@dataclass(frozen=True, slots=True)
class Taken:
    """A story that belongs, or that just misses."""

    id: str
    title: str
    url: str
    score: float
    doubts: tuple[str, ...]
    finds: tuple[Find, ...]
    """Terms and groups, what weighed most first."""

    def as_dict(self) -> dict[str, object]:
        """Return plain values, for JSON."""
        return {
            "id": self.id,
            "title": self.title,
            "url": self.url,
            "score": round(self.score, 4),
            "doubts": list(self.doubts),
            "finds": [find.as_dict() for find in self.finds],
        }


@dataclass(frozen=True, slots=True)
class TermUse:
    """What one term or group of the topic did."""

    kind: str
    what: str
    found: int
    """Stories it was found in, whether they belong or not."""
    taken: int
    """Of these, how many belong."""
    decisive: int
    """Of these, how many would not belong without its points."""
    spellings: tuple[tuple[str, int], ...]
    """As what it was found most often, folded to lower case, with how many stories each."""

    def as_dict(self) -> dict[str, object]:
        """Return plain values, for JSON."""
        return {
            "kind": self.kind,
            "what": self.what,
            "found": self.found,
            "taken": self.taken,
            "decisive": self.decisive,
            "spellings": dict(self.spellings),
        }


@dataclass(frozen=True, slots=True)
class Tryout:
    """A topic tried on stories."""

    topic: str
    stories: int
    taken: tuple[Taken, ...]
    """Most doubts first, among equals those not in the title, then the lowest score."""
    missed: tuple[Taken, ...]
    """Those just below the threshold, the nearest first."""
    terms: tuple[TermUse, ...]
    """In the order of the configuration: those that found nothing too."""

    def as_dict(self) -> dict[str, object]:
        """Return plain values, for JSON."""
        return {
            "topic": self.topic,
            "stories": self.stories,
            "taken": [story.as_dict() for story in self.taken],
            "missed": [story.as_dict() for story in self.missed],
            "terms": [use.as_dict() for use in self.terms],
        }


@dataclass(slots=True)
class _Count:
    found: int = 0
    taken: int = 0
    decisive: int = 0
    spellings: Counter[str] = field(default_factory=Counter)


def try_topic(topic: Topic, documents: Sequence[Document], *, margin: float = MARGIN) -> Tryout:
    """Return what the rules of `topic` take from `documents`; a title that comes again is not shown again.

    Args:
        topic: as `read_topics` returns it.
        documents: the stories to try it on.
        margin: how far below its threshold a story counts as just missed.
    """
    rules = RuleClassifier({topic.slug: topic})
    counts = {(TERM, item.term.text): _Count() for item in topic.terms}
    counts |= {(GROUP, group.name): _Count() for group in topic.groups if group.weight}
    taken: dict[str, Taken] = {}
    missed: dict[str, Taken] = {}
    for document in documents:
        evidence = rules.evidence(document).get(topic.slug)
        if evidence is None:
            continue
        belongs = rules.label(evidence).belongs
        _count(counts, topic, evidence, belongs)
        if belongs:
            taken.setdefault(document.title, _story(topic, document, evidence))
        elif evidence.score >= topic.threshold - margin and evidence.distinct:
            missed.setdefault(document.title, _story(topic, document, evidence))
    return Tryout(
        topic=topic.slug,
        stories=len(documents),
        taken=tuple(sorted(taken.values(), key=_by_doubt)),
        missed=tuple(sorted(missed.values(), key=lambda story: (-story.score, story.id))),
        terms=tuple(
            TermUse(
                kind, what, use.found, use.taken, use.decisive, tuple(use.spellings.most_common(SPELLINGS))
            )
            for (kind, what), use in counts.items()
        ),
    )


def _by_doubt(story: Taken) -> tuple[int, bool, float, str]:
    return -len(story.doubts), NO_TITLE not in story.doubts, story.score, story.id


def _count(counts: dict[tuple[str, str], _Count], topic: Topic, evidence: Evidence, belongs: bool) -> None:
    for match in evidence.matches:
        use = counts.get((match.kind, match.what))
        if use is None:
            continue
        use.found += 1
        use.spellings[match.found.casefold()] += 1
        if belongs:
            use.taken += 1
            use.decisive += not _enough(topic, evidence.points - match.points)


def _enough(topic: Topic, points: float) -> bool:
    return logistic(points, topic.points) >= topic.threshold


def _story(topic: Topic, document: Document, evidence: Evidence) -> Taken:
    matches = sorted(evidence.matches, key=lambda match: -abs(match.points))
    return Taken(
        id=document.id,
        title=document.title,
        url=document.url,
        score=evidence.score,
        doubts=_doubts(topic, evidence),
        finds=tuple(_find(document, match) for match in matches),
    )


def _doubts(topic: Topic, evidence: Evidence) -> tuple[str, ...]:
    speaking = [match for match in evidence.matches if match.points > 0 and match.kind in (TERM, GROUP)]
    words = {word.casefold() for match in speaking for word in match.found.split(" + ")}
    passing = sum(match.points for match in speaking if match.passing)
    reasons = {
        ONE_WORD: len(words) == 1,
        NO_TITLE: all(match.where != "title" for match in speaking),
        PASSING: passing > 0 and not _enough(topic, evidence.points - passing),
        AGAINST: any(match.points < 0 for match in evidence.matches),
        BARELY: evidence.score < topic.threshold + BARE,
    }
    return tuple(doubt for doubt, holds in reasons.items() if holds)


def _find(document: Document, match: Match) -> Find:
    value = getattr(document, match.where, "") if match.where in ("title", "summary", "text") else ""
    sentence = sentence_of(value, match.found.split(" + ")) if value else ""
    return Find(match.kind, match.what, match.points, match.where, match.found, sentence, match.passing)


def sentence_of(text: str, words: Sequence[str]) -> str:
    """Return the sentence of `text` that holds most of `words`, with those it holds between « and »."""
    sentences = [part.strip() for part in _END.split(text) if part and part.strip()]
    if not sentences:
        return ""
    best = max(sentences, key=lambda sentence: sum(word in sentence for word in words))
    places = sorted({(best.find(word), word) for word in words if word and word in best})
    if len(best) > SENTENCE and places:
        start = max(0, min(places[0][0] - SENTENCE // 3, len(best) - SENTENCE))
        end = start + SENTENCE
        best = ("…" if start else "") + best[start:end] + ("…" if end < len(best) else "")
    for word in sorted({word for _, word in places}, key=lambda word: (-len(word), word)):
        if f"«{word}»" not in best:
            best = best.replace(word, f"«{word}»", 1)
    return best
