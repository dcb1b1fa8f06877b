"""Real readers, driven as a person would: subscribe once, refresh in each cycle, look at what it holds.

A driver's `refresh` returns what the reader shows then: item id to title. `mail` readers only show what is new.
"""

from __future__ import annotations

import email
import importlib.util
import io
import json
import os
import shutil
import sqlite3
import subprocess
import sys
from email.header import decode_header, make_header
from pathlib import Path
from typing import Protocol

from .scenario import Desk

TIMEOUT = 60


class Driver(Protocol):
    """One reader with a home of its own."""

    name: str
    formats: tuple[str, ...]
    """Those the reader understands."""
    only_new: bool
    """Whether it shows new items only."""

    def missing(self) -> str:
        """Why it cannot be used here; empty when it can."""
        ...

    def refresh(self, desk: Desk, slug: str, form: str, home: Path) -> dict[str, str]:
        """Fetch and return what the reader holds of the feed: id to title."""
        ...


def _run(command: list[str], home: Path, stdin: bytes = b"", **env: str) -> bytes:
    environment = {"PATH": os.environ["PATH"], "HOME": str(home), "LANG": "C.UTF-8", "TERM": "xterm", **env}
    done = subprocess.run(
        command, input=stdin, capture_output=True, timeout=TIMEOUT, env=environment, cwd=home, check=False
    )
    if done.returncode:
        raise AssertionError(
            f"{command[0]} ended with {done.returncode}: {done.stderr.decode()[-800:]}{done.stdout.decode()[-400:]}"
        )
    return done.stdout


class _Program:
    program = ""

    def missing(self) -> str:
        return "" if shutil.which(self.program) else f"{self.program} is not installed"


class Newsboat(_Program):
    """newsboat: its cache is an SQLite file."""

    name, program, formats, only_new = "newsboat", "newsboat", ("atom", "rss"), False

    def refresh(self, desk: Desk, slug: str, form: str, home: Path) -> dict[str, str]:
        (home / "urls").write_text(desk.url(slug, form) + "\n")
        (home / "config").write_text("")
        cache = home / "cache.db"
        _run(["newsboat", "-u", "urls", "-C", "config", "-c", str(cache), "-x", "reload"], home)
        with sqlite3.connect(cache) as connection:
            rows = connection.execute("select guid, title from rss_item where deleted = 0").fetchall()
        connection.close()
        assert len({guid for guid, _ in rows}) == len(rows)
        return dict(rows)


class Sfeed(_Program):
    """sfeed: a document in, lines of tab-separated fields out."""

    name, program, formats, only_new = "sfeed", "sfeed", ("atom", "rss"), False

    def refresh(self, desk: Desk, slug: str, form: str, home: Path) -> dict[str, str]:
        lines = _run(["sfeed", desk.url(slug, form)], home, desk.get(slug, form)).decode().splitlines()
        fields = [line.split("\t") for line in lines]
        assert all(row[0].isdigit() for row in fields), "every item has a date that it can read"
        return {row[5]: row[1] for row in fields}


class Rss2Email(_Program):
    """rss2email, delivering into a Maildir; every mail is a new item."""

    name, program, formats, only_new = "rss2email", "r2e", ("atom", "rss"), True

    def refresh(self, desk: Desk, slug: str, form: str, home: Path) -> dict[str, str]:
        base = ["r2e", "-c", str(home / "config"), "-d", str(home / "data")]
        box = home / "mail" / "INBOX"
        if not (home / "config").exists():
            for name in ("new", "cur", "tmp"):
                (box / name).mkdir(parents=True)
            _run([*base, "new", "reader@example.org"], home)
            config = (home / "config").read_text()
            config = config.replace("email-protocol = sendmail", "email-protocol = maildir")
            config = config.replace("maildir-path = ~/Maildir", f"maildir-path = {home / 'mail'}")
            (home / "config").write_text(config)
            _run([*base, "add", "desk", desk.url(slug, form)], home)
        _run([*base, "run"], home)
        found = {}
        for path in sorted((box / "new").iterdir()):
            message = email.message_from_bytes(path.read_bytes())
            found[message["X-RSS-ID"]] = str(make_header(decode_header(message["Subject"])))
            path.rename(box / "cur" / path.name)
        return found


class Feedparser:
    """feedparser, the library."""

    name, formats, only_new = "feedparser", ("atom", "rss"), False

    def missing(self) -> str:
        return ""

    def refresh(self, desk: Desk, slug: str, form: str, home: Path) -> dict[str, str]:
        import feedparser

        parsed = feedparser.parse(io.BytesIO(desk.get(slug, form)))
        assert not parsed.bozo, parsed.get("bozo_exception")
        return {entry.id: entry.title for entry in parsed.entries}


_READER = """
import json, sys
from reader import make_reader
reader = make_reader(sys.argv[1])
reader.add_feed(sys.argv[2], exist_ok=True)
reader.update_feed(sys.argv[2])
print(json.dumps({entry.id: entry.title for entry in reader.get_entries()}))
"""


class ReaderPackage:
    """reader, the library with a database; run by a Python that has it."""

    name, formats, only_new = "reader", ("atom", "rss", "json"), False

    def __init__(self, python: str = "") -> None:
        self._python = python

    def missing(self) -> str:
        if self._python or importlib.util.find_spec("reader"):
            return ""
        return "the Python package reader is not installed"

    def refresh(self, desk: Desk, slug: str, form: str, home: Path) -> dict[str, str]:
        python = self._python or sys.executable
        told = _run([python, "-c", _READER, str(home / "reader.db"), desk.url(slug, form)], home)
        found: dict[str, str] = json.loads(told)
        return found


_RSS_PARSER = """
const Parser = require('rss-parser');
new Parser().parseString(require('fs').readFileSync(0, 'utf8')).then(feed => {
  console.log(JSON.stringify(Object.fromEntries(feed.items.map(item => [item.guid || item.id, item.title]))));
});
"""
_FEEDSMITH = """
const { parseFeed } = require('feedsmith');
const { format, feed } = parseFeed(require('fs').readFileSync(0, 'utf8'));
const items = feed.items || feed.entries;
const text = value => value && typeof value === 'object' ? value.value : value;
console.log(JSON.stringify(Object.fromEntries(items.map(item => [text(item.guid) || text(item.id), text(item.title)]))));
"""


class NodePackage:
    """A library of Node; `modules` is the folder node_modules that has it."""

    only_new = False

    def __init__(self, name: str, script: str, formats: tuple[str, ...], modules: str = "") -> None:
        self.name, self._script, self.formats, self._modules = name, script, formats, modules

    def missing(self) -> str:
        if not shutil.which("node"):
            return "node is not installed"
        return (
            ""
            if self._modules and Path(self._modules, self.name).is_dir()
            else f"the Node package {self.name} is not installed"
        )

    def refresh(self, desk: Desk, slug: str, form: str, home: Path) -> dict[str, str]:
        told = _run(["node", "-e", self._script], home, desk.get(slug, form), NODE_PATH=self._modules)
        found: dict[str, str] = json.loads(told)
        return found


def drivers(python: str = "", modules: str = "") -> tuple[Driver, ...]:
    """Every reader. `python`: one that has `reader`. `modules`: a node_modules folder."""
    return (
        Newsboat(),
        Sfeed(),
        Rss2Email(),
        Feedparser(),
        ReaderPackage(python),
        NodePackage("rss-parser", _RSS_PARSER, ("atom", "rss"), modules),
        NodePackage("feedsmith", _FEEDSMITH, ("atom", "rss", "json"), modules),
    )
