"""Rules and model -> one label a topic, with its reasons. Pure; built once, used on many batches.

    Documents -> rules.evidence -> rules' labels ─┐
             └─> hashed (once for all topics) ────┴─> model: probability, facet, what weighed most -> Labels

A topic without a model is decided by its rules alone. What the rules exclude stays out whatever the model says,
since an exclusion is a person's decision; the model only says how sure it would have been.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from classifiers.model.samples import Sample, samples_text
from classifiers.rules.evidence import DISTINCT, EXCLUDE, GROUP, MUST, TERM, Evidence
from classifiers.rules.rule_classifier import RuleClassifier
from classifiers.rules.topic import Topic, WeightedTerm
from classifiers.terms.matcher import Scan
from classifiers.terms.name_finder import Spellings
from classifiers.types import Document, Label, Reason

if TYPE_CHECKING:
    from classifiers.model.topic_model import TopicModel

LEAST = 0.05
"""Below this a document that no rule names gets no label: nothing worth keeping was found."""
EXPLAIN = 0.2
"""From this score on, or where the rules say yes, a label says which words weighed most."""
MARGIN = 0.2
"""How far below its threshold a story counts as a near miss, unless told otherwise."""


class TopicClassifier:
    """Every topic's decision: its rules, and its model where it has one (`classifiers.types.Classifier`)."""

    def __init__(
        self,
        topics: Mapping[str, Topic],
        models: Mapping[str, TopicModel] | None = None,
        names: Spellings | None = None,
    ) -> None:
        """Compile the rules of `topics`, by slug. Models of other topics are ignored. Pickles small.

        `names` are found in the same pass as the topics' terms, for whoever needs them besides (`scan`).
        """
        self.topics = dict(topics)
        self.models = {slug: model for slug, model in (models or {}).items() if slug in self.topics}
        self.rules = RuleClassifier(self.topics, names)
        self._exclusions = exclusions(self.topics[slug] for slug in self.models)

    def scan(self, documents: Sequence[Document]) -> list[Scan]:
        """Return what stands where in each document: terms and names, in one pass."""
        return [self.rules.scan(document) for document in documents]

    def classify(
        self, documents: Sequence[Document], scans: Sequence[Scan] | None = None
    ) -> list[tuple[Label, ...]]:
        """Return, in the order of `documents`, each document's labels in the order of the topics.

        `scans`: what `scan` returned for them, where somebody else needs it too.
        """
        scans = self.scan(documents) if scans is None else scans
        if not self.models or not documents:
            return self.rules.classify(documents, scans)
        from classifiers.model.vectorizer import hashed

        found = [self.rules.evidence(*pair) for pair in zip(documents, scans, strict=True)]
        labels = [
            {slug: self.rules.label(item) for slug, item in by_topic.items() if item.distinct}
            for by_topic in found
        ]
        counts = hashed(samples_text([Sample(document) for document in documents]))
        for slug, model in self.models.items():
            samples = [
                Sample(document, by_topic.get(slug))
                for document, by_topic in zip(documents, labels, strict=True)
            ]
            chances = model.probabilities(samples, counts)
            kept = [
                place
                for place, (sample, chance) in enumerate(zip(samples, chances, strict=True))
                if sample.rules is not None or chance >= LEAST
            ]
            facets = model.facet([samples[place] for place in kept], counts[kept])
            told = [place for place in kept if worth_explaining(samples[place], float(chances[place]))]
            why = dict(
                zip(told, model.reasons([samples[place] for place in told], counts[told]), strict=True)
            )
            for place, facet in zip(kept, facets, strict=True):
                evidence = found[place].get(slug)
                if evidence is None and chances[place] >= self.topics[slug].threshold:
                    evidence = self._excluded(slug, documents[place])
                label = self._label(model, samples[place], evidence, float(chances[place]), facet)
                labels[place][slug] = replace(label, reasons=(*label.reasons, *why.get(place, ())))
        return [tuple(by_topic[slug] for slug in self.topics if slug in by_topic) for by_topic in labels]

    def _excluded(self, slug: str, document: Document) -> Evidence | None:
        """Return the exclusions found in a story that no term names: rules do not look for them there."""
        evidence = self._exclusions.evidence(document).get(slug)
        if evidence is None:
            return None
        matches = tuple(replace(match, kind=EXCLUDE, points=0.0) for match in evidence.matches)
        return replace(evidence, points=0.0, matches=matches, blocked=f"{EXCLUDE}: {matches[0].what}")

    def _label(
        self, model: TopicModel, sample: Sample, evidence: Evidence | None, chance: float, facet: str
    ) -> Label:
        topic = self.topics[model.topic]
        rules = sample.rules
        reasons = rules.reasons if rules else evidence.reasons() if evidence else ()
        return Label(
            topic=topic.slug,
            score=chance,
            threshold=topic.threshold,
            belongs=chance >= topic.threshold and not forbidden(topic, evidence),
            facet=facet or (rules.facet if rules else topic.default_facet),
            reasons=reasons,
            rules=topic.hash,
            model=model.version,
        )


def exclusions(topics: Iterable[Topic]) -> RuleClassifier:
    """Return rules that find what the topics exclude: each of their exclusions as a term."""
    return RuleClassifier(
        {
            topic.slug: Topic(
                slug=topic.slug,
                title=topic.title,
                terms=tuple(WeightedTerm(term, 1.0) for term in topic.exclude),
                ignore=topic.ignore,
                entities=topic.entities,
            )
            for topic in topics
            if topic.exclude
        }
    )


def worth_explaining(sample: Sample, chance: float) -> bool:
    """Return whether a label says which words weighed most: it may matter to somebody."""
    return chance >= EXPLAIN or (sample.rules is not None and sample.rules.belongs)


def forbidden(topic: Topic, evidence: Evidence | None) -> bool:
    """Return whether the configuration itself keeps a story out: an exclusion found, or a `must` not met.

    Too few distinct terms do not forbid: that setting says when rules alone may decide.
    """
    if evidence is None:
        return any(group.must for group in topic.groups)
    return evidence.excluded or evidence.blocked.startswith(MUST)


def near(label: Label, margin: float = MARGIN) -> Reason | None:
    """Return why `label` is a near miss, or None when it is not: it belongs, or falls short by more than `margin`.

    What a person decided is no near miss, whatever its score.
    The reason's `weight` is what is missing to the threshold; 0 for what only an exclusion or `must` keeps out.
    """
    missing = label.threshold - label.score
    if label.belongs or missing > margin or any(reason.kind == "feedback" for reason in label.reasons):
        return None
    short = max(0.0, round(missing, 3))
    # With a model, too few distinct terms bar nothing.
    bars = (EXCLUDE, MUST) if label.model else (EXCLUDE, MUST, DISTINCT)
    barred = [reason for reason in label.reasons if reason.kind in bars]
    if barred:
        return replace(barred[0], weight=short)
    if missing <= 0:
        return Reason("entries", "only one of many speaks of it")
    against = [reason for reason in label.reasons if reason.weight < 0]
    if against:
        return replace(min(against, key=lambda reason: reason.weight), weight=short)
    speaking = [reason for reason in label.reasons if reason.weight > 0 and reason.kind in (TERM, GROUP)]
    if speaking and all(reason.passing for reason in speaking):
        return replace(max(speaking, key=lambda reason: reason.weight), weight=short)
    return Reason("score", "too little evidence", short)
