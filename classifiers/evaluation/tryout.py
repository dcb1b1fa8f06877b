"""What a topic takes from stories at hand, the doubtful ones first: for whoever is writing it. Pure.

    Documents ─ rules.evidence ─┬─ those that belong:     doubts, and the sentence of each find ─> Taken
                                ├─ those just below:      the same                              ─> just missed
                                ├─ those held back:       by aside, distinct or exclude alone   ─> held back
                                ├─ every find of a term:  how often, as what, how often decisive ─> TermUse
                                └─ names of entities:     those that stand nowhere

A story is in doubt by what the rules themselves know of it: how little there is, and where it stands.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from classifiers.evaluation.names_seen import NamesSeen, only
from classifiers.evaluation.sentences import sentence_of
from classifiers.evaluation.tryout_records import Find, Taken, TermUse, Tryout
from classifiers.rules.compile import HEADLINE
from classifiers.rules.evidence import GROUP, TERM, Evidence, Match
from classifiers.rules.rule_classifier import RuleClassifier, logistic
from classifiers.rules.topic import Topic, WeightedTerm
from classifiers.terms.language import DEFAULT_FIELDS
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

NEAR = 0.5
"""A story with this part of the points needed is just missed."""

SPELLINGS = 8
"""How many spellings are shown of what a term found."""


@dataclass(slots=True)
class _Count:
    found: int = 0
    taken: int = 0
    decisive: int = 0
    spellings: Counter[str] = field(default_factory=Counter)


def try_topic(topic: Topic, documents: Sequence[Document]) -> Tryout:
    """Return what the rules of `topic` take from `documents`; a title that comes again is not shown again.

    Args:
        topic: as `read_topics` returns it.
        documents: the stories to try it on.
    """
    rules = RuleClassifier({topic.slug: topic})
    freely = RuleClassifier({topic.slug: replace(topic, aside=(), exclude=(), distinct=1)})
    asides = RuleClassifier({topic.slug: _asides(topic)})
    names = NamesSeen(topic)
    counts = {(TERM, item.term.text): _Count() for item in topic.terms}
    counts |= {(GROUP, group.name): _Count() for group in topic.groups if group.weight}
    taken: dict[str, Taken] = {}
    missed: dict[str, Taken] = {}
    held: dict[str, Taken] = {}
    for document in documents:
        names.look(document)
        evidence = rules.evidence(document).get(topic.slug)
        if evidence is None:
            continue
        belongs = rules.label(evidence).belongs
        _count(counts, topic, evidence, belongs)
        if belongs:
            taken.setdefault(document.title, _story(topic, document, evidence))
            continue
        free = freely.evidence(document)[topic.slug]
        if freely.label(free).belongs:
            why = evidence.blocked or _aside(asides.evidence(document).get(topic.slug))
            held.setdefault(document.title, replace(_story(topic, document, free), doubts=(why,)))
        elif free.distinct and not free.blocked and free.points >= NEAR * topic.points:
            missed.setdefault(document.title, replace(_story(topic, document, free), doubts=()))
    return Tryout(
        topic=topic.slug,
        stories=len(documents),
        taken=tuple(sorted(taken.values(), key=_by_doubt)),
        missed=tuple(sorted(missed.values(), key=lambda story: (-story.score, story.id))),
        held=tuple(sorted(held.values(), key=lambda story: (-story.score, story.id))),
        terms=tuple(
            TermUse(
                kind, what, use.found, use.taken, use.decisive, tuple(use.spellings.most_common(SPELLINGS))
            )
            for (kind, what), use in counts.items()
        ),
        unfound=names.unfound(),
    )


def _asides(topic: Topic) -> Topic:
    """What sets a story aside, as terms: to say which one did."""
    return only(
        topic,
        tuple(
            WeightedTerm(replace(term, fields=HEADLINE) if term.fields == DEFAULT_FIELDS else term, 1.0)
            for term in topic.aside
        ),
    )


def _aside(evidence: Evidence | None) -> str:
    if evidence is None or not evidence.matches:
        return "aside"
    match = evidence.matches[0]
    return f"aside: {match.what}" + (
        f" («{match.found}»)" if match.found.casefold() != match.what.casefold() else ""
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
