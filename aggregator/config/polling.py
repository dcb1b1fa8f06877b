"""Settings of fetching: `[http]`, `[poll]` and `[[feeds]]`."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

from pydantic import Field

from aggregator.config.values import Duration, Section, Size

FeedKind = Literal[
    "agency", "newspaper", "broadcaster", "state-media", "government", "think-tank", "magazine", "blog", ""
]

LONGEST_NAME = 300
"""Characters of a feed's title, and of what else is shown in a line."""


class HttpConfig(Section):
    """How we appear to servers and what we accept from them."""

    contact: str = Field(
        "",
        pattern=r"^[^\x00-\x1f\x7f]*$",
        description="URL or mail address put into the User-Agent, so that a site's administrator can reach you.",
    )
    user_agent: str = Field(
        "",
        pattern=r"^[^\x00-\x1f\x7f]*$",
        description="Replaces the whole User-Agent. Empty: `aggregator/VERSION (+CONTACT)`.",
    )
    timeout: Duration = Field(
        timedelta(seconds=30), description="Cap on one whole exchange, slow drips included."
    )
    connect_timeout: Duration = Field(timedelta(seconds=10), description="Cap on connecting.")
    max_size: Size = Field(10 * 1024**2, gt=0, description="Cap on a document after decompression.")
    max_redirects: int = Field(5, ge=0, le=20, description="Longest chain of redirects followed.")
    allow_private: bool = Field(
        False,
        description="Fetch from loopback, private and link-local addresses too. Only for feeds inside your own network.",
    )
    proxy: str = Field(
        "", description="HTTP proxy URL for all requests. Empty: none; the environment is not consulted."
    )


class PollConfig(Section):
    """When feeds are polled and how many at once."""

    tick: Duration = Field(
        timedelta(seconds=10), description="How often the daemon looks for feeds that are due."
    )
    floor: Duration = Field(timedelta(minutes=15), description="Shortest time between two polls of one feed.")
    ceiling: Duration = Field(
        timedelta(hours=24), description="Longest time between two polls of one feed, also when it fails."
    )
    jitter: float = Field(
        0.1, ge=0, le=0.5, description="Share of the interval by which due times are spread."
    )
    concurrency: int = Field(200, ge=1, le=5000, description="Requests under way at once, over all hosts.")
    per_host_gap: Duration = Field(
        timedelta(seconds=1),
        description="Pause between two requests to one host; there is never more than one at a time.",
    )
    retry_after_host: bool = Field(
        False, description="Let one feed's Retry-After hold back every feed of the same host."
    )
    failing_after: int = Field(
        3,
        ge=1,
        le=100,
        description="Polls that must fail in a row before a feed counts as failing and an alarm is raised.",
    )
    batch: int = Field(200, ge=1, le=5000, description="Most feeds taken in one step.")
    daily_entries: int = Field(
        5000,
        ge=100,
        description="New entries of one feed that are stored in a day, its first document's apart. The largest of eleven "
        "outlets brought 332 on its fullest day in a year.",
    )
    daily_text: Size = Field(
        100 * 1024**2,
        gt=0,
        description="Full text of one feed that is stored in a day; entries beyond it keep title, summary and link.",
    )
    workers: int = Field(
        2,
        ge=0,
        le=64,
        description="Worker processes for parsing and classifying. 0: in the daemon's own process.",
    )


class FeedConfig(Section):
    """One feed to poll."""

    url: str = Field(
        description="Address of the feed. It is also the feed's identity: changing it makes a new feed."
    )
    title: str = Field(
        "",
        max_length=LONGEST_NAME,
        pattern=r"^[^\x00-\x1f\x7f]*$",
        description="Name shown to people. Empty: the feed's own title.",
    )
    origin: str = Field(
        "",
        max_length=LONGEST_NAME,
        description="Slug of the outlet; feeds of one outlet share it. Empty: the host name.",
    )
    kind: FeedKind = Field(
        "",
        description="What the outlet is: agency, newspaper, broadcaster, state-media, government, think-tank, magazine or blog.",
    )
    country: str = Field(
        "", pattern=r"^([A-Z]{2})?$", description="ISO 3166 code of the outlet's country, such as KR."
    )
    language: str = Field(
        "",
        pattern=r"^([a-z]{2,3})?$",
        description="ISO 639 code of the feed's language, such as ko. Empty: detected.",
    )
    folder: str = Field("", max_length=LONGEST_NAME, description="Folder in OPML exports.")
    enabled: bool = Field(True, description="False keeps the feed and its history but polls it no more.")
    interval: Duration | None = Field(
        None,
        description="Fixed time between polls instead of adapting, even below poll.floor or above poll.ceiling. What the server asks for still wins.",
    )
    full_text: bool = Field(
        False,
        description="Fetch each entry's page once (robots.txt obeyed) to classify and search its full text.",
    )
    allow_private: bool = Field(
        False, description="This feed may be at a loopback, private or link-local address."
    )
    username: str = Field("", description="User name for HTTP basic authentication.")
    password_env: str = Field(
        "", description="Name of the environment variable or systemd credential that holds the password."
    )
    header: str = Field(
        "",
        pattern=r"^[!#$%&'*+.^_`|~0-9A-Za-z-]*$",
        description="Name of a header to send with a secret value, such as Authorization.",
    )
    header_env: str = Field(
        "",
        description="Name of the environment variable or systemd credential that holds the header's value.",
    )
