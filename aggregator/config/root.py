"""The whole configuration as one frozen record."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from pydantic import Field

from aggregator.config.outputs import OutputConfig, WebConfig
from aggregator.config.polling import FeedConfig, HttpConfig, PollConfig
from aggregator.config.storage import LogConfig, StoreConfig
from aggregator.config.stories import OriginConfig, StoriesConfig
from aggregator.config.values import Section, Slug


class Config(Section):
    """Everything config.toml says. Built by `aggregator.config.load`."""

    poll: PollConfig = Field(default_factory=PollConfig)
    http: HttpConfig = Field(default_factory=HttpConfig)
    store: StoreConfig = Field(default_factory=StoreConfig)
    log: LogConfig = Field(default_factory=LogConfig)
    web: WebConfig = Field(default_factory=WebConfig)
    stories: StoriesConfig = Field(default_factory=StoriesConfig)
    opml: tuple[str, ...] = Field((), description="OPML files with further feeds, relative to config.toml.")
    outputs: tuple[OutputConfig, ...] = ()
    feeds: tuple[FeedConfig, ...] = ()
    origins: Mapping[Slug, OriginConfig] = Field(default_factory=dict)
    entities: Mapping[str, Any] = Field(default_factory=dict)
    """Alias sets, as `classifiers.topics.read_topics` takes them."""
    topics: Mapping[Slug, Any] = Field(default_factory=dict)
    """Raw tables; `classifiers.topics.read_topics` turns them into topics and names their mistakes."""
    path: Path | None = None
    """The file it was read from. Not a setting."""

    @cached_property
    def feed_by_url(self) -> Mapping[str, FeedConfig]:
        """Every configured feed by its URL."""
        return {feed.url: feed for feed in self.feeds}
