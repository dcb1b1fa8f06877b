"""The real flow in this process: real store, real HTTP on loopback, a configuration in a file."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

import pytest

from aggregator.config import Config
from aggregator.config.load import load
from aggregator.pipeline.runtime import Runtime

_T = TypeVar("_T")

CONFIG = """
[poll]
workers = 0
per_host_gap = "0s"

[http]
allow_private = true

[store]
path = "a.db"

[[outputs]]
slug = "launches"
topics = ["launches"]

[entities]
the-north = ["North Korea", "북한"]

[topics.launches]
title = "Launches"
points = 3

[topics.launches.terms]
"@the-north" = 2
"missile(s)" = 2
"미사일" = 2
"""


def write(folder: Path, text: str = CONFIG) -> Config:
    path = folder / "config.toml"
    path.write_text(text, encoding="utf-8")
    return load(path)


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return write(tmp_path)


def run(config: Config, work: Callable[[Runtime], Awaitable[_T]]) -> _T:
    """Open everything, do the work, close everything."""

    async def main() -> _T:
        async with Runtime(config) as runtime:
            return await work(runtime)

    return asyncio.run(main())


def row(name: str, title: str, summary: str = "", **more: Any) -> dict[str, Any]:
    return {
        "id": name,
        "source": "Wire",
        "url": f"https://wire.example/{name}",
        "title": title,
        "summary": summary,
        "published": "2026-03-01T12:00:00Z",
        "lang": "en",
    } | more
