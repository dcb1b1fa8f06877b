"""Static files: complete, compressed beside, and written only when their bytes change."""

from __future__ import annotations

import gzip
import os
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from aggregator.config import OutputConfig
from aggregator.publish import files
from aggregator.publish.files import write_if_changed, write_output

from .samples import NOW, SITE, sample_stories, story
from .shelf import MemorySource
from .strict import check

OUTPUT = OutputConfig(slug="harbour", topics=("harbour-safety",), files_url="https://static.example.org/f")
NAMES = {f"harbour.{form}{gz}" for form in ("atom", "rss", "json") for gz in ("", ".gz")}


def test_files_are_complete_and_valid(tmp_path: Path) -> None:
    folder = tmp_path / "not" / "yet"
    written = write_output(MemorySource(sample_stories()), OUTPUT, folder, now=NOW, site=SITE)
    assert all(one.changed for one in written)
    assert {path.name for path in folder.iterdir()} == {one.path.name for one in written} == NAMES
    for form in ("atom", "rss", "json"):
        body = (folder / f"harbour.{form}").read_bytes()
        assert check(form, body) == []
        assert gzip.decompress((folder / f"harbour.{form}.gz").read_bytes()) == body
        assert f"https://static.example.org/f/harbour.{form}".encode() in body
        assert b"/feedback/" not in body
        assert b"archive=" not in body
        assert (folder / f"harbour.{form}").stat().st_mode & 0o777 == 0o644


def test_unchanged_files_are_not_touched(tmp_path: Path) -> None:
    source = MemorySource(sample_stories())
    write_output(source, OUTPUT, tmp_path, now=NOW, site=SITE)
    for path in tmp_path.iterdir():
        os.utime(path, (1, 1))
    again = write_output(source, OUTPUT, tmp_path, now=NOW + timedelta(hours=1), site=SITE)
    assert not any(one.changed for one in again)
    assert {path.stat().st_mtime for path in tmp_path.iterdir()} == {1}
    source.put(replace(story(1), title="Changed"))
    assert all(one.changed for one in write_output(source, OUTPUT, tmp_path, now=NOW, site=SITE))


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
