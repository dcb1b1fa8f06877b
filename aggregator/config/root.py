"""The whole configuration as one frozen record."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import Field

from aggregator.config.outputs import OutputConfig, WebConfig
from aggregator.config.polling import FeedConfig, HttpConfig, PollConfig
from aggregator.config.storage import LogConfig, StoreConfig
from aggregator.config.stories import OriginConfig, StoriesConfig
from aggregator.config.values import Section, Slug

if TYPE_CHECKING:
    from classifiers.rules.read_topics import Topic
else:
    Topic = Any  # made by read_topics, not by pydantic; and the matcher is not imported for `--help`

NOT_SETTINGS = frozenset({"topic_tables", "path", "warnings"})
"""Fields of Config that the loader fills in; keys of these names in config.toml are mistakes."""


class Config(Section):
    """Everything config.toml says. Built by `aggregator.config.load.load`."""

    poll: PollConfig = Field(default_factory=PollConfig)
    http: HttpConfig = Field(default_factory=HttpConfig)
    store: StoreConfig = Field(default_factory=StoreConfig)
    log: LogConfig = Field(default_factory=LogConfig)
    web: WebConfig = Field(default_factory=WebConfig)
    stories: StoriesConfig = Field(default_factory=StoriesConfig)
    opml: tuple[str, ...] = Field((), description="OPML files with further feeds, relative to config.toml.")
    include: tuple[str, ...] = Field(
        (),
        description="Files with topics, entities and feeds of your own, relative to config.toml; `*` stands for any "
        "part of a name, as in `topics.d/*.toml`.",
    )
    outputs: tuple[OutputConfig, ...] = ()
    feeds: tuple[FeedConfig, ...] = ()
    """Those of config.toml, of the files it includes, of the OPML files; no URL twice."""
    origins: Mapping[Slug, OriginConfig] = Field(default_factory=dict)
    entities: Mapping[str, Any] = Field(default_factory=dict)
    """Alias sets as written in the file; `topics` has them worked in."""
    topics: Mapping[str, Topic] = Field(default_factory=dict)
    """By slug, in the order of the file."""

    topic_tables: Mapping[str, Any] = Field(default_factory=dict)
    """The tables under `[topics]` as written, for comparing two configurations. Not a setting."""
    path: Path | None = None
    """The file it was read from. Not a setting."""
    warnings: tuple[str, ...] = ()
    """What works but is hardly meant, located like mistakes. Not a setting."""

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Config:
        """A copy with other values; what was worked out from the old ones is not taken along."""
        copied = super().model_copy(update=update, deep=deep)
        copied.__dict__.pop("feed_by_url", None)
        return copied

    @cached_property
    def feed_by_url(self) -> Mapping[str, FeedConfig]:
        """Every configured feed by its URL."""
        return {feed.url: feed for feed in self.feeds}
