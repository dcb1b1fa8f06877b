"""Decide topics by their rules alone: points, groups, exclusions, facets.

A document's points for a topic are the sum of the weights of the terms found (each term once, times the
multiplier of the best field it stands in and a quarter of the others'), of the groups satisfied, and of the
source. What is only mentioned in
passing counts a third of that (the topic's `passing`): a term found once, in a summary or text, after the
lead, and everything that speaks for the topic under a headline that says it is about something else (`aside`).
The score is the logistic of the points, one half at the topic's `points`:

    score = 1 / (1 + exp(-STEEPNESS * (points / needed - 1)))

What an exclusion or an unmet `must` keeps out has a tenth of that at most, so that it reads as out and not as a
near miss. Too few distinct terms leave one half: there, more evidence of the same kind would change the decision.
Neither ever reaches the topic's threshold.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from classifiers.rules.compile import CompiledTopic, compile_topics, only_in_passing
from classifiers.rules.evidence import DISTINCT, EXCLUDE, FACET, GROUP, MUST, SOURCE, TERM, Evidence, Match
from classifiers.rules.topic import Topic
from classifiers.terms.matcher import Scan, uncovered
from classifiers.terms.name_finder import Spellings
from classifiers.terms.search_text import BIT_FIELD, SearchText
from classifiers.terms.spans import Span
from classifiers.types import Document, Label

_Use = TypeVar("_Use", bound=tuple[Any, ...])

STEEPNESS = 3.0
"""No points at all give a score of 0.05, twice the points needed 0.95."""

ELSEWHERE = 0.25
"""The part that counts of a term's weight in fields other than its best: what title and summary both say is
surer than what one of them says."""

BARRED = 0.1
"""What an exclusion or an unmet `must` leaves of a score: whatever its points, such a story is out."""

_DECIMALS = 9
"""To which sums are rounded: 2.1 and 0.9 are 3, and enough, whatever their binary fractions make of it."""

INCOMPLETE = 0.5
"""What too few distinct terms leave of a score: such a story is a near miss."""


class RuleClassifier:
    """The rules of several topics, compiled into one automaton. Pickles as its topics."""

    def __init__(self, topics: Mapping[str, Topic], names: Spellings | None = None) -> None:
        """Compile the topics; `names` are found in the same pass, for who else asks for them (`scan`).

        Raises:
            TermError: a topic built by hand names an entity that it does not hold (`read_topics` never
                returns such a topic without a mistake).
        """
        self.topics = dict(topics)
        self._names = names
        self._matcher, self._compiled, self._users = compile_topics(self.topics, names)

    def __getstate__(self) -> dict[str, Any]:
        return {"topics": self.topics, "names": self._names}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__(state["topics"], state["names"])  # type: ignore[misc]

    def scan(self, document: Document) -> Scan:
        """Return what the automaton finds in a document: what `evidence` needs, and the names."""
        return self._matcher.scan(document)

    def classify(
        self, documents: Sequence[Document], scans: Sequence[Scan] | None = None
    ) -> list[tuple[Label, ...]]:
        """Return each document's labels, in the order of the topics; only topics that it has to do with at all.

        `scans`: one a document, where they are scanned already.
        """
        scans = [self.scan(document) for document in documents] if scans is None else scans
        return [
            tuple(
                self.label(found)
                for found in self.evidence(document, scan).values()
                if not found.beside_the_point
            )
            for document, scan in zip(documents, scans, strict=True)
        ]

    def label(self, evidence: Evidence) -> Label:
        """Return the decision that the rules alone make on evidence."""
        topic = self.topics[evidence.topic]
        return Label(
            topic=topic.slug,
            score=evidence.score,
            threshold=topic.threshold,
            belongs=evidence.score >= topic.threshold and not evidence.blocked,
            facet=best_facet(topic, evidence.facets),
            reasons=evidence.reasons(),
            rules=topic.hash,
        )

    def evidence(self, document: Document, scan: Scan | None = None) -> dict[str, Evidence]:
        """Return what was found, by topic, in the order of the topics; topics without a single find are left out."""
        scan = self.scan(document) if scan is None else scan
        searched, found = scan.searched, scan.terms
        if not found:
            return {}
        users = self._users
        touched: set[int] = set()
        for number in found:
            touched.update(users.get(number, ()))
        return {
            self._compiled[place].topic.slug: self._analyse(self._compiled[place], document, searched, found)
            for place in sorted(touched)
        }

    def _analyse(
        self, compiled: CompiledTopic, document: Document, searched: SearchText, found: dict[int, list[Span]]
    ) -> Evidence:
        found = _without_ignored(compiled, found)
        topic = compiled.topic
        multiplier = compiled.multiplier
        matches: list[Match] = []
        points, distinct = 0.0, 0
        aside = any(number in found for number in compiled.aside)
        for number, (_, weight, what) in _uses(compiled.terms, found):
            passing = (aside and weight > 0) or only_in_passing(searched, found[number])
            match = _match(TERM, what, weight, found[number], searched, multiplier)
            if passing:
                match = _in_passing(match, topic.passing)
            matches.append(match)
            points += match.points
            distinct += weight > 0
        unmet = ""
        for group in compiled.groups:
            spans, passing = group.satisfied(searched, found)
            if spans:
                match = _group_match(group.name, group.weight, spans, searched, multiplier)
                if passing or (aside and group.weight > 0):
                    match = _in_passing(match, topic.passing)
                matches.append(match)
                points += match.points
                distinct += group.weight > 0
            elif group.must and not unmet:
                unmet = f"{MUST}: {group.name}"
        blocked = unmet
        if distinct < topic.distinct and not unmet:
            blocked = f"{DISTINCT}: {distinct} of {topic.distinct} different terms"
        for number, what in compiled.exclude:
            if number in found:
                matches.append(_match(EXCLUDE, what, 0.0, found[number], searched, multiplier))
                blocked = f"{EXCLUDE}: {what}"
        if distinct:
            for source in {document.source: 0, document.source_kind: 0}:
                if source in topic.sources:
                    matches.append(Match(SOURCE, source, topic.sources[source], "source", source))
                    points += topic.sources[source]
        points = round(points, _DECIMALS)
        score = logistic(points, topic.points)
        if blocked:
            part = INCOMPLETE if blocked.startswith(DISTINCT) else BARRED
            score *= min(part, topic.threshold)
        facets, facet_matches = _facets(compiled, searched, found) if distinct else ({}, ())
        return Evidence(topic.slug, points, score, distinct, tuple(matches), facets, facet_matches, blocked)


def logistic(points: float, needed: float) -> float:
    """Return the score of `points` where `needed` points give one half."""
    exponent = -STEEPNESS * (points / needed - 1)
    return 1.0 / (1.0 + math.exp(min(exponent, 500.0)))


def best_facet(topic: Topic, facets: Mapping[str, float]) -> str:
    """Return the facet with most points, the first of equals; the default where none has any."""
    best, most = topic.default_facet, 0.0
    for slug, points in facets.items():
        if points > most:
            best, most = slug, points
    return best


def _uses(uses: Mapping[int, tuple[_Use, ...]], found: Mapping[int, list[Span]]) -> list[tuple[int, _Use]]:
    """Return the uses of the terms found, with each term's number, in the order of the configuration."""
    hits = [(number, use) for number in found if number in uses for use in uses[number]]
    hits.sort(key=lambda hit: hit[1][0])
    return hits


def _without_ignored(compiled: CompiledTopic, found: dict[int, list[Span]]) -> dict[int, list[Span]]:
    covers = [span for number in compiled.ignore for span in found.get(number, ())]
    if not covers:
        return found
    kept = {number: uncovered(spans, covers) for number, spans in found.items()}
    return {number: spans for number, spans in kept.items() if spans}


def _match(
    kind: str,
    what: str,
    weight: float,
    spans: list[Span],
    searched: SearchText,
    multiplier: Mapping[int, float],
) -> Match:
    best = spans[0]
    factor = multiplier[best[2]]
    if len(spans) > 1:
        factors = {span[2]: multiplier[span[2]] for span in spans}
        factor = max(factors.values())
        best = next(span for span in spans if factors[span[2]] == factor)
        factor += ELSEWHERE * (sum(factors.values()) - factor)
    return Match(
        kind, what, weight * factor, BIT_FIELD[best[2]], searched.found(best[0], best[1]), len(spans)
    )


def _in_passing(match: Match, part: float) -> Match:
    return match if part == 1 else replace(match, points=match.points * part, passing=True)


def _group_match(
    name: str, weight: float, spans: list[Span], searched: SearchText, multiplier: Mapping[int, float]
) -> Match:
    """A group is as strong as its weakest member: one in the title and one in the text counts as text."""
    weakest = min(spans, key=lambda span: multiplier[span[2]])
    found = " + ".join(dict.fromkeys(searched.found(start, end) for start, end, _ in spans))
    return Match(GROUP, name, weight * multiplier[weakest[2]], BIT_FIELD[weakest[2]], found)


def _facets(
    compiled: CompiledTopic, searched: SearchText, found: dict[int, list[Span]]
) -> tuple[dict[str, float], tuple[Match, ...]]:
    totals: dict[str, float] = {}
    matches: list[Match] = []
    for number, (_, weight, what, slug) in _uses(compiled.facets, found):
        match = _match(FACET, f"{slug}: {what}", weight, found[number], searched, compiled.multiplier)
        matches.append(match)
        totals[slug] = totals.get(slug, 0.0) + match.points
    return totals, tuple(matches)
