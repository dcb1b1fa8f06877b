"""Settings of what we emit: `[[outputs]]` and `[web]`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from aggregator.config.polling import FeedKind
from aggregator.config.push import Pushes
from aggregator.config.values import Duration, Section, Slug

OutputKind = Literal["stories", "digest", "near-misses", "health", "alerts"]
StateName = Literal["single-source", "state-media-only", "reported-by-several", "confirmed"]
PrefixKey = Literal["single-source", "state-media-only", "reported-by-several", "confirmed", "burst"]
LanguageCode = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}$")]
CountryCode = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]

_PREFIXES: Mapping[PrefixKey, str] = {"state-media-only": "State media only"}


class OutputConfig(Section):
    """One feed that people subscribe to."""

    slug: Slug = Field(description="Names the output in its URL: `/feeds/<slug>.atom`, `.rss` and `.json`.")
    title: str = Field("", description="Title of the feed. Empty: the titles of its topics.")
    description: str = Field("", description="One sentence about the feed.")
    kind: OutputKind = Field(
        "stories",
        description="stories: what belongs to the topics. digest: one item a day or week, grouped by facet. "
        "near-misses: stories that scored just below the threshold. health: feeds that need attention. "
        "alerts: only bursts and changes of corroboration.",
    )
    topics: tuple[str, ...] = Field(
        (), description="Slugs of the topics whose stories it holds. Empty: all stories of all topics."
    )
    facets: tuple[str, ...] = Field((), description="Only stories with one of these facets. Empty: all.")
    languages: tuple[LanguageCode, ...] = Field(
        (), description="Only stories with an entry in one of these languages (ISO 639 codes). Empty: all."
    )
    kinds: tuple[FeedKind, ...] = Field(
        (), description="Only stories with an entry from one of these kinds of outlet. Empty: all."
    )
    countries: tuple[CountryCode, ...] = Field(
        (), description="Only stories with an entry from an outlet in one of these countries. Empty: all."
    )
    states: tuple[StateName, ...] = Field(
        (), description="Only stories whose corroboration stands at one of these states. Empty: all."
    )
    min_score: float = Field(
        0.0, ge=0, le=1, description="Only stories that score at least this, on top of the topic's threshold."
    )
    since: Duration | None = Field(
        None, description="Only stories that changed within this time. Empty: as many as `limit` allows."
    )
    unit: Literal["story", "entry"] = Field(
        "story", description="One item a story, updated in place, or one item for each entry of the stories."
    )
    order: Literal["changed", "published", "score"] = Field(
        "changed",
        description="What stands first: the latest change, the latest publication or the best score.",
    )
    limit: int = Field(100, ge=1, le=1000, description="Most items in the feed document.")
    near_margin: float = Field(
        0.15, gt=0, le=1, description="near-misses only: how far below the threshold a score may lie."
    )
    digest_every: Literal["day", "week"] = Field(
        "day", description="digest only: a digest each day, or each week on Monday."
    )
    digest_at: str = Field(
        "06:00",
        pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$",
        description="digest only: the time of day (UTC) at which a digest closes.",
    )
    archive: Literal["day", "week", "month", "none"] = Field(
        "day",
        description="The largest span of time in one archive document (RFC 5005); archives complete the feed. none: no archives.",
    )
    withdrawals: Literal["linked", "inline"] = Field(
        "linked",
        description="Where Atom lists stories that were taken out (RFC 6721). linked: in a document of their own that the feed "
        "links to. inline: in the feed itself, of which validators warn.",
    )
    title_prefixes: Mapping[PrefixKey, str] = Field(
        default_factory=lambda: _PREFIXES,
        description='Words put in brackets before a title, by corroboration state or "burst". '
        "An empty table: no prefixes.",
    )
    feedback: bool = Field(
        True, description='Put the links "Relevant", "Not relevant" and "Wrong story" into each item.'
    )
    folder: str = Field("", description="Folder of the output in the OPML list. Empty: none.")
    language: LanguageCode = Field("en", description="Language of the feed's own words (ISO 639 code).")
    private_env: str = Field(
        "",
        description="Name of the environment variable or systemd credential that holds a secret token. "
        "The output is then served at `/feeds/<token>/<slug>.atom` and listed nowhere. Empty: not private.",
    )
    files: str = Field(
        "",
        description="Directory to write `<slug>.atom`, `.rss` and `.json` to, for a web server of your own. Empty: none.",
    )
    files_url: str = Field(
        "",
        pattern=r"^(https?://\S+)?$",
        description="URL under which that web server serves the directory. Empty: the URL of the built-in server.",
    )
    files_archives: int = Field(
        60,
        ge=0,
        le=1000,
        description="Most archive documents of the size that `archive` names which are written beside the files, "
        "where `files_url` is set. 0: none.",
    )
    push: Pushes = Field(
        (),
        description="Channels by which changes are sent out, each a table `[[outputs.push]]`. Empty: none.",
    )


class WebConfig(Section):
    """The web server that serves the outputs."""

    host: str = Field(
        "127.0.0.1", description="Address to listen on. Anything beyond loopback needs a credential."
    )
    port: int = Field(8080, ge=0, le=65535, description="Port to listen on. 0: any free one.")
    base_url: str = Field(
        "",
        pattern=r"^(https?://\S+)?$",
        description="The URL under which readers reach this server, when it is behind a proxy. Empty: `http://HOST:PORT`.",
    )
    enabled: bool = Field(True, description="False: no web server; outputs only as files.")
    title: str = Field(
        "Aggregator", description="Name of this installation, shown on its pages and in its feeds."
    )
    username: str = Field(
        "", description="User name for HTTP basic authentication of everything except private URLs."
    )
    password_env: str = Field(
        "",
        description="Name of the environment variable or systemd credential that holds the password. Empty: no password.",
    )
    rate_limit: int = Field(
        120,
        ge=0,
        le=100_000,
        description="Requests a minute from one address that may cost work. Answers from memory are free. 0: no limit.",
    )
    cache_size: int = Field(
        64,
        ge=1,
        le=4096,
        description="Most feed documents narrowed by URL parameters that are kept in memory, 32 MiB in all; outputs' own have 96 MiB of their own.",
    )
    min_age: Duration = Field(
        timedelta(seconds=30),
        description="Shortest time for which readers may keep a document without asking.",
    )
    max_age: Duration = Field(
        timedelta(minutes=15),
        description="Longest time for which readers may keep a document without asking.",
    )
    cors: tuple[str, ...] = Field(
        ("*",), description="Origins whose scripts may read the JSON feeds. Empty: none."
    )
    log_level: Literal["debug", "info", "warning"] = Field(
        "warning", description="Least severe message of the web server that is logged."
    )
