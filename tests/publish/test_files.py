"""Static files: complete, compressed beside, and written only when their bytes change."""

from __future__ import annotations

import gzip
import os
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from lxml import etree

from aggregator.config import OutputConfig
from aggregator.publish import files
from aggregator.publish.files import write_if_changed, write_output
from aggregator.publish.items.story import story_id
from aggregator.publish.source import Withdrawn

from .memory_source import MemorySource
from .samples import NOW, SITE, sample_stories, story
from .strict import A, check

OUTPUT = OutputConfig(slug="harbour", topics=("harbour-safety",), files_url="https://static.example.org/f")
NAMES = {f"harbour.{form}{gz}" for form in ("atom", "rss", "json") for gz in ("", ".gz")}


def test_files_are_complete_and_valid(tmp_path: Path) -> None:
    folder = tmp_path / "not" / "yet"
    written = write_output(MemorySource(sample_stories()), OUTPUT, folder, now=NOW, site=SITE)
    assert all(one.changed for one in written)
    assert {path.name for path in folder.iterdir() if path.is_file()} == NAMES
    assert {path for path in folder.rglob("*") if path.is_file()} == {one.path for one in written}
    for form in ("atom", "rss", "json"):
        body = (folder / f"harbour.{form}").read_bytes()
        assert check(form, body, now=NOW, url=f"https://static.example.org/f/harbour.{form}") == []
        assert gzip.decompress((folder / f"harbour.{form}.gz").read_bytes()) == body
        assert f"https://static.example.org/f/harbour.{form}".encode() in body
        assert b"/feedback/" not in body
        assert b"archive=" not in body
        assert (folder / f"harbour.{form}").stat().st_mode & 0o777 == 0o644


def test_unchanged_files_are_not_touched(tmp_path: Path) -> None:
    source = MemorySource(sample_stories())
    write_output(source, OUTPUT, tmp_path, now=NOW, site=SITE)
    every = [path for path in tmp_path.rglob("*") if path.is_file()]
    for path in every:
        os.utime(path, (1, 1))
    again = write_output(source, OUTPUT, tmp_path, now=NOW + timedelta(minutes=30), site=SITE)
    assert len(again) == len(every)
    assert not any(one.changed for one in again)
    assert {path.stat().st_mtime for path in every} == {1}
    source.put(replace(story(1), title="Changed"))
    changed = write_output(source, OUTPUT, tmp_path, now=NOW, site=SITE)
    assert {one.path.name for one in changed if one.changed} == NAMES | named("2026-11-23T11")


def named(key: str) -> set[str]:
    return {f"{key}.{form}{gz}" for form in ("atom", "rss", "json") for gz in ("", ".gz")}


def history(days: int) -> MemorySource:
    """A story every six hours, for so many days."""
    return MemorySource([story(hours) for hours in range(1, 24 * days, 6)])


def follow(folder: Path, rel: str = "prev-archive") -> dict[str, list[str]]:
    """By URL, the ids met in the documents from the feed along a relation, each document checked."""
    url: str | None = "https://static.example.org/f/harbour.atom"
    met: dict[str, list[str]] = {}
    while url is not None:
        body = (folder / url.removeprefix("https://static.example.org/f/")).read_bytes()
        assert check("atom", body, now=NOW + timedelta(days=9), url=url) == []
        root = etree.fromstring(body)
        met[url] = [entry.text for entry in root.iterfind(f"{A}entry/{A}id")]
        links = {link.get("rel"): link.get("href") for link in root.iterfind(f"{A}link")}
        assert links.get("current", url) == "https://static.example.org/f/harbour.atom"
        url = links.get(rel)
    return met


def test_archives_beside_the_files_hold_the_whole_history(tmp_path: Path) -> None:
    source = history(5)
    output = OUTPUT.model_copy(update={"limit": 3})
    write_output(source, output, tmp_path, now=NOW, site=SITE)
    met = follow(tmp_path)
    feed, *archived = met.values()
    assert len(feed) == 3
    ids = [item for document in archived for item in document]
    assert sorted(ids) == sorted(story_id(one) for one in source.held), "each story once"
    assert {name.rpartition("/")[2] for name in met} >= {"2026-11-23T11.atom", "2026-11-22.atom"}
    for path in (tmp_path / "harbour").iterdir():
        form = path.name.removesuffix(".gz").rpartition(".")[2]
        body = path.read_bytes() if path.suffix != ".gz" else gzip.decompress(path.read_bytes())
        url = f"https://static.example.org/f/harbour/{path.name.removesuffix('.gz')}"
        assert check(form, body, url=url, withdrawals="withdrawn" in path.name) == [], path.name
    assert b"before=" not in (tmp_path / "harbour.atom").read_bytes(), "no server answers for a page"


def test_archives_beside_the_files_are_bounded(tmp_path: Path) -> None:
    source = history(9)
    output = OUTPUT.model_copy(update={"files_archives": 2})
    write_output(source, output, tmp_path, now=NOW, site=SITE)
    met = list(follow(tmp_path))
    assert met[-1].endswith("/2026-11-21.atom")
    assert (tmp_path / "harbour" / "2026-11-23T11.atom").exists()
    mine = tmp_path / "harbour" / "2026-11-21.txt"
    mine.write_text("not ours")
    later = NOW + timedelta(days=4)
    write_output(source, output, tmp_path, now=later, site=SITE)
    assert list(follow(tmp_path))[-1].endswith("/2026-11-22.atom"), (
        "from the newest story on, no further than two"
    )
    held = {path.name for path in (tmp_path / "harbour").glob("*.atom")}
    assert "2026-11-21.atom" not in held
    assert "2026-11-23T11.atom" not in held, "the day has taken it in"
    assert mine.exists()
    none = OUTPUT.model_copy(update={"files_archives": 0})
    write_output(source, none, tmp_path, now=later + timedelta(days=9), site=SITE)
    assert list(follow(tmp_path)) == ["https://static.example.org/f/harbour.atom"]
    assert {path.name for path in (tmp_path / "harbour").glob("*.atom")} == {"withdrawn.atom"}


def test_archives_are_looked_at_again_each_hour_and_old_ones_each_day(tmp_path: Path) -> None:
    source = history(20)
    write_output(source, OUTPUT, tmp_path, now=NOW, site=SITE)

    def looked_at(now: datetime) -> set[str]:
        written = write_output(source, OUTPUT, tmp_path, now=now, site=SITE, archived=NOW)
        return {one.path.name.partition(".")[0] for one in written} - {"harbour", "withdrawn"}

    assert looked_at(NOW + timedelta(minutes=59)) == set()
    hour = looked_at(NOW + timedelta(hours=1))
    assert hour >= {"2026-11-23T11", "2026-11-22", "2026-11-17"}
    assert "2026-11-15" not in hour
    assert "2026-11-05" in looked_at(NOW + timedelta(days=1))
    # News after a silence: what the feed leads to now is written at once, whatever the hour.
    source.put(replace(story(0, id="new"), first_seen=NOW + timedelta(hours=3)))
    later = NOW + timedelta(hours=3, minutes=1)
    write_output(source, OUTPUT, tmp_path, now=later, site=SITE, archived=later)
    assert "https://static.example.org/f/harbour/2026-11-23T14.atom" in follow(tmp_path)


def test_what_was_withdrawn_is_listed_beside_the_files(tmp_path: Path) -> None:
    source = MemorySource(sample_stories())
    source.withdrawn = [Withdrawn("gone", NOW - timedelta(hours=1), "not relevant", "A ferry")]
    write_output(source, OUTPUT, tmp_path, now=NOW, site=SITE)
    url = "https://static.example.org/f/harbour/withdrawn.atom"
    assert f'href="{url}"'.encode() in (tmp_path / "harbour.atom").read_bytes()
    body = (tmp_path / "harbour" / "withdrawn.atom").read_bytes()
    assert check("atom", body, url=url, withdrawals=True) == []
    assert b"Withdrawn: A ferry" in body


def test_with_a_server_items_link_to_it(tmp_path: Path) -> None:
    output = OUTPUT.model_copy(update={"files_url": ""})
    write_output(
        MemorySource(sample_stories()),
        output,
        tmp_path,
        now=NOW,
        site=SITE,
        feedback=lambda story, topic: {"relevant": f"https://news.example.org/feedback/{story}/relevant"},
    )
    body = (tmp_path / "harbour.atom").read_bytes()
    assert check("atom", body) == []
    assert b"https://news.example.org/feedback/s1/relevant" in body
    assert b"https://news.example.org/feeds/harbour.atom" in body


def test_a_crash_leaves_the_old_file_and_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "harbour.atom"
    write_if_changed(path, b"old")

    def fail(source: str, target: Path) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(files.os, "replace", fail)
    with pytest.raises(OSError, match="disk full"):
        write_if_changed(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]
