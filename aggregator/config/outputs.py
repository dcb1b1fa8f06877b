"""Settings of what we emit: `[[outputs]]` and `[web]`."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from aggregator.config.values import Section, Slug


class OutputConfig(Section):
    """One feed that people subscribe to."""

    slug: Slug = Field(description="Names the output in its URL: `/feeds/<slug>.atom`, `.rss` and `.json`.")
    title: str = Field("", description="Title of the feed. Empty: the titles of its topics.")
    description: str = Field("", description="One sentence about the feed.")
    topics: tuple[str, ...] = Field(
        (), description="Slugs of the topics whose stories it holds. Empty: all stories of all topics."
    )
    limit: int = Field(100, ge=1, le=1000, description="Most items in the feed document.")
    files: str = Field(
        "",
        description="Directory to write `<slug>.atom`, `.rss` and `.json` to, for a web server of your own. Empty: none.",
    )


class WebConfig(Section):
    """The web server that serves the outputs."""

    host: str = Field(
        "127.0.0.1", description="Address to listen on. Anything beyond loopback needs a credential."
    )
    port: int = Field(8080, ge=0, le=65535, description="Port to listen on. 0: any free one.")
    base_url: str = Field(
        "",
        description="The URL under which readers reach this server, when it is behind a proxy. Empty: `http://HOST:PORT`.",
    )
    enabled: bool = Field(True, description="False: no web server; outputs only as files.")
    log_level: Literal["debug", "info", "warning"] = Field(
        "warning", description="Least severe message of the web server that is logged."
    )
