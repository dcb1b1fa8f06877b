"""Somebody deletes the database, or puts a copy in its place, under a running daemon."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from aggregator.config.load import load
from aggregator.core.errors import StoreError
from aggregator.daemon.store_source import StoreSource
from aggregator.pipeline.runtime import Runtime
from aggregator.store import Store

CONFIG = """
[poll]
workers = 0

[store]
path = "a.db"
"""


def _delete(database: Path) -> None:
    database.unlink()


def _replace(database: Path) -> None:
    copy = database.with_name("copy.db")
    shutil.copy(database, copy)
    copy.replace(database)


@pytest.mark.parametrize("happen", [_delete, _replace])
def test_a_database_that_is_gone_is_no_good_health(tmp_path: Path, happen: Callable[[Path], None]) -> None:
    path = tmp_path / "config.toml"
    path.write_text(CONFIG, encoding="utf-8")
    runtime = Runtime(load(path))
    source = StoreSource(runtime)
    assert source.health()["ok"] is True
    happen(tmp_path / "a.db")
    told = source.health()
    assert told["ok"] is False
    assert "deleted or replaced" in told["why"]
    runtime.store.close()


def test_a_database_that_cannot_be_read_is_no_good_health(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text(CONFIG, encoding="utf-8")
    runtime = Runtime(load(path))
    source = StoreSource(runtime)
    runtime.store.close()
    with (tmp_path / "a.db").open("r+b") as file:
        file.write(b"no database any more" * 10_000)
    told = source.health()
    assert told["ok"] is False
    assert "a.db is damaged" in told["why"]
    runtime.store.close()


def test_a_database_that_cannot_be_opened_is_not_called_foreign(tmp_path: Path) -> None:
    folder = tmp_path / "a.db"
    folder.mkdir()  # what root, too, cannot open
    with pytest.raises(StoreError, match="cannot be opened") as caught:
        Store.open(folder)
    assert "move it away" not in str(caught.value)
