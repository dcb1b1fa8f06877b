"""Looking again at what is stored: after feedback, after a correction of stories, after a change of topics.

Everything that writes runs in the pipeline's writer thread, between two batches.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from hashlib import blake2b

from aggregator.core.errors import NotFound
from aggregator.core.types import Assignment, Batch, Entry, Grouping, Story
from aggregator.core.urls import spellings
from aggregator.pipeline.poll import Pipeline
from aggregator.pipeline.worker import Analysis, Worker, WorkerPlan
from aggregator.pipeline.worker_pool import WorkerCrashed
from aggregator.store import entries, feedback, stories
from aggregator.stories.grouping.group import story_id
from classifiers.types import Label

_VERSION_KEY = "classified-with"


@dataclass
class Reclassified:
    """What a change of topics did to stored stories, by topic."""

    entries: int = 0
    entered: Counter[str] = field(default_factory=Counter)
    left: Counter[str] = field(default_factory=Counter)


def version_of(plan: WorkerPlan) -> str:
    """Names what labels depend on: every topic's configuration and active model."""
    parts = [f"{slug}={topic.hash}" for slug, topic in sorted(plan.topics.items())]
    parts += [f"{topic}:{path.name}" for topic, path in sorted(plan.models.items())]
    return blake2b("\n".join(parts).encode(), digest_size=8).hexdigest()


def is_stale(pipeline: Pipeline) -> bool:
    """Whether stored entries were classified under other topics or models than the workers have now."""
    with pipeline.store.read() as connection:
        return feedback.value(connection, _VERSION_KEY) != version_of(pipeline.workers.plan)


async def reclassify(pipeline: Pipeline, *, progress: Callable[[int], None] | None = None) -> Reclassified:
    """Classify every stored entry anew, newest first, a batch at a time between polls.

    Stopped half-way it is simply begun again at the next start: only at its end is the version noted.
    """
    plan = pipeline.workers.plan
    result = Reclassified()
    last: int | None = None
    while True:
        batch, last = await asyncio.to_thread(_read_batch, pipeline, last)
        if not batch:
            break
        feeds = await asyncio.to_thread(pipeline.store.feeds_by_id)
        labelled = await pipeline.workers.map(Worker.label, batch, feeds)
        labels = {
            entry.id: found
            for entry, found in zip(batch, labelled, strict=True)
            if not isinstance(found, WorkerCrashed)
        }
        changes = await pipeline.in_writer(_write_labels, pipeline, batch, labels)
        result.entries += len(batch)
        result.entered.update(changes.entered)
        result.left.update(changes.left)
        if progress is not None:
            progress(len(batch))
    if pipeline.workers.plan is plan:
        await pipeline.in_writer(_note_version, pipeline, plan)
    return result


def _note_version(pipeline: Pipeline, plan: WorkerPlan) -> None:
    with pipeline.store.write() as connection:
        feedback.set_value(connection, _VERSION_KEY, version_of(plan))


def _read_batch(pipeline: Pipeline, before: int | None) -> tuple[list[Entry], int | None]:
    with pipeline.store.read() as connection:
        return entries.newest_before(connection, before)


def _write_labels(
    pipeline: Pipeline, batch: Sequence[Entry], labels: Mapping[str, tuple[Label, ...]]
) -> Reclassified:
    now = pipeline.clock.now()
    with pipeline.store.read() as connection:
        before = entries.labels_of(connection, list(labels))
    changed = {entry: found for entry, found in labels.items() if _differs(before.get(entry, ()), found)}
    changes = Reclassified()
    if not changed:
        return changes
    revised = {e.id: (e, Analysis(changed[e.id], None)) for e in batch if e.id in changed}
    touched = pipeline.assembler.summarise((), Grouping(), revised, now)
    old = pipeline.store.stories([story.id for story in touched], text=False)
    for story in touched:
        had, has = _topics(old[story.id]), _topics(story)
        changes.entered.update(has - had)
        changes.left.update(had - has)
    pipeline.store.apply(Batch(stories=tuple(touched), labels=tuple(changed.items())), now)
    return changes


def _topics(story: Story) -> set[str]:
    return {label.topic for label in story.labels if label.belongs}


def _differs(before: Sequence[Label], after: Sequence[Label]) -> bool:
    key = sorted(
        (b.topic, b.belongs, round(b.score, 6), b.threshold, b.facet, b.rules, b.model) for b in before
    )
    return key != sorted(
        (a.topic, a.belongs, round(a.score, 6), a.threshold, a.facet, a.rules, a.model) for a in after
    )


# --- people ---


def find(pipeline: Pipeline, what: str) -> tuple[str, str]:
    """The (entry id, story id) a person means by an entry's id, a story's id or a URL; entry is empty for a story.

    Raises NotFound.
    """
    with pipeline.store.read() as connection:
        return entries.find(connection, what)


def judge(pipeline: Pipeline, judgements: Sequence[feedback.Feedback]) -> list[Story]:
    """Record people's yes or no and let the stories follow; returns them as they are now. Runs in the writer."""
    with pipeline.store.write() as connection:
        feedback.record(connection, judgements)
    return refresh(pipeline, sorted({j.story for j in judgements if j.story}))


def unjudge(
    pipeline: Pipeline, *, entry: str, story: str, topic: str, at: datetime | None = None
) -> tuple[feedback.Feedback, list[Story]] | None:
    """Take the newest judgement back and let its story follow. Runs in the writer.

    `at`: only the judgement of the story as a whole that was given at that moment, and only while none came after it.
    Returns the judgement, and the story as it is now; None when there was none.
    """
    with pipeline.store.write() as connection:
        if at is None:
            found = feedback.undo(connection, story=story, entry=entry, topic=topic)
        else:
            found = feedback.newest(connection, story=story, topic=topic)
            found = found if found is not None and found.at == at else None
            feedback.take_back(connection, [found.n] if found is not None else [])
    return None if found is None else (found, refresh(pipeline, [story]))


def refresh(pipeline: Pipeline, ids: Sequence[str]) -> list[Story]:
    """Summarise stored stories anew and write them. Runs in the writer."""
    now = pipeline.clock.now()
    fresh = pipeline.assembler.rebuild(pipeline.store.stories(ids), now)
    pipeline.store.apply(Batch(stories=tuple(fresh)), now)
    return fresh


def merge(pipeline: Pipeline, ids: Sequence[str], *, by: str = "") -> Story:
    """Make one story of several, for good: later grouping will not take them apart. Runs in the writer.

    The oldest story keeps its id; the others redirect to it. Raises NotFound.
    """
    now = pipeline.clock.now()
    found = _whole(pipeline, ids)
    kept, *others = sorted(found, key=lambda s: (s.first_seen, s.id))
    anchor = kept.entries[0].entry.id
    pairs = [(anchor, m.entry.id, True) for story in found for m in story.entries if m.entry.id != anchor]
    grouping = Grouping(merges=tuple((story.id, kept.id) for story in others))
    return _correct(pipeline, grouping, pairs, now, by)[kept.id]


def split(
    pipeline: Pipeline, story: str, named: Sequence[str], *, by: str = "", at: datetime | None = None
) -> tuple[Story, Story]:
    """Move entries of a story into a new one, for good; returns what stayed and what is new. Runs in the writer.

    `named`: the entries, by id or URL; of several with one URL all go. `at`: when it was said, if not now. Raises NotFound when an entry is not in the
    story, or none would stay.
    """
    now = at or pipeline.clock.now()
    (whole,) = _whole(pipeline, [story])
    inside = {m.entry.id for m in whole.entries}
    meant = {one: _entries_of(whole, one) for one in named}
    entry_ids = list(dict.fromkeys(entry for found in meant.values() for entry in found))
    if missing := [one for one, found in meant.items() if not found]:
        raise NotFound(
            f"story {whole.id} has no entry {', '.join(missing)}; see `aggregator explain {whole.id}`"
        )
    stay = inside - set(entry_ids)
    if not stay or not entry_ids:
        raise NotFound(f"a split must leave entries on both sides; story {whole.id} has {len(inside)}")
    new = story_id(f"{whole.id}/{min(entry_ids)}")
    pairs = [(a, b, False) for a in entry_ids for b in sorted(stay)]
    grouping = Grouping(assignments=tuple(Assignment(entry, new, "person") for entry in entry_ids))
    after = _correct(pipeline, grouping, pairs, now, by)
    return after[whole.id], after[new]


def _entries_of(story: Story, named: str) -> list[str]:
    """The ids of a story's entries with that id or URL."""
    addresses = spellings(named)
    return [m.entry.id for m in story.entries if m.entry.id == named or m.entry.url in addresses]


def _whole(pipeline: Pipeline, ids: Sequence[str]) -> list[Story]:
    wanted = [find(pipeline, one)[1] for one in ids]
    found = pipeline.store.stories(list(dict.fromkeys(wanted)))
    return list(found.values())


def _correct(
    pipeline: Pipeline, grouping: Grouping, pairs: Sequence[tuple[str, str, bool]], now: datetime, by: str
) -> dict[str, Story]:
    touched = pipeline.assembler.summarise((), grouping, {}, now)
    with pipeline.store.write() as connection:
        stories.constrain(connection, pairs, now, by)
    # Told to subscribers as a change: their item for the story is no longer what it was.
    told = [replace(story, changed=now, change="corrected by a person") for story in touched]
    pipeline.store.apply(Batch(grouping=grouping, stories=tuple(told)), now)
    pipeline.store.repoint(grouping)
    pipeline.assembler.forget_caches()
    return {story.id: story for story in told}


def unsplit(pipeline: Pipeline, story: str, entry_ids: Sequence[str], at: datetime) -> bool:
    """Take the split of that moment back: the entries' story and `story` become one again. Runs in the writer.

    False when somebody has said something else of these entries since, or they are one story already.
    """
    named = set(entry_ids)
    said = (one for one in pipeline.store.corrections() if not one.together and one.at == at)
    if not any(one.a in named or one.b in named for one in said):
        return False
    others = {find(pipeline, entry)[1] for entry in entry_ids} - {story}
    if not others:
        return False
    merge(pipeline, [story, *sorted(others)], by="undo")
    return True
