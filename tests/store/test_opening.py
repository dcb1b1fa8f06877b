"""Opening a database: where it is, migrations with a copy kept, and who else has it."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlmodel import SQLModel

from aggregator.core.errors import StoreError, StoreLocked, StoreVersion
from aggregator.store import DaemonLock, Store, database_path
from aggregator.store.engine import open_engine
from aggregator.store.migrate import alembic_config, migrate


@pytest.mark.parametrize(
    ("configured", "env", "expected"),
    [
        ("/x/y.db", {"STATE_DIRECTORY": "/var/lib/a"}, "/x/y.db"),
        ("", {"STATE_DIRECTORY": "/var/lib/a:/var/lib/b", "XDG_DATA_HOME": "/d"}, "/var/lib/a/aggregator.db"),
        ("", {"XDG_DATA_HOME": "/d"}, "/d/aggregator/aggregator.db"),
        ("", {"HOME": "/home/u"}, "/home/u/.local/share/aggregator/aggregator.db"),
    ],
)
def test_where_the_database_is(configured: str, env: dict[str, str], expected: str) -> None:
    assert database_path(configured, env) == Path(expected)


def test_the_migrations_make_what_the_tables_say(tmp_path: Path) -> None:
    engine = open_engine(tmp_path / "a.db")
    migrate(engine, tmp_path / "a.db", backups=1)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"render_as_batch": True})
        assert compare_metadata(context, SQLModel.metadata) == []
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
    engine.dispose()


def test_a_database_that_is_up_to_date_is_left_alone(tmp_path: Path) -> None:
    for _ in range(2):
        Store.open(tmp_path / "a.db").close()
    assert list(tmp_path.glob("*.before-*")) == []


def test_a_copy_is_kept_before_a_migration_changes_data(tmp_path: Path) -> None:
    """A migration of the test's own stands in for the next one of the project's."""
    path = tmp_path / "a.db"
    Store.open(path).close()
    with sqlite3.connect(path) as connection:
        connection.execute("insert into meta values ('mark', 'before')")
    head = ScriptDirectory.from_config(alembic_config()).get_current_head()
    folder = _with_one_more_migration(tmp_path, str(head))
    engine = open_engine(path)
    config = alembic_config()
    config.set_main_option("version_locations", folder)
    migrate(engine, path, backups=1, config=config)
    engine.dispose()
    (copy,) = tmp_path.glob("a.db.before-*")
    with sqlite3.connect(copy) as connection:
        assert connection.execute("select value from meta where key = 'mark'").fetchone() == ("before",)
    with sqlite3.connect(path) as connection:
        assert connection.execute("select value from meta where key = 'mark'").fetchone() == ("after",)
    with pytest.raises(StoreVersion, match="newer version"):
        Store.open(path)


def _with_one_more_migration(tmp_path: Path, head: str) -> str:
    theirs = Path(alembic_config().get_main_option("script_location") or "") / "versions"
    ours = tmp_path / "versions"
    ours.mkdir()
    (ours / "next.py").write_text(
        f"from alembic import op\nrevision = 'next'\ndown_revision = {head!r}\n\n\n"
        "def upgrade():\n    op.execute(\"update meta set value = 'after'\")\n",
        encoding="utf-8",
    )
    return f"{theirs}:{ours}"


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    path.write_bytes(b"This is not a database at all. " * 100)
    with pytest.raises(StoreError, match="not a database of ours"):
        Store.open(path)
    assert path.read_bytes().startswith(b"This is not")


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match=r"\[store\] path"):
        Store.open(tmp_path / "file" / "a.db")


def test_only_one_daemon_has_the_lock_and_the_kernel_frees_it(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    holder = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import sys; from pathlib import Path; from aggregator.store import DaemonLock\n"
            "lock = DaemonLock(Path(sys.argv[1])); lock.acquire(); print('held', flush=True); sys.stdin.read()",
            str(path),
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(StoreLocked, match=str(holder.pid)):
            DaemonLock(path).acquire()
        holder.kill()
    lock = DaemonLock(path)
    lock.acquire()
    assert lock.path.read_text() == str(os.getpid())
    lock.release()


def test_by_a_symbolic_link_the_lock_is_the_same(tmp_path: Path) -> None:
    path, link = tmp_path / "a.db", tmp_path / "elsewhere" / "b.db"
    Store.open(path).close()
    link.parent.mkdir()
    link.symlink_to(path)
    lock = DaemonLock(path)
    lock.acquire()
    with pytest.raises(StoreLocked, match=str(os.getpid())):
        DaemonLock(link).acquire()
    lock.release()
    DaemonLock(link).acquire()


def test_a_database_under_two_names_is_refused(tmp_path: Path) -> None:
    path, other = tmp_path / "a.db", tmp_path / "b.db"
    Store.open(path).close()
    other.hardlink_to(path)
    for name in (path, other):
        with pytest.raises(StoreError, match="2 names"):
            Store.open(name)
    other.unlink()
    Store.open(path).close()


@pytest.mark.parametrize(
    "theirs",
    ["create table notes (text)", "create table feeds (id); create table alembic_version (version_num)"],
)
def test_a_database_of_another_program_is_refused_and_left_alone(tmp_path: Path, theirs: str) -> None:
    path = tmp_path / "a.db"
    with sqlite3.connect(path) as connection:
        connection.executescript(theirs)
        connection.execute("pragma user_version = 7")
    connection.close()
    before = path.read_bytes()
    with pytest.raises(
        StoreError, match=r"a\.db is a database of another program \(its tables: .*\[store\] path"
    ):
        Store.open(path)
    assert path.read_bytes() == before
    assert [one.name for one in tmp_path.iterdir()] == ["a.db"]


def test_an_empty_file_becomes_a_database(tmp_path: Path) -> None:
    (tmp_path / "a.db").touch()
    Store.open(tmp_path / "a.db").close()


def test_where_no_copy_can_be_made_nothing_is_changed(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    Store.open(path).close()
    with sqlite3.connect(path) as connection:
        connection.execute("update alembic_version set version_num = '0001'")
    connection.close()
    head = ScriptDirectory.from_config(alembic_config()).get_current_head()
    (tmp_path / f"a.db.before-{head}.part").mkdir()
    with pytest.raises(StoreError, match="backups = 0"):
        Store.open(path)
