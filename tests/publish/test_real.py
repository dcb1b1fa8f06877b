"""Outputs of real entries: every kind in every format passes the strict check, pages and archives too."""

from __future__ import annotations

import asyncio
import gzip
import os
import subprocess
import sys
from collections import deque
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest

from aggregator.config.load import load
from aggregator.daemon.publisher import Publisher
from aggregator.pipeline.runtime import Runtime
from aggregator.publish import FORMATS
from aggregator.publish.formats.render import render
from aggregator.publish.gather import gather
from aggregator.publish.parameters import read_parameters
from aggregator.publish.produce import produce
from aggregator.publish.selection import pick, selection_of
from aggregator.publish.source import StorySource
from aggregator.publish.types import Publication
from aggregator.web import feedback_links, make_site

from .strict import check

ROWS = 1000
KINDS = ("near-misses", "alerts", "digest", "health")


@pytest.mark.slow
@pytest.mark.reference
def test_real_entries_make_valid_outputs(reference_data: Path, root: Path, tmp_path: Path) -> None:
    settings = (
        (root / "config.toml").read_text("utf-8").replace("[store]\n", f'[store]\npath = "{tmp_path}/a.db"\n')
    )
    for kind in KINDS:
        settings += f'\n[[outputs]]\nslug = "x-{kind}"\nkind = "{kind}"\n'
    settings += '\n[[outputs]]\nslug = "x-entries"\nunit = "entry"\nlimit = 20\n'
    config = tmp_path / "config.toml"
    config.write_text(settings, "utf-8")
    with gzip.open(reference_data / "entries" / "stream-2025.jsonl.gz", "rt", encoding="utf-8") as stream:
        rows = deque(stream, ROWS)
    (tmp_path / "rows.jsonl").write_text("".join(rows), "utf-8")
    subprocess.run(
        [
            sys.executable,
            "-c",
            "from aggregator.cli.app import main; main()",
            "import",
            str(tmp_path / "rows.jsonl"),
        ],
        env={**os.environ, "AGGREGATOR_CONFIG": str(config)},
        check=True,
        capture_output=True,
        timeout=240,
    )
    asyncio.run(_check_all(config))


async def _check_all(config: Path) -> None:
    async with Runtime(load(config)) as runtime:
        source = Publisher(runtime).source
        site = make_site(source, runtime.config.web)
        links = feedback_links(source, site)
        now = runtime.clock.now()
        filled = 0
        for output in runtime.config.outputs:
            query, seen = "", []
            for _ in range(100):
                request = read_parameters(parse_qsl(query), output, now)
                feed = produce(source, output, Publication(site, feedback=links), request, now=now)
                for form in FORMATS:
                    wrong = check(form, render(feed, form), now=now, url=feed.url(form))
                    assert wrong == [], (output.slug, form, query)
                seen += [item.id for item in feed.items]
                filled += bool(feed.items)
                if feed.paging.next is None:
                    break
                query = feed.paging.next
            archive = produce(source, output, Publication(site), now=now).paging.prev_archive
            for _ in range(3):
                if archive is None:
                    break
                request = read_parameters(parse_qsl(archive), output, now)
                feed = produce(source, output, Publication(site, feedback=links), request, now=now)
                for form in FORMATS:
                    assert check(form, render(feed, form), now=now, url=feed.url(form)) == [], archive
                archive = feed.paging.prev_archive
            if output.kind == "stories" and output.unit == "entry":
                assert len(seen) == len(set(seen)), "no entry on two pages"
        assert filled >= 5
        _check_selections(runtime, source)


def _check_selections(runtime: Runtime, source: StorySource) -> None:
    """What the store finds for a selection is what a look at every story finds."""
    every = list(runtime.store.selection.walk())
    first_seen = sorted(one.first_seen for one in every)
    middle = first_seen[len(first_seen) // 2]
    changes: tuple[dict[str, Any], ...] = (
        {},
        {"order": "published"},
        {"order": "score"},
        {"min_score": 0.9, "languages": ("ko",)},
        {"states": ("confirmed", "reported-by-several")},
        {"facets": ("nuclear", "diplomacy")},
        {"since": middle},
        {"span": (middle - timedelta(minutes=1), middle), "order": "published"},
        {"limit": 7},
    )
    for output in runtime.config.outputs:
        base = selection_of(output, runtime.clock.now())
        for change in changes:
            selection = replace(base, **change)
            found, _ = gather(source, output, selection, None)
            assert found == pick(every, selection), (output.slug, change)
