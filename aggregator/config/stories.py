"""Settings of grouping and corroboration: `[stories]` and `[origins.<slug>]`."""

from __future__ import annotations

from datetime import timedelta

from pydantic import Field

from aggregator.config.polling import FeedKind
from aggregator.config.values import Duration, Section


class OriginConfig(Section):
    """An outlet: known by its credit lines and domains, also when no feed of its own is configured."""

    name: str = Field("", description="Name shown to people.")
    kind: FeedKind = Field("", description="As under `[[feeds]]`.")
    country: str = Field("", pattern=r"^([A-Z]{2})?$", description="ISO 3166 code.")
    aliases: tuple[str, ...] = Field(
        (), description="Other names it goes by in credit lines and in imported files."
    )
    domains: tuple[str, ...] = Field((), description="Host names of its pages; subdomains are included.")


class StoriesConfig(Section):
    """How entries are joined into stories."""

    window: Duration = Field(
        timedelta(hours=72), description="Reports further apart than this are never joined as one event."
    )
    same_event: bool = Field(
        True, description="Join different texts about one event, not only copies of one text."
    )
    likelihood: float = Field(
        0.42,
        ge=0.05,
        le=0.99,
        description="How likely it must be that an entry reports a story's event for it to join. Higher: smaller, purer stories.",
    )
    merge_likelihood: float = Field(
        0.6,
        ge=0.05,
        le=1,
        description="How likely it must be that two stories are one event for later evidence to merge them. 1: never.",
    )
