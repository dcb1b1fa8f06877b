"""Training topics from what is stored: gather, train in a process of its own, use it only if it is not worse.

    entries, feedback -> documents, judgements | refit | models/TOPIC-VERSION.model | register

The file is written before the database names it, and workers take it over with their next plan: at no moment is
half a model in use. Earlier versions stay, for going back.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aggregator.core.errors import ModelError
from aggregator.core.hashes import hex64
from aggregator.core.types import Entry, Feedback
from aggregator.pipeline.worker import WorkerPlan, document
from aggregator.store import Store, StoredModel
from aggregator.store.models import name_of
from aggregator.topics.apart import run_apart
from classifiers.types import Document, Judgement

if TYPE_CHECKING:
    from classifiers.model.topic_model import TopicModel

BACKGROUND = 20_000
"""Newest entries that stand for the stream."""

KEPT = 5
"""Versions of a topic's model that are kept besides the one in use."""

_ENOUGH = 10
"""Judgements from which training by itself is worth while."""

_SMALLEST_STREAM = 2000
"""Stored entries from which the rules alone can teach a model words that no rule names."""


@dataclass(frozen=True, slots=True)
class Corpus:
    """What a topic learns from."""

    documents: tuple[Document, ...]
    """The newest entries, and every judged one."""
    judgements: tuple[Judgement, ...]
    marks: frozenset[str]
    """One for each judgement as it is, those on stories that retention deleted too."""


@dataclass(frozen=True, slots=True)
class Trained:
    """What came of a training."""

    topic: str
    version: str = ""
    """Of the new model; empty when there is none."""
    used: bool = False
    why: str = ""
    """In words: why it is used, or why not."""
    judgements: int = 0
    metrics: dict[str, Any] | None = None

    def as_dict(self) -> dict[str, Any]:
        """For `--json`."""
        return asdict(self)


def corpus(store: Store, topic: str, *, background: int = BACKGROUND) -> Corpus:
    """The newest entries and people's judgements of a topic. A judgement on a story counts for its first entry."""
    feeds = store.feeds_by_id()
    given = store.judgements.all(topic)
    first = store.entries.first_of_stories([f.story for f in given if not f.entry])
    judgements = tuple(
        Judgement(f.entry or first[f.story], topic, f.relevant, f.facet, f.at, f.by)
        for f in given
        if f.entry or f.story in first
    )
    newest: list[Entry] = []
    place: int | None = None
    while len(newest) < background:
        batch, place = store.entries.newest_before(place, min(1000, background - len(newest)))
        if not batch:
            break
        newest += batch
    have = {entry.id for entry in newest}
    judged = store.entries_for([j.id for j in judgements if j.id not in have]).values()
    documents = tuple(document(entry, feeds[entry.feed_id]) for entry in (*newest, *judged))
    return Corpus(documents, judgements, _marks(given))


def train_topic(database: Path, plan: WorkerPlan, topic: str, now: datetime) -> Trained:
    """Train one topic and put the model in use if it is not worse than the one that is.

    Safe to run in another process than the daemon's. `plan` has all topics and the active models. Takes about a
    minute for 20,000 entries. Raises StoreError.
    """
    from classifiers.model.model_file import ArtifactError, load, save
    from classifiers.model.refit import refit
    from classifiers.rules.rule_classifier import RuleClassifier

    store = Store.open(database)
    try:
        learned = corpus(store, topic)
        rules = RuleClassifier(plan.topics)
        try:
            previous = load(plan.models[topic]) if topic in plan.models else None
        except ArtifactError:
            previous = None  # cannot be used any more: a new one can only be better
        count = len(learned.judgements)
        if count < _ENOUGH and len(learned.documents) < _SMALLEST_STREAM:
            why = (
                f"too little to learn from: {count} judgements, {len(learned.documents)} entries; it takes "
                f"{_ENOUGH} judgements, or {_SMALLEST_STREAM} stored entries for the rules to teach it alone"
            )
            return Trained(topic, why=why, judgements=count)
        outcome = refit(
            topic,
            learned.documents,
            learned.judgements,
            learned.documents,
            rules,
            previous,
            now=now,
            threshold=plan.topics[topic].threshold,
        )
        if outcome.model is None:
            _note_attempt(store, plan, topic, learned.marks)
            if previous is None:
                # A model that cannot be read is not in use, whatever the register says.
                store.models.activate(topic, None)
            return Trained(topic, why=outcome.why, judgements=count)
        name = name_of(topic, outcome.model.version)
        save(outcome.model, store.folder / name)
        _register(store, outcome.model, name, now)
        _note_attempt(store, plan, topic, learned.marks)
        return Trained(topic, outcome.model.version, True, outcome.why, count, asdict(outcome.model.metrics))
    finally:
        store.close()


def due_topics(store: Store, plan: WorkerPlan) -> list[str]:
    """Topics whose model should be trained anew: their judgements or their configuration changed.

    A topic without enough judgements is left to its rules. What was tried in vain is not tried again until
    something has changed. A model in use whose file was lost, damaged or outdated is made again.
    """
    due = []
    for topic in plan.topics:
        given = store.judgements.all(topic)
        hash_then, *then = (store.meta.get(_attempt_key(topic)) or "-").split()
        active = store.models.active(topic)
        if len(given) < _ENOUGH and active is None:
            continue
        # Only here: they bring seconds of imports with them, for which a daemon told to stop would have to wait.
        from classifiers.model.model_file import ArtifactError, load
        from classifiers.model.refit import is_refit_due

        path = store.models.usable(active) if active is not None else None
        try:
            model = load(path) if path is not None else None
        except ArtifactError:
            model = None
        if active is not None and model is None:
            due.append(topic)
            continue
        if len(given) < _ENOUGH:
            continue
        before, now = frozenset(then), _marks(given)
        # One that turned went and came.
        changed = max(len(now - before), len(before - now))
        if not changed and hash_then == plan.topics[topic].hash:
            continue
        if is_refit_due(model, changed, plan.topics[topic].hash):
            due.append(topic)
    return due


async def train_apart(database: Path, plan: WorkerPlan, topic: str, now: datetime) -> Trained:
    """`train_topic` in a process of its own, niced, so that polling and serving do not notice."""
    return await run_apart(train_topic, database, plan, topic, now)


def roll_back(store: Store, topic: str, version: str | None) -> StoredModel | None:
    """Use another version: the one named, or else the one before the one in use; "none" means rules alone.

    Returns what is in use now. Raises ModelError when there is no such version.
    """
    if version == "none":
        store.models.activate(topic, None)
        return None
    known = store.models.all(topic)
    chosen = _chosen(known, version)
    if chosen is None or store.models.usable(chosen) is None:
        have = ", ".join(m.version for m in known) or "none"
        raise ModelError(
            f"topic {topic} has no model {version or 'before the one in use'}; there are: {have}"
        )
    store.models.activate(topic, chosen.version)
    return chosen


def _register(store: Store, model: TopicModel, name: str, now: datetime) -> None:
    stored = StoredModel(model.version, model.topic, now, name, True, model.corpus, asdict(model.metrics))
    for gone in store.models.add(stored, keep=KEPT):
        store.models.file_of(gone).unlink(missing_ok=True)


def _attempt_key(topic: str) -> str:
    return f"trained-at:{topic}"


def _marks(given: Iterable[Feedback]) -> frozenset[str]:
    """What each judgement says of what, in a few letters."""
    return frozenset(hex64(f.entry or f.story, str(f.relevant), f.facet)[:8] for f in given)


def _note_attempt(store: Store, plan: WorkerPlan, topic: str, marks: frozenset[str]) -> None:
    store.meta.set(_attempt_key(topic), " ".join((plan.topics[topic].hash, *sorted(marks))))


def _chosen(known: Sequence[StoredModel], version: str | None) -> StoredModel | None:
    if version is not None:
        return next((m for m in known if m.version == version), None)
    active = next((m for m in known if m.active), None)
    earlier = [m for m in known if active is None or m.at < active.at]
    return earlier[0] if earlier else None
