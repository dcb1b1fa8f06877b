"""How well topics work on what is stored: evaluation, suggestions, backtests, near misses. Reads only."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from aggregator.config import Config
from aggregator.core.types import Story
from aggregator.pipeline.runtime import worker_plan
from aggregator.pipeline.worker import WorkerPlan, document, make_classifier
from aggregator.store import Store, Wanted
from aggregator.topics.explain import explain_evidence
from aggregator.topics.training import corpus
from classifiers.types import Document, Reason

if TYPE_CHECKING:
    from classifiers.evaluation.backtest import Backtest
    from classifiers.evaluation.evaluate import Evaluation
    from classifiers.evaluation.suggest import StoryQuestion, TermIdea


def evaluate_topic(config: Config, store: Store, topic: str) -> Evaluation:
    """How well a topic does on people's judgements, rules and model apart. Takes up to some minutes."""
    from classifiers.evaluation.evaluate import evaluate

    learned = corpus(store, topic)
    return evaluate(config.topics[topic], learned.documents, learned.judgements, learned.documents)


@dataclass(frozen=True, slots=True)
class Suggestions:
    """What to ask a person, and what to change in the configuration."""

    stories: tuple[StoryQuestion, ...]
    add: tuple[TermIdea, ...]
    drop: tuple[TermIdea, ...]

    def as_dict(self) -> dict[str, Any]:
        """For `--json`."""
        return {
            "stories": [one.as_dict() for one in self.stories],
            "add": [one.as_dict() for one in self.add],
            "drop": [one.as_dict() for one in self.drop],
        }


def suggest(config: Config, store: Store, topic: str, *, most: int = 10) -> Suggestions:
    """Stories worth asking about, terms to add and terms to drop."""
    from classifiers.evaluation.suggest import suggest_drops, suggest_stories, suggest_terms
    from classifiers.evaluation.term_report import report_terms
    from classifiers.topic_classifier import TopicClassifier

    learned = corpus(store, topic)
    verdicts = {judgement.id: judgement.relevant for judgement in learned.judgements}
    classifier = make_classifier(worker_plan(config, store))
    assert isinstance(classifier, TopicClassifier)
    chosen = config.topics[topic]
    reports, _ = report_terms(chosen, learned.documents, verdicts)
    return Suggestions(
        suggest_stories(chosen, learned.documents, frozenset(verdicts), classifier, most=most),
        suggest_terms(chosen, learned.documents, verdicts, classifier, most=most),
        suggest_drops(reports, most=most),
    )


def backtest_config(
    before: Config, after: Config, store: Store, *, since: datetime | None = None
) -> list[Backtest]:
    """Each topic of either configuration on stored entries: what would enter and leave. Nothing is changed.

    A topic whose configuration is the same keeps its model on both sides; a changed one is compared by its rules
    alone on both, since a model learned with other rules speaks for neither.
    """
    from classifiers.evaluation.backtest import backtest, changed_settings

    documents = list(_documents(store, since))
    names = list(dict.fromkeys([*before.topics, *after.topics]))
    changed = {
        name
        for name in names
        if name not in before.topics
        or name not in after.topics
        or before.topics[name].hash != after.topics[name].hash
    }
    plan = worker_plan(before, store)
    models = {topic: path for topic, path in plan.models.items() if topic not in changed}
    old = make_classifier(WorkerPlan(before.topics, models))
    new = make_classifier(WorkerPlan(after.topics, {t: p for t, p in models.items() if t in after.topics}))
    return [
        backtest(
            name,
            documents,
            corpus(store, name, background=0).judgements,
            old,
            new,
            settings=changed_settings(before.topics[name], after.topics[name])
            if name in before.topics and name in after.topics
            else (),
        )
        for name in names
        if name in changed
    ]


def stored_documents(store: Store, *, since: datetime | None = None) -> list[Document]:
    """The stored entries as classifiers read them: all, or those seen since."""
    return list(_documents(store, since))


def _documents(store: Store, since: datetime | None) -> Iterator[Document]:
    feeds = store.feeds_by_id()
    for batch in store.entries.walk(since=since):
        for entry, _, _ in batch:
            yield document(entry, feeds[entry.feed_id])


@dataclass(frozen=True, slots=True)
class NearMiss:
    """A story that fell just short of a topic, and why."""

    story: Story
    topic: str
    score: float
    threshold: float
    why: Reason

    def as_dict(self) -> dict[str, Any]:
        """For `--json`, beside the story: what it missed, by how much, and what kept it out."""
        return {
            "topic": self.topic,
            "score": round(self.score, 6),
            "threshold": self.threshold,
            "missing": self.why.weight,
            "why": explain_evidence(self.why),
        }


def near_misses(
    store: Store, topics: Sequence[str], *, margin: float, since: datetime | None = None, limit: int = 50
) -> list[NearMiss]:
    """Stories just below a topic's threshold, latest change first; none that a person has decided on.

    A story that misses several topics is named once for each.
    """
    from classifiers.topic_classifier import near

    misses: list[NearMiss] = []
    wanted = Wanted(topics=tuple(topics), belongs=False, margin=margin, since=since)
    while len(misses) < limit:
        found = store.selection.wanted(wanted, limit)
        for story in found:
            misses += [
                NearMiss(story, label.topic, label.score, label.threshold, why)
                for label in story.labels
                if (not topics or label.topic in topics) and (why := near(label, margin)) is not None
            ]
        if len(found) < limit:
            break
        wanted = replace(wanted, before=(found[-1].changed, found[-1].id))
    return misses[:limit]
