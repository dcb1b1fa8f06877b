"""A config.toml for the demo site: its feeds and outlets, with the topics of the shipped configuration."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import tomlkit

from aggregator.cli.demo.site import DemoSite
from aggregator.core.errors import ConfigError

SHIPPED = Path(__file__).parents[3] / "config.toml"
WRITTEN_FOR_DEMO = "# Written for the demo.\n"
"""How a demo's configuration begins."""


def config_text(site: DemoSite, port: int, state_dir: Path, *, shipped: Path = SHIPPED) -> str:
    """The text of a config.toml that polls `site` (running) and serves on loopback at `port`.

    `[entities]` and `[topics]` come from `shipped`, and there is one output a topic; the database goes to
    `state_dir`. Raises ConfigError when `shipped` cannot be read.
    """
    topics = _topics(shipped)
    slugs = list(topics.get("topics", {}))
    document: dict[str, Any] = {
        # Everything is on one host and means to be polled often, so none of the usual courtesies apply.
        "poll": {"tick": "1s", "floor": "5s", "ceiling": "30s", "jitter": 0, "per_host_gap": "0s"},
        "store": {"path": str(state_dir / "aggregator.db")},
        "web": {"host": "127.0.0.1", "port": port},
        "outputs": [
            *([{"slug": slug, "topics": [slug]} for slug in slugs] or [{"slug": "everything"}]),
            {"slug": "health", "title": "Feed health", "kind": "health"},
        ],
        "feeds": site.feeds,
        "origins": {outlet.origin: _origin(site, outlet.origin) for outlet in site.outlets},
        **topics,
    }
    return WRITTEN_FOR_DEMO + tomlkit.dumps(document)


def _topics(shipped: Path) -> dict[str, Any]:
    try:
        tables = tomllib.loads(shipped.read_text("utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise ConfigError([f"{shipped}: the demo takes its topics from there: {error}"]) from error
    return {key: tables[key] for key in ("entities", "topics") if key in tables}


def _origin(site: DemoSite, slug: str) -> dict[str, Any]:
    outlets = [outlet for outlet in site.outlets if outlet.origin == slug]
    names = dict.fromkeys(alias for outlet in outlets for alias in outlet.aliases)
    first = outlets[0]
    return {"name": first.name, "kind": first.kind, "country": first.country, "aliases": list(names)}
