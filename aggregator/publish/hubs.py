"""WebSub hubs: which documents of an output they are told of, and so which of them name a hub. Pure."""

from __future__ import annotations

from urllib.parse import quote

from aggregator.config.outputs import OutputConfig
from aggregator.publish.types import FORMATS, Site


def hubs_of(output: OutputConfig) -> tuple[str, ...]:
    """Return the hubs that are pinged when the output changes."""
    return tuple(dict.fromkeys(push.url for push in output.push if push.kind == "websub"))


def told_bases(output: OutputConfig, site: Site) -> tuple[str, ...]:
    """Return the URLs, without extension, of the documents that the output's hubs are told of.

    A document elsewhere must name no hub: who subscribes to it there would never hear anything.
    """
    if output.private_env:
        return ()  # their addresses are secrets
    own = (f"{site.base_url}/feeds/{quote(output.slug)}",) if site.served else ()
    files = (f"{output.files_url.rstrip('/')}/{output.slug}",) if output.files and output.files_url else ()
    return tuple(dict.fromkeys(own + files))


def told_documents(output: OutputConfig, site: Site) -> tuple[str, ...]:
    """Return the URLs that a ping names."""
    return tuple(f"{base}.{form}" for base in told_bases(output, site) for form in FORMATS)
