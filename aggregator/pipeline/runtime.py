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
from aggregator.fetch.outcome import host_holds
from aggregator.pipeline.poll import Pipeline
from aggregator.pipeline.worker import WorkerPlan, spare_collector
from aggregator.pipeline.worker_pool import WorkerPool
from aggregator.store import Store
from aggregator.store import feedback as model_queries
from aggregator.store import feeds as feed_queries
from aggregator.store.models import usable
from aggregator.store.opening import open_store, visit_store

TOUCHED = "touched-by-a-person"


def worker_plan(config: Config, store: Store) -> WorkerPlan:
    """What workers build their tools from: the topics, and each topic's active model.

    A model whose file is gone or damaged is left out with a warning: its topic's rules decide alone.
    """
    with store.read() as connection:
        active = [m for m in model_queries.models(connection) if m.active and m.topic in config.topics]
    return WorkerPlan(
        topics=config.topics,
        models={m.topic: path for m in active if (path := usable(store, m)) is not None},
        entities=config.entities,
        origins=config.origins,
        embedding=config.stories.embedding,
    )


class Runtime:
    """A configuration at work. Use as an async context manager; `close` waits for the write under way.

    `visiting`: beside a daemon that may own the database (`visit_store`); else this is the owner (`open_store`).
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
        self.fetcher = HttpFetcher(
            config, clock=self.clock, secrets=self.secrets.get, host_not_before=self._holds()
        )
        self._retired: list[HttpFetcher] = []
        self.pipeline = Pipeline(config, self.store, self.fetcher, self.workers, self.clock)

    async def __aenter__(self) -> Runtime:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Finish the write under way, then let go of everything."""
        await self.fetcher.close()
        await self.close_retired()
        self.pipeline.close()
        self.workers.close()
        self.store.close()

    def _hasten(self, urls: list[str]) -> None:
        with self.store.write() as connection:
            feed_queries.hasten(connection, urls)

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
        with self.store.write() as connection:
            model_queries.set_value(connection, TOUCHED, self.clock.now().isoformat())

    def touched(self) -> str | None:
        """The note of the last change by a person; another value means another change."""
        with self.store.read() as connection:
            return model_queries.value(connection, TOUCHED)

    def refresh_plan(self, *, anew: bool = False) -> None:
        """Let workers use the models that are active now; with `anew`, also where only a file was written again."""
        plan = worker_plan(self.config, self.store)
        if anew or plan != self.workers.plan:
            self.workers.replace_plan(plan)

    async def reconfigure(self, config: Config) -> None:
        """Go on with another configuration. Polls under way finish under the old one."""
        old = self.fetcher
        before = self.config.feed_by_url
        changed = [feed.url for feed in config.feeds if feed.url in before and feed != before[feed.url]]
        await self.pipeline.in_writer(self.store.sync_feeds, config.feeds)
        await self.pipeline.in_writer(self._hasten, changed)
        self.config = config
        self.fetcher = HttpFetcher(config, clock=self.clock, secrets=self.secrets.get, predecessor=old)
        self.workers.replace_plan(worker_plan(config, self.store))
        await self.pipeline.in_writer(self.pipeline.reconfigure, config, self.fetcher)
        self._retired.append(old)
