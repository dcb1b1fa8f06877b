"""Everything a verb or the daemon needs, wired from one configuration: the only place that knows all the parts."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import datetime

from aggregator.config import Config
from aggregator.config.secrets import Secrets
from aggregator.core.clock import SystemClock
from aggregator.core.ports import Clock
from aggregator.fetch.http import HttpFetcher
from aggregator.fetch.network import NetworkWatch
from aggregator.fetch.outcome import host_holds
from aggregator.pipeline.clock_trust import ClockTrust
from aggregator.pipeline.fetch_full_text import Pages
from aggregator.pipeline.importer import Importer
from aggregator.pipeline.poll import Poller
from aggregator.pipeline.worker import WorkerPlan, spare_collector
from aggregator.pipeline.worker_pool import WorkerPool
from aggregator.pipeline.writer import Writer
from aggregator.store import Store
from aggregator.store.opening import open_store, visit_store

TOUCHED = "touched-by-a-person"


def worker_plan(config: Config, store: Store) -> WorkerPlan:
    """What workers build their tools from: the topics, and each topic's active model.

    A model whose file is gone or damaged is left out with a warning: its topic's rules decide alone.
    """
    active = [model for model in store.models.all() if model.active and model.topic in config.topics]
    return WorkerPlan(
        topics=config.topics,
        models={m.topic: path for m in active if (path := store.models.usable(m)) is not None},
        entities=config.entities,
        origins=config.origins,
        embedding=config.stories.embedding,
    )


class Runtime:
    """A configuration at work: the one place that makes the parts and puts them together.

    Use as an async context manager; `close` waits for the write under way. `visiting`: beside a daemon that may own
    the database (`visit_store`); else this is the owner (`open_store`).
    """

    def __init__(
        self,
        config: Config,
        *,
        env: Mapping[str, str] | None = None,
        clock: Clock | None = None,
        visiting: bool = False,
    ) -> None:
        spare_collector()
        self.env = os.environ if env is None else env
        self.config = config
        self.clock: Clock = clock or SystemClock()
        self.secrets = Secrets(self.env)
        self.store = (visit_store if visiting else open_store)(config, self.env)
        self.workers = WorkerPool(config.poll.workers, worker_plan(config, self.store))
        self.writer = Writer(config, self.store, self.clock)
        self.network = NetworkWatch()
        """What the polls so far tell of this machine's own network."""
        self.clock_trust = ClockTrust(self.clock)
        self.importer = Importer(self.workers, self.writer)
        self._retired: list[HttpFetcher] = []
        self._use(
            HttpFetcher(config, clock=self.clock, secrets=self.secrets.get, host_not_before=self._holds())
        )

    def _use(self, fetcher: HttpFetcher) -> None:
        self.fetcher = fetcher
        self.poller = Poller(fetcher, self.workers, self.writer, self.network, self.clock_trust)
        self.pages = Pages(self.config, fetcher, self.workers, self.writer)

    async def __aenter__(self) -> Runtime:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Finish the write under way, then let go of everything."""
        await self.fetcher.close()
        await self.close_retired()
        self.writer.close()
        self.workers.close()
        self.store.close()

    def _holds(self) -> dict[str, datetime]:
        """Hosts that asked, before this start, to be left alone for longer."""
        if not self.config.poll.retry_after_host:
            return {}
        return host_holds(self.store.feeds_by_id().values(), self.clock.now())

    async def close_retired(self) -> None:
        """Let go of fetchers of earlier configurations; call when no poll of theirs is under way."""
        while self._retired:
            await self._retired.pop().close()

    def touch(self) -> None:
        """Note that a person changed something: a daemon on this database looks for it at each tick."""
        self.store.meta.set(TOUCHED, self.clock.now().isoformat())

    def touched(self) -> str | None:
        """The note of the last change by a person; another value means another change."""
        return self.store.meta.get(TOUCHED)

    def clock_doubt(self) -> str:
        """Why nothing should be deleted for being old now, in words; empty when nothing speaks against it."""
        return self.clock_trust.doubt(self.store.retention.newest(), self.config.store.retention)

    def refresh_plan(self, *, anew: bool = False) -> None:
        """Let workers use the models that are active now; with `anew`, also where only a file was written again."""
        plan = worker_plan(self.config, self.store)
        if anew or plan != self.workers.plan:
            self.workers.replace_plan(plan)

    async def reconfigure(self, config: Config) -> None:
        """Go on with another configuration. Polls under way finish with the fetcher they began with."""
        old, before = self.fetcher, self.config.feed_by_url
        changed = [feed.url for feed in config.feeds if feed.url in before and feed != before[feed.url]]
        await self.writer.run(self.store.sync_feeds, config.feeds)
        await self.writer.run(self.store.feeds.hasten, changed)
        self.config = config
        self._use(HttpFetcher(config, clock=self.clock, secrets=self.secrets.get, predecessor=old))
        self.workers.replace_plan(worker_plan(config, self.store))
        await self.writer.run(self.writer.reconfigure, config)
        self._retired.append(old)
