"""What people teach: judgements in and out, looked up among what is stored."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

from aggregator.core.errors import NotFound, StoreLocked
from aggregator.core.types import Constraint, Feedback, Story
from aggregator.pipeline import corrections
from aggregator.pipeline.import_corrections import apply_corrections, is_correction, read_correction
from aggregator.pipeline.reclassify import reclassify
from aggregator.pipeline.runtime import Runtime
from aggregator.pipeline.writer import Writer
from aggregator.store import DaemonLock
from aggregator.store.opening import store_path
from classifiers.rules.read_topics import Topic

T = TypeVar("T")

_BATCH = 500


async def in_writer(runtime: Runtime, change: Callable[[Writer], T]) -> T:
    """Run a person's change in the writer, and let a daemon on the same database know."""
    result = await runtime.writer.run(change, runtime.writer)
    await runtime.writer.run(runtime.touch)
    return result


async def label(
    runtime: Runtime, what: str, topic: str, *, relevant: bool, facet: str = "", by: str = ""
) -> list[Story]:
    """Record a yes or no on an entry or story, by id or URL. Raises NotFound."""
    entry, story = runtime.store.find(what)
    judgement = Feedback(entry, story, topic, relevant, facet, runtime.clock.now(), by)
    return await in_writer(runtime, lambda writer: corrections.judge(writer, [judgement]))


async def unlabel(runtime: Runtime, what: str, topic: str) -> tuple[Feedback, list[Story]] | None:
    """Take the newest yes or no on an entry or story back.

    Returns it, and the story as it is now; None when there was none. Raises NotFound.
    """
    entry, story = runtime.store.find(what)
    return await in_writer(
        runtime, lambda writer: corrections.unjudge(writer, entry=entry, story=story, topic=topic)
    )


async def take_over(runtime: Runtime) -> bool:
    """Let stored entries follow a change of models: here, or by the daemon that runs on this database.

    Returns False when a daemon does it: two processes that rebuild the same stories would be in each other's way.
    """
    runtime.refresh_plan()
    await runtime.writer.run(runtime.touch)
    lock = DaemonLock(store_path(runtime.config, runtime.env))
    try:
        lock.acquire()
    except StoreLocked:
        return False
    lock.release()
    await reclassify(runtime.workers, runtime.writer)
    return True


async def import_labels(
    runtime: Runtime, rows: Iterable[tuple[int, Mapping[str, Any] | str]], bad: list[str]
) -> int:
    """Record judgements from rows with `id` (or URL), `topic`, `relevant`, `facet`; how many rows were taken.

    Rows with `together`, `a` and `b` are corrections of stories (see `pipeline/import_corrections.py`); they go first, so that
    judgements find the stories that people made. What is held already is skipped, and so is a judgement older
    (by its `at`) than the one held: importing twice changes nothing. Of several judgements in the file on one
    thing the last counts. Rows that cannot be used are named in `bad`, in the order of the file.
    """
    judging: list[tuple[int, Mapping[str, Any] | str]] = []
    pairs: list[Constraint] = []
    wrong: list[tuple[int, str]] = []
    for line, row in rows:
        if isinstance(row, str) or not is_correction(row):
            judging.append((line, row))
            continue
        try:
            pairs.append(read_correction(runtime.store, row, _when(runtime, row)))
        except (NotFound, ValueError) as error:
            wrong.append((line, str(error)))
    taken = 0
    if pairs:
        taken += await in_writer(runtime, lambda writer: apply_corrections(writer, pairs))
    latest: dict[tuple[str, str], Feedback] = {}
    for line, row in judging:
        try:
            judgement = _judgement(runtime, row)
        except (NotFound, ValueError) as error:
            wrong.append((line, str(error)))
            continue
        latest[_about(judgement)] = judgement
    bad += [f"line {line}: {problem}" for line, problem in sorted(wrong)]
    held = {_about(one): one for one in runtime.store.judgements.all()}
    new = [one for about, one in latest.items() if about not in held or _overrules(one, held[about])]
    for start in range(0, len(new), _BATCH):
        part = new[start : start + _BATCH]
        await in_writer(runtime, _judging(part))
    return taken + len(new)


def _about(one: Feedback) -> tuple[str, str]:
    return one.entry or one.story, one.topic


def _overrules(new: Feedback, held: Feedback) -> bool:
    return new.at >= held.at and (new.relevant, new.facet) != (held.relevant, held.facet)


def _judging(part: Sequence[Feedback]) -> Callable[[Writer], list[Story]]:
    return lambda writer: corrections.judge(writer, part)


def _judgement(runtime: Runtime, row: Mapping[str, Any] | str) -> Feedback:
    if isinstance(row, str):
        raise ValueError(row)
    what, topic, relevant = row.get("id"), row.get("topic"), row.get("relevant")
    if not isinstance(what, str) or not what:
        raise ValueError("has no `id`: name the entry or story by its id or URL")
    topics: Mapping[str, Topic] = runtime.config.topics
    if not isinstance(topic, str) or topic not in topics:
        raise ValueError(f"`topic` is {topic!r}; config.toml has {', '.join(topics) or 'none'}")
    if not isinstance(relevant, bool | int) or relevant not in (0, 1):
        raise ValueError(f"`relevant` is {relevant!r}; it must be true or false")
    try:
        entry, story = runtime.store.find(what)
    except NotFound:
        first = row.get("entry")
        if not isinstance(first, str) or not first:
            raise
        entry, story = "", runtime.store.find(first)[1]
    return Feedback(
        entry=entry,
        story=story,
        topic=topic,
        relevant=bool(relevant),
        facet=str(row.get("facet") or ""),
        at=_when(runtime, row),
        by=str(row.get("by") or ""),
    )


def _when(runtime: Runtime, row: Mapping[str, Any]) -> datetime:
    """When a row says it was given, else now; never in the future, where it would overrule all that comes."""
    now, at = runtime.clock.now(), row.get("at")
    if not isinstance(at, str):
        return now
    moment = datetime.fromisoformat(at)
    return min(now, moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC))
