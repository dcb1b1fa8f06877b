"""Figures for Prometheus. Never one per feed: `/health`, the health output and `aggregator feeds` name feeds."""

from __future__ import annotations

from collections import Counter as Count
from collections.abc import Callable, Iterator

from prometheus_client import CollectorRegistry, Counter, Gauge
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from aggregator import __version__
from aggregator.core.types import FeedState
from aggregator.fetch.network import Outage
from aggregator.pipeline.stats import RunStats


class Metrics:
    """The daemon's registry. `feeds` and `outage` are asked at each scrape, in the scraping thread."""

    def __init__(self, feeds: Callable[[], list[FeedState]], outage: Callable[[], Outage | None]) -> None:
        self.registry = CollectorRegistry()
        self._polls = Counter("aggregator_polls", "Polls by outcome.", ["outcome"], registry=self.registry)
        self._new = Counter("aggregator_entries_new", "Entries stored.", registry=self.registry)
        self._revised = Counter(
            "aggregator_entries_revised", "Entries whose text changed.", registry=self.registry
        )
        self._stories = Counter(
            "aggregator_stories_touched", "Stories made or changed.", registry=self.registry
        )
        self._seconds = Counter(
            "aggregator_stage_seconds", "Wall time spent in each stage.", ["stage"], registry=self.registry
        )
        self.registry.register(_Feeds(feeds))
        network = Gauge(
            "aggregator_network_down",
            "1 while this machine's own network seems down.",
            registry=self.registry,
        )
        network.set_function(lambda: float(outage() is not None))

    def record(self, stats: RunStats) -> None:
        """Add what a run did."""
        for outcome, count in stats.outcomes.items():
            self._polls.labels(outcome).inc(count)
        self._new.inc(stats.new)
        self._revised.inc(stats.revised)
        self._stories.inc(stats.stories)
        for stage, spent in stats.seconds.items():
            self._seconds.labels(stage).inc(spent)


class _Feeds(Collector):
    """Feeds by health, read when scraped: the same numbers as `/health` and `aggregator feeds`."""

    def __init__(self, feeds: Callable[[], list[FeedState]]) -> None:
        self._feeds = feeds

    def collect(self) -> Iterator[Metric]:
        family = GaugeMetricFamily("aggregator_feeds", "Active feeds by health.", labels=["health"])
        for health, count in sorted(Count(str(feed.health) for feed in self._feeds()).items()):
            family.add_metric([health], count)
        yield family
        version = GaugeMetricFamily(
            "aggregator_info", "Always 1; says which version runs.", labels=["version"]
        )
        version.add_metric([__version__], 1)
        yield version

    def describe(self) -> list[Metric]:
        """Nothing is collected at registration: the database may not be open yet."""
        return []
