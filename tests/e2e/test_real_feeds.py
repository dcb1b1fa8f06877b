"""Feeds as captured from real sites, served on loopback and polled by the real program."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import time
from pathlib import Path

import pytest

from .world import COMMAND, Folder, cli, served

pytestmark = [pytest.mark.reference, pytest.mark.slow]

_EMPTY = """[poll]
per_host_gap = "0s"

[http]
allow_private = true

[store]
path = "{database}"
"""


def configure(folder: Path, site: Folder) -> Path:
    feeds = "".join(f'\n[[feeds]]\nurl = "{site.url}/{name}"\n' for name in site.files)
    folder.mkdir(exist_ok=True)
    path = folder / "config.toml"
    path.write_text(_EMPTY.format(database=folder / "aggregator.db") + feeds, encoding="utf-8")
    return path


def captured(reference_data: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted((reference_data / "feeds/real").iterdir())}


def held(database: Path) -> set[tuple[str, str, str]]:
    """What is stored, apart from when it was seen: entry, text, and how it was grouped by exact keys."""
    with sqlite3.connect(database) as connection:
        return set(connection.execute("select id, hash, url from entries"))


def count(database: Path, query: str) -> int:
    with sqlite3.connect(database) as connection:
        return int(connection.execute(query).fetchone()[0])


def test_every_feed_is_read_or_refused_with_a_reason_and_a_second_poll_adds_nothing(
    tmp_path: Path, reference_data: Path
) -> None:
    with served(captured(reference_data)) as site:
        config = configure(tmp_path / "a", site)
        first = json.loads(cli("poll", "--json", config=config, timeout=280).stdout)
        assert len(first["feeds"]) == len(site.files)
        for feed in first["feeds"]:
            assert feed["outcome"] in {"new", "unchanged"} or feed["error"], feed
            assert not feed["error"].startswith("crash"), feed
        assert first["new"] > 2000
        entries = count(tmp_path / "a/aggregator.db", "select count(*) from entries")
        second = json.loads(cli("poll", "--json", config=config, timeout=280).stdout)
        assert (second["new"], second["revised"]) == (0, 0)
        assert count(tmp_path / "a/aggregator.db", "select count(*) from entries") == entries
        # What failed to be read is asked for in full again; everything that was read is not even sent again.
        assert second["outcomes"].keys() <= {"not-modified", "unchanged", "failed", "refused"}


def test_killed_in_the_middle_it_ends_with_the_same_entries(tmp_path: Path, reference_data: Path) -> None:
    files = captured(reference_data)
    with served(files) as site:
        calm, killed = tmp_path / "calm", tmp_path / "killed"
        cli("poll", "--json", config=configure(calm, site), timeout=280)
        config = configure(killed, site)
        cut_short = [_poll_and_kill(config, killed / "aggregator.db", wanted) for wanted in (1, 400, 1500)]
        assert any(cut_short), "no run was killed while it wrote"
        cli("poll", "--json", config=config, timeout=280)
        assert held(killed / "aggregator.db") == held(calm / "aggregator.db")
        assert count(killed / "aggregator.db", "select count(*) - count(distinct id) from entries") == 0
        orphans = "select count(*) from entries where story not in (select id from stories)"
        assert count(killed / "aggregator.db", orphans) == 0


def _poll_and_kill(config: Path, database: Path, wanted: int) -> bool:
    """Poll, and kill -9 as soon as that many entries are stored; False when it had ended before."""
    process = subprocess.Popen(
        [*COMMAND, "poll", "--json"],
        env={**os.environ, "AGGREGATOR_CONFIG": str(config)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    end = time.monotonic() + 120
    while process.poll() is None and time.monotonic() < end:
        if database.exists() and _stored(database) >= wanted:
            break
        time.sleep(0.02)
    alive = process.poll() is None
    if alive:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(10)
    return alive


def _stored(database: Path) -> int:
    try:
        return count(database, "select count(*) from entries")
    except sqlite3.Error:
        return 0
