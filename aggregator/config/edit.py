"""Adds and removes feeds in config.toml, leaving everything else as it was written.

Feeds are put in and cut out as lines of text, in the form that the file has, `[[feeds]]` tables or one list
`feeds = [...]`: a TOML library that rewrites the document would move the comment that heads the next part of
the file. What comes out is parsed again before it is written, and must hold exactly the old settings and the change.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from typing import Any

import tomlkit

from aggregator.config.inline_list import InlineList, cut_item, find_list, insert_item
from aggregator.config.polling import FeedConfig
from aggregator.config.read_file import read_bytes
from aggregator.config.secrets import mask
from aggregator.config.toml_lines import Document, TomlSyntaxError
from aggregator.config.urls import feed_key, url_mistake
from aggregator.config.values import format_duration
from aggregator.core.errors import ConfigError, NotFound

_LINE = re.compile(r"[^\n]*\n|[^\n]+")


def add_feed(path: Path, feed: FeedConfig, *, others: Iterable[FeedConfig] = ()) -> None:
    """Write `feed` behind the last one of the file at `path`, atomically. `others`: feeds known from other files.

    Raises ConfigError when its URL cannot be polled or is there already, or the file is not TOML.
    """
    text, document = _read(path)
    if wrong := url_mistake(feed.url):
        raise ConfigError([f"the feed's URL {wrong}"])
    there = [_key(one) for one in _feeds(document)]
    if (key := feed_key(feed.url)) in there:
        index = there.index(key)
        line = document.line(("feeds", index, "url"))
        raise ConfigError([f"{path}:{line}: this feed is there already: {mask(feed.url)}"])
    if key in {feed_key(one.url) for one in others}:
        raise ConfigError([f"{mask(feed.url)}: this feed is there already, in a file that {path} names"])
    settings = _settings(feed)
    if inline := _inline(text, document):
        pairs = (f"{key} = {tomlkit.item(value).as_string()}" for key, value in settings.items())
        changed = insert_item(text, inline, f"{{ {', '.join(pairs)} }}")
    else:
        changed = _with_table(text, document, settings)
    _write(path, changed, text, {**document.data, "feeds": [*_feeds(document), settings]})


def remove_feed(path: Path, url: str) -> None:
    """Cut the feed at `url` out of the file at `path`, atomically; comments around it stay.

    Raises NotFound when the file has no such feed (it may come from another file), ConfigError as above.
    """
    text, document = _read(path)
    index = _index(document, url)
    if index is None:
        raise NotFound(
            f"{path} has no feed {mask(url)}; one from an OPML file or an included file is removed there"
        )
    rest = [feed for other, feed in enumerate(_feeds(document)) if other != index]
    data = {key: value for key, value in document.data.items() if key != "feeds"}
    inline = _inline(text, document)
    changed = cut_item(text, inline, index) if inline else _without_table(text, document, index)
    _write(path, changed, text, {**data, "feeds": rest} if rest or inline else data)


def _inline(text: str, document: Document) -> InlineList | None:
    """Where the feeds stand as one list; None where they are tables, or there are none."""
    if "feeds" not in document.data:
        return None
    return find_list(text, "feeds", document.line(("feeds",)))


def _with_table(text: str, document: Document, settings: dict[str, Any]) -> str:
    feeds, lines = _feeds(document), _LINE.findall(text)
    at = document.last_line(("feeds", len(feeds) - 1)) if feeds else len(lines)
    if lines and not lines[at - 1].endswith("\n"):
        lines[at - 1] += "\n"
    lines[at:at] = ["\n", "[[feeds]]\n", tomlkit.dumps(settings)]
    return "".join(lines)


def _without_table(text: str, document: Document, index: int) -> str:
    lines = _LINE.findall(text)
    first, last = document.line(("feeds", index)) - 1, document.last_line(("feeds", index))
    if first and not lines[first - 1].strip() and not "".join(lines[last : last + 1]).strip():
        first -= 1  # of the blank lines before and after, one is enough
    del lines[first:last]
    return "".join(lines)


def _read(path: Path) -> tuple[str, Document]:
    try:
        text = read_bytes(path).decode("utf-8")
        return text, Document(text)
    except OSError as error:
        raise ConfigError([f"{path}: cannot be read: {error.strerror}"]) from error
    except UnicodeDecodeError as error:
        raise ConfigError([f"{path}: is not UTF-8"]) from error
    except TomlSyntaxError as error:
        raise ConfigError([f"{path}:{error.line}: is not TOML: {error}"]) from error


def _feeds(document: Document) -> list[Any]:
    feeds = document.data.get("feeds", [])
    return feeds if isinstance(feeds, list) else []


def _key(feed: Any) -> str:
    url = feed.get("url") if isinstance(feed, dict) else None
    return feed_key(url) if isinstance(url, str) else ""


def _index(document: Document, url: str) -> int | None:
    feeds = _feeds(document)
    return next((i for i, one in enumerate(feeds) if isinstance(one, dict) and one.get("url") == url), None)


def _settings(feed: FeedConfig) -> dict[str, Any]:
    """What differs from the defaults, as TOML values."""
    settings = feed.model_dump(exclude_defaults=True)
    return {
        key: format_duration(value) if isinstance(value, timedelta) else value
        for key, value in settings.items()
    }


def _write(path: Path, text: str, before: str, expected: dict[str, Any]) -> None:
    if "\r\n" in before:
        text = re.sub(r"\r?\n", "\r\n", text)
    try:
        unharmed = Document(text).data == expected
    except TomlSyntaxError:
        unharmed = False
    if not unharmed:
        raise ConfigError(
            [f"{path}: its feeds are written in a way that cannot be edited by program; edit by hand"]
        )
    target = path.resolve()  # a symbolic link stays one
    mode = target.stat().st_mode & 0o7777
    handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(text.encode())
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).chmod(mode)
        Path(temporary).replace(target)
    except OSError as error:
        Path(temporary).unlink(missing_ok=True)
        raise ConfigError([f"{path}: cannot be written: {error.strerror}"]) from error
