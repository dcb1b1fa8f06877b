"""After an upgrade: what topics of the library, changed by it, add and drop among the stored entries.

What each topic in use was made from is kept in the database: the library's table, and the names that ship of those
it uses. Where either is another now, the topic as it was, with the person's present lines on top, and the topic as
it is are tried on what is stored (`classifiers.evaluation.backtest`), once.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import structlog

from aggregator.config import Config
from aggregator.config.load import load
from aggregator.pipeline.runtime import Runtime
from aggregator.store import Store
from aggregator.store.opening import store_path
from aggregator.topics.apart import run_apart
from aggregator.topics.evaluation import backtest_config
from classifiers.library.gazetteer.read import shipped
from classifiers.library.shipped_topics import shipped_topic
from classifiers.rules.overlay import USE, overlay
from classifiers.rules.read_topics import read_topics
from classifiers.rules.topic import Topic

log = structlog.get_logger("aggregator.topics")

USED, CHANGES = "library-topics-in-use", "library-topic-changes"
"""Keys of the store's small facts: what topics were made from, and what the last change of each did."""

SPAN = timedelta(days=30)
"""How far back stored entries are tried."""

TITLES = 10
"""How many titles of each kind are kept."""


@dataclass(frozen=True, slots=True)
class LibraryChange:
    """What another version of the library's topic does to one topic in use."""

    topic: str
    at: str
    """When it was found, as ISO 8601 with its zone."""
    entries: int
    """Stored entries it was tried on."""
    entered: int
    left: int
    """How many of them belong that did not, and the other way round."""
    entered_titles: tuple[str, ...]
    left_titles: tuple[str, ...]

    def __str__(self) -> str:
        return (
            f"{self.entered} enter, {self.left} leave, of {self.entries} entries of the last {SPAN.days} days"
        )


def made_from(config: Config) -> dict[str, dict[str, Any]]:
    """Of each topic that uses the library: its slug there, its table, and the names that ship."""
    names = shipped().aliases()
    return {
        slug: {
            "use": raw[USE],
            "table": shipped_topic(raw[USE]).table,
            "names": {name: list(names[name]) for name in config.topics[slug].entities if name in names},
        }
        for slug, raw in config.topic_tables.items()
        if USE in raw
    }


def as_before(config: Config, before: Mapping[str, Any]) -> dict[str, Topic]:
    """The topics of which the library's part is another than `before`, made from that with the lines of today."""
    found = {}
    for slug, now in made_from(config).items():
        then = before.get(slug)
        if then is None or then["use"] != now["use"] or then == now:
            continue
        table = overlay(config.topic_tables[slug], ("topics", slug), then["table"]).table
        names = {name: {"names": listed, "replace": True} for name, listed in then["names"].items()}
        topics, mistakes = read_topics({slug: table}, {**names, **config.entities})
        if all(one.warning for one in mistakes) and topics[slug].hash != config.topics[slug].hash:
            found[slug] = topics[slug]
    return found


def compare(path: Path, database: Path, now: datetime) -> list[LibraryChange]:
    """What the library's changes do to the stored entries. Takes up to minutes; for a process of its own.

    Args:
        path: of the configuration.
        database: the file; nothing is written.
        now: aware.
    """
    config = load(path)
    store = Store.open(database)
    try:
        before = as_before(config, _held(store.meta.get(USED)))
        if not before:
            return []
        earlier = config.model_copy(update={"topics": {**config.topics, **before}})
        return [
            LibraryChange(
                topic=one.topic,
                at=now.isoformat(timespec="seconds"),
                entries=one.documents,
                entered=len(one.entered),
                left=len(one.left),
                entered_titles=tuple(change.title for change in one.entered[:TITLES]),
                left_titles=tuple(change.title for change in one.left[:TITLES]),
            )
            for one in backtest_config(earlier, config, store, since=now - SPAN)
        ]
    finally:
        store.close()


async def tell_library_changes(runtime: Runtime) -> None:
    """Log what an upgrade's changes of the library do, keep it for `aggregator topics`, and note what is in use now.

    Never raises: a failure is logged, and the next start tries again.
    """
    config, store = runtime.config, runtime.store
    try:
        before, now = _held(store.meta.get(USED)), made_from(config)
        if before == now:
            return
        if as_before(config, before) and config.path is not None:
            database = store_path(config, runtime.env)
            changes = await run_apart(compare, config.path, database, runtime.clock.now())
            for change in changes:
                log.info(
                    "a topic of the library has changed with this version",
                    topic=change.topic,
                    effect=str(change),
                    entered=list(change.entered_titles),
                    left=list(change.left_titles),
                )
            text = json.dumps(_held(store.meta.get(CHANGES)) | {one.topic: asdict(one) for one in changes})
            await runtime.writer.run(store.meta.set, CHANGES, text)
        await runtime.writer.run(store.meta.set, USED, json.dumps(now, ensure_ascii=False))
    except Exception:
        log.exception("cannot say what the library's changes do; the next start tries again")


async def note_library(runtime: Runtime) -> None:
    """Note topics that use the library since a reload, so that the next upgrade can say what it changes of them."""

    def with_new(held: str | None) -> str:
        return json.dumps({**made_from(runtime.config), **_held(held)}, ensure_ascii=False)

    await runtime.writer.run(runtime.store.meta.update, USED, with_new)


def last_changes(store: Store) -> dict[str, LibraryChange]:
    """What the last change of each topic did, as it was found."""
    held = _held(store.meta.get(CHANGES))
    return {
        topic: LibraryChange(
            **{
                **one,
                "entered_titles": tuple(one["entered_titles"]),
                "left_titles": tuple(one["left_titles"]),
            }
        )
        for topic, one in held.items()
    }


def _held(text: str | None) -> dict[str, Any]:
    value = json.loads(text) if text else {}
    return value if isinstance(value, dict) else {}
