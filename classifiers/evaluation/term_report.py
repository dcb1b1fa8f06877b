"""What each term of a topic does: its hits, how often it is right, and what would change without it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from classifiers.rules.evidence import EXCLUDE, GROUP, TERM
from classifiers.rules.rule_classifier import RuleClassifier
from classifiers.rules.topic import Topic
from classifiers.types import Document, Label

LOW = 0.5
"""A term right less often than this, of what was judged, is worth a look."""


@dataclass(frozen=True, slots=True)
class TermStats:
    """Stories, by what people said of them."""

    relevant: int = 0
    irrelevant: int = 0
    unjudged: int = 0

    def as_dict(self) -> dict[str, int]:
        """Return plain values, for JSON."""
        return {"relevant": self.relevant, "irrelevant": self.irrelevant, "unjudged": self.unjudged}


@dataclass(frozen=True, slots=True)
class TermReport:
    """One term or group: what it found, and what the rules would decide otherwise without it."""

    kind: str
    """term or group."""
    what: str
    """As written in config.toml."""
    weight: float
    hits: TermStats
    lost: TermStats
    """Stories that would leave without it."""
    gained: TermStats
    """Stories that would enter without it; only negative terms have any."""

    @property
    def precision(self) -> float | None:
        """Share of the judged hits that belong; None when none was judged."""
        judged = self.hits.relevant + self.hits.irrelevant
        return self.hits.relevant / judged if judged else None

    def as_dict(self) -> dict[str, object]:
        """Return plain values, for JSON."""
        return {
            "kind": self.kind,
            "what": self.what,
            "weight": self.weight,
            "hits": self.hits.as_dict(),
            "precision": None if self.precision is None else round(self.precision, 4),
            "lost_without": self.lost.as_dict(),
            "gained_without": self.gained.as_dict(),
        }


@dataclass(frozen=True, slots=True)
class ExcludeReport:
    """One excluded term: what it alone keeps out."""

    what: str
    hits: TermStats
    blocked: TermStats
    """Stories that would belong without it."""

    @property
    def warning(self) -> str:
        """Said when it keeps out what people judged relevant; else empty."""
        if not self.blocked.relevant:
            return ""
        return f'"{self.what}" keeps out {self.blocked.relevant} stories that were judged relevant'

    def as_dict(self) -> dict[str, object]:
        """Return plain values, for JSON."""
        return {
            "what": self.what,
            "hits": self.hits.as_dict(),
            "blocked": self.blocked.as_dict(),
            "warning": self.warning,
        }


def report_terms(
    topic: Topic, documents: Sequence[Document], verdicts: Mapping[str, bool]
) -> tuple[tuple[TermReport, ...], tuple[ExcludeReport, ...]]:
    """Say of every term, group and excluded term what it does on `documents` under the rules alone.

    `verdicts` holds what people said, by document id. Terms that found nothing are reported with zeros.
    """
    rules = RuleClassifier({topic.slug: topic})
    found = [rules.evidence(document).get(topic.slug) for document in documents]
    belongs = [bool(item and item.distinct and rules.label(item).belongs) for item in found]
    holding: dict[tuple[str, str], list[int]] = {}
    for place, item in enumerate(found):
        for match in item.matches if item else ():
            holding.setdefault((match.kind, match.what), []).append(place)

    def without(changed: Topic, places: list[int]) -> tuple[list[int], list[int]]:
        """Return which of `places` leave and which enter under the changed topic."""
        after = decide(changed, [documents[place] for place in places])
        left = [place for place, now in zip(places, after, strict=True) if belongs[place] and not now]
        entered = [place for place, now in zip(places, after, strict=True) if now and not belongs[place]]
        return left, entered

    def stats(places: list[int]) -> TermStats:
        said = [verdicts.get(documents[place].id) for place in places]
        return TermStats(said.count(True), said.count(False), said.count(None))

    reports = []
    for number, weighted in enumerate(topic.terms):
        places = holding.get((TERM, weighted.term.text), [])
        rest = replace(topic, terms=topic.terms[:number] + topic.terms[number + 1 :])
        left, entered = without(rest, places)
        reports.append(
            TermReport(TERM, weighted.term.text, weighted.weight, stats(places), stats(left), stats(entered))
        )
    for number, group in enumerate(topic.groups):
        places = holding.get((GROUP, group.name), [])
        rest = replace(topic, groups=topic.groups[:number] + topic.groups[number + 1 :])
        left, entered = without(rest, places)
        reports.append(
            TermReport(GROUP, group.name, group.weight, stats(places), stats(left), stats(entered))
        )
    excluded = []
    for number, term in enumerate(topic.exclude):
        places = holding.get((EXCLUDE, term.text), [])
        rest = replace(topic, exclude=topic.exclude[:number] + topic.exclude[number + 1 :])
        excluded.append(ExcludeReport(term.text, stats(places), stats(without(rest, places)[1])))
    return tuple(reports), tuple(excluded)


def decide(topic: Topic, documents: Sequence[Document]) -> list[bool]:
    """Return the decision of a topic's rules alone on each document."""
    if not documents:
        return []
    labels: list[tuple[Label, ...]] = RuleClassifier({topic.slug: topic}).classify(documents)
    return [any(label.belongs for label in found) for found in labels]
