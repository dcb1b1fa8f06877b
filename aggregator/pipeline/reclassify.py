"""Stored entries classified anew when topics or models changed: in the background, a batch at a time between polls.

store.entries.newest_before | Worker.label | Writer.apply, those whose labels differ
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b

import structlog

from aggregator.core.types import Entry, Story
from aggregator.pipeline.worker import Analysis, Worker, WorkerPlan
from aggregator.pipeline.worker_pool import WorkerCrashed, WorkerPool
from aggregator.pipeline.write_request import WriteRequest, Written
from aggregator.pipeline.writer import Writer
from aggregator.store import Store
from classifiers.types import Label

log = structlog.get_logger("aggregator")

_VERSION_KEY = "classified-with"

_Labelled = tuple[Entry, tuple[Label, ...]]


@dataclass
class Reclassified:
    """What a change of topics did to stored stories, by topic."""

    entries: int = 0
    entered: Counter[str] = field(default_factory=Counter)
    left: Counter[str] = field(default_factory=Counter)

    def add(self, written: Written) -> None:
        """Count the stories that entered and left topics."""
        for story in written.stories:
            had, has = _topics(written.before[story.id]), _topics(story)
            self.entered.update(has - had)
            self.left.update(had - has)


def version_of(plan: WorkerPlan) -> str:
    """Names what labels depend on: every topic's configuration and active model."""
    parts = [f"{slug}={topic.hash}" for slug, topic in sorted(plan.topics.items())]
    parts += [f"{topic}:{path.name}" for topic, path in sorted(plan.models.items())]
    return blake2b("\n".join(parts).encode(), digest_size=8).hexdigest()


def is_stale(store: Store, plan: WorkerPlan) -> bool:
    """Whether stored entries were classified under other topics or models than those of `plan`."""
    return store.meta.get(_VERSION_KEY) != version_of(plan)


async def reclassify(
    workers: WorkerPool, writer: Writer, *, progress: Callable[[int], None] | None = None
) -> Reclassified:
    """Classify every stored entry anew, newest first.

    Stopped half-way it is simply begun again at the next start: only at its end is the version noted. Raises
    StoreError when the database takes nothing.
    """
    store, plan = writer.store, workers.plan
    result = Reclassified()
    last: int | None = None
    while True:
        batch, last = await asyncio.to_thread(store.entries.newest_before, last)
        if not batch:
            break
        feeds = await asyncio.to_thread(store.feeds_by_id)
        found = await workers.map(Worker.label, batch, feeds)
        labelled = [
            (entry, labels)
            for entry, labels in zip(batch, found, strict=True)
            if not isinstance(labels, WorkerCrashed)
        ]
        for written in await writer.write(labelled, lambda part: _request(writer, part), _leave):
            result.add(written)
        result.entries += len(batch)
        if progress is not None:
            progress(len(batch))
    if workers.plan is plan:
        await writer.run(store.meta.set, _VERSION_KEY, version_of(plan))
    return result


async def _leave(labelled: _Labelled, error: Exception) -> None:
    log.error("an entry keeps its labels: new ones could not be stored", entry=labelled[0].id, exc_info=error)


def _request(writer: Writer, labelled: Sequence[_Labelled]) -> WriteRequest:
    before = writer.store.labels_for([entry.id for entry, _ in labelled])
    changed = {
        entry.id: (entry, Analysis(labels, None))
        for entry, labels in labelled
        if _key(before.get(entry.id, ())) != _key(labels)
    }
    return WriteRequest(writer.clock.now(), relabelled=changed)


def _topics(story: Story) -> set[str]:
    return {label.topic for label in story.labels if label.belongs}


def _key(labels: Sequence[Label]) -> list[tuple[object, ...]]:
    """What makes labels differ; reasons alone do not."""
    return sorted(
        (one.topic, one.belongs, round(one.score, 6), one.threshold, one.facet, one.rules, one.model)
        for one in labels
    )
