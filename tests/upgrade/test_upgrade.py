"""A folder that version 0.1 wrote (configuration, database, model) is opened by this version, and nothing is lost.

`v0.1.tar.xz` was made by that version itself: twelve invented feeds polled through all their instalments, 209
imported entries, 147 judgements, a trained model, one story split and two merged; and what it exported of them.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
import tarfile
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.world import cli, daemon, free_port

KINDS = ("entries", "stories", "labels")
KEY = {"entries": ("id",), "stories": ("id",), "labels": ("id", "story", "topic", "a", "b", "at")}


@pytest.fixture
def installation(tmp_path: Path) -> Path:
    """The old installation, unpacked; its feeds answer no more. Returns the configuration's path."""
    with tarfile.open(Path(__file__).parent / "v0.1.tar.xz") as archive:
        archive.extractall(tmp_path, filter="data")
    path = tmp_path / "config.toml"
    text = path.read_text("utf-8")
    # However late this test is run, nothing is old enough to be deleted.
    text = text.replace('path = "aggregator.db"', f'path = "{tmp_path}/aggregator.db"\nretention = "36500d"')
    path.write_text(text, "utf-8")
    return path


def rows(text: str, kind: str) -> dict[tuple[Any, ...], dict[str, Any]]:
    read = [json.loads(line) for line in text.splitlines()]
    return {tuple(row.get(name) for name in KEY[kind]): row for row in read}


def held(old: Any, new: Any) -> bool:
    """Whether all that was there is there still, unchanged; more may have come beside it."""
    if isinstance(old, dict) and isinstance(new, dict):
        return all(key in new and held(value, new[key]) for key, value in old.items())
    if isinstance(old, list) and isinstance(new, list):
        return len(old) == len(new) and all(map(held, old, new))
    return bool(old == new)


def exported(config: Path, kind: str) -> dict[tuple[Any, ...], dict[str, Any]]:
    return rows(cli("export", kind, config=config).stdout, kind)


def test_the_old_configuration_is_valid(installation: Path) -> None:
    said = cli("check", config=installation)
    assert "mistake" not in said.stdout + said.stderr


def test_all_that_was_stored_is_exported_as_before(installation: Path) -> None:
    for kind in KINDS:
        before = rows((installation.parent / f"{kind}.jsonl").read_text("utf-8"), kind)
        after = exported(installation, kind)
        assert len(before) > 100
        assert set(before) == set(after)
        changed = [key for key, row in before.items() if not held(row, after[key])]
        assert changed == [], f"{kind} that came out otherwise than they went in"


def test_a_daemon_started_on_it_goes_on_where_the_old_one_stopped(installation: Path) -> None:
    before = {kind: exported(installation, kind) for kind in KINDS}
    port = free_port()
    text = installation.read_text("utf-8")
    installation.write_text(text.replace("port = 8099", f"port = {port}"), "utf-8")
    with daemon(installation, port=port) as running:
        running.wait(lambda: running.text().count('"polled"') >= 1, "the first polls")
        running.wait(lambda: '"trained"' in running.text(), "the old model to be fitted anew", timeout=120)
        running.wait(lambda: "classified stored entries anew" in running.text(), "labels by the new model")
        status, _, body = running.get("/feeds/korean-peninsula-security.json")
        assert status == 200
        assert len(json.loads(body)["items"]) > 20
        log = running.text()
    assert "Traceback" not in log
    assert '"level": "error"' not in log
    after = {kind: exported(installation, kind) for kind in KINDS}
    assert set(after["entries"]) == set(before["entries"])
    assert set(after["stories"]) == set(before["stories"])
    assert after["labels"] == before["labels"]
    for key, story in before["stories"].items():
        assert [e["id"] for e in story["entries"]] == [e["id"] for e in after["stories"][key]["entries"]]
    with sqlite3.connect(installation.parent / "aggregator.db") as connection:
        assert connection.execute("pragma integrity_check").fetchone() == ("ok",)
        known = connection.execute("select count(*) from feeds where etag is not null").fetchone()
    assert known[0] >= 10, "validators of feeds survive, so that nothing is fetched twice"


def test_a_copy_is_kept_where_a_migration_changes_data(installation: Path) -> None:
    shutil.copy(installation.parent / "aggregator.db", installation.parent / "before.db")
    cli("stories", config=installation)
    with sqlite3.connect(installation.parent / "before.db") as connection:
        (old,) = connection.execute("select version_num from alembic_version").fetchone()
    with sqlite3.connect(installation.parent / "aggregator.db") as connection:
        (new,) = connection.execute("select version_num from alembic_version").fetchone()
    assert new != old, "this version has migrations of its own"
    (copy,) = installation.parent.glob("aggregator.db.before-*")
    with sqlite3.connect(copy) as connection:
        assert connection.execute("select version_num from alembic_version").fetchone() == (old,)
