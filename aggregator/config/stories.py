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
    embedding: str = Field(
        "",
        description="Folder of a static embedding model (`config.json`, `model.safetensors`, `tokenizer.json`): another "
        "opinion on whether texts tell of one event. Needs the extra `embedding`; nothing is ever downloaded. Empty: none.",
    )
    embedding_weight: float = Field(
        2.0,
        ge=0,
        le=10,
        description="How much that opinion counts: what a cosine of 1 more adds to the logarithm of the odds.",
    )
    several: int = Field(
        2, ge=2, le=20, description="Independent origins that make a story `reported-by-several`."
    )
    confirming: int = Field(
        2,
        ge=1,
        le=20,
        description="Independent origins that must report a story before an official source's word makes it `confirmed`.",
    )
    officials: tuple[str, ...] = Field(
        (),
        description="Further bodies whose own statement confirms an event, as texts name them. The usual ones are built in.",
    )
    new_facts: float = Field(
        0.5,
        ge=0,
        le=1,
        description="Share of a report that must be new to the story for subscribers to be told. 1: never told for that.",
    )
    burst: int = Field(
        5,
        ge=2,
        le=1000,
        description="Reports within three hours, from two outlets or more, that can be a burst.",
    )
    usual_growth: float = Field(
        0.3,
        gt=0,
        le=100,
        description="Reports an hour that a story usually gets, for topics with too few stories to have a rate of their own; "
        "a burst is growth that the rate makes unlikely.",
    )
