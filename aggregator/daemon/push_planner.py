"""What changed since the last time -> deliveries in the outbox, however much it is.

changed stories, a page at a time --plan_deliveries--> outbox --> the mark moves on
an output's document as it is now --plan_pings-------> outbox
"""

from __future__ import annotations

from datetime import datetime, timedelta
from hashlib import blake2b

from aggregator.config import OutputConfig
from aggregator.daemon.store_source import StoreSource
from aggregator.pipeline.runtime import Runtime
from aggregator.publish.hubs import hubs_of, told_documents
from aggregator.publish.produce import produce
from aggregator.publish.push.plan import plan_deliveries, plan_pings
from aggregator.publish.selection import matches, selection_of
from aggregator.publish.types import Publication, Site

_OVERLAP = timedelta(minutes=5)
"""How far planning looks back behind the mark: longer than a batch takes to be written. Keys make what is planned
twice one delivery."""
_PAGE = 500
"""Stories in memory at once."""
_PLANNED = "pushes-planned-until"


def plan_pushes(runtime: Runtime, source: StoreSource, site: Site) -> int:
    """Queue what changed since the last time for every channel; return how many deliveries are new.

    The mark that says what was planned moves only past stories that are queued. A crash between the two means
    planning them again, which keys make harmless.
    """
    outputs = [output for output in runtime.config.outputs if output.push]
    if not outputs:
        return 0
    now = runtime.clock.now()
    queued = _plan_messages(runtime, outputs, site, now)
    for output in outputs:
        documents = told_documents(output, site) if hubs_of(output) else ()
        if documents:
            version = _version(runtime, source, output, site, now)
            queued += runtime.store.outbox.queue(plan_pings(output, documents, version, now))
    return queued


def _plan_messages(runtime: Runtime, outputs: list[OutputConfig], site: Site, now: datetime) -> int:
    store = runtime.store
    noted = store.meta.get(_PLANNED)
    # At the very first start there is nobody who waits for what was before. A moment to come means that the clock
    # was set back since.
    mark = min(datetime.fromisoformat(noted), now) if noted else now
    since, after = mark - _OVERLAP, ""
    pages = site.base_url if site.served else ""
    queued = 0
    while True:
        changed = store.selection.changed_since(since, _PAGE, after=after)
        for output in outputs:
            wanted = selection_of(output, now)
            fitting = [story for story in changed if matches(story, wanted)]
            queued += store.outbox.queue(plan_deliveries(output, fitting, now, base_url=pages))
        if len(changed) < _PAGE:
            store.meta.set(_PLANNED, now.isoformat())
            return queued
        since, after = changed[-1].changed, changed[-1].id
        mark = max(mark, min(since, now))
        store.meta.set(_PLANNED, mark.isoformat())


def _version(runtime: Runtime, source: StoreSource, output: OutputConfig, site: Site, now: datetime) -> str:
    """Changes with what the output's document holds: its items, their changes and withdrawals."""
    feed = produce(source, output, Publication(site, records=False), now=now)
    parts = [f"{item.id} {item.updated.isoformat()}" for item in feed.items]
    parts += [f"-{stone.id} {stone.at.isoformat()}" for stone in feed.tombstones]
    digest = blake2b("\n".join(parts).encode(), digest_size=8).hexdigest()
    # The moment tells a state apart from the same state before: withdrawn, then restored, is a change.
    return runtime.store.meta.update(
        f"told-version:{output.slug}",
        lambda last: last if last and last.startswith(digest) else f"{digest} {now.isoformat()}",
    )
