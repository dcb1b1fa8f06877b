"""What a topic takes from stories at hand, the doubtful ones first: for whoever is writing it. Pure.

    Documents ─ rules.evidence ─┬─ those that belong:     doubts, and the sentence of each find ─> Taken
                                ├─ those just below:      the same                              ─> just missed
                                ├─ those held back:       by aside, distinct or exclude alone   ─> held back
                                ├─ every find of a term:  how often, as what, how often decisive ─> TermUse
                                └─ names of entities:     those that stand nowhere

A story is in doubt by what the rules themselves know of it: how little there is, and where it stands.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from classifiers.rules.compile import HEADLINE
from classifiers.rules.evidence import GROUP, TERM, Evidence, Match
from classifiers.rules.rule_classifier import RuleClassifier, logistic
from classifiers.rules.topic import Topic, WeightedTerm
from classifiers.terms.language import DEFAULT_FIELDS, Entity, Near, parse_term
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
    """Those that fall short of the points, the nearest first."""
    held: tuple[Taken, ...]
    """Those that would belong but for `aside`, `distinct` or `exclude`: `doubts` says which. What would have most
    points first."""
    terms: tuple[TermUse, ...]
    """In the order of the configuration: those that found nothing too."""
    unfound: tuple[tuple[str, tuple[str, ...]], ...]
    """Entities of its terms and groups, with those of their own names that stand in no story; patterns left out."""

    def as_dict(self) -> dict[str, object]:
        """Return plain values, for JSON."""
        return {
            "topic": self.topic,
            "stories": self.stories,
            "taken": [story.as_dict() for story in self.taken],
            "missed": [story.as_dict() for story in self.missed],
            "held": [story.as_dict() for story in self.held],
            "terms": [use.as_dict() for use in self.terms],
            "unfound": {entity: list(names) for entity, names in self.unfound},
        }


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
    names = _Names(topic)
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


class _Names:
    """The names of the entities that speak for or against a topic, and which of them stand anywhere."""

    def __init__(self, topic: Topic) -> None:
        self._names = {
            entity: tuple(name for name in topic.entities[entity] if name[:1] not in ("-", "@", "/"))
            for entity in _entities(topic)
        }
        written = dict.fromkeys(name for names in self._names.values() for name in names)
        terms = tuple(WeightedTerm(parse_term(name), 1.0) for name in written)
        self._topic = topic.slug
        self._rules = RuleClassifier({topic.slug: _only(topic, terms)})
        self._found: set[str] = set()

    def look(self, document: Document) -> None:
        """Note the names that stand in the document."""
        evidence = self._rules.evidence(document).get(self._topic)
        if evidence is not None:
            self._found.update(match.what for match in evidence.matches)

    def unfound(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """Return each entity with its names that stood nowhere, where there are any."""
        left = {
            entity: tuple(name for name in names if name not in self._found)
            for entity, names in self._names.items()
        }
        return tuple((entity, names) for entity, names in left.items() if names)


def _entities(topic: Topic) -> list[str]:
    """The entities in the topic's terms and groups, nested ones included, by name. What it sets aside is not its own."""
    terms = [item.term for item in topic.terms]
    terms += [term for group in topic.groups for term in (*group.all, *group.any)]
    found: set[str] = set()

    def visit(name: str) -> None:
        if name not in found and name in topic.entities:
            found.add(name)
            for inner in topic.entities[name]:
                if inner.startswith("@"):
                    visit(inner[1:])

    for term in terms:
        bodies = (term.body.left, term.body.right) if isinstance(term.body, Near) else (term.body,)
        for body in bodies:
            if isinstance(body, Entity):
                visit(body.name)
    return sorted(found)


def _only(topic: Topic, terms: tuple[WeightedTerm, ...]) -> Topic:
    """The topic with these terms and nothing else that decides."""
    bare: tuple[()] = ()
    return replace(
        topic, terms=terms, groups=bare, exclude=bare, ignore=bare, aside=bare, facets=bare, distinct=1
    )


def _asides(topic: Topic) -> Topic:
    """What sets a story aside, as terms: to say which one did."""
    return _only(
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
