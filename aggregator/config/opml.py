"""Feed lists as OPML (opml.org/spec2.opml): read with titles and folders kept, and written."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lxml import etree

from aggregator.config.polling import FeedConfig
from aggregator.config.read_file import read_bytes
from aggregator.config.report import Findings
from aggregator.config.secrets import mask
from aggregator.config.urls import url_mistake

_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
"""Characters that XML 1.0 (section 2.2) cannot hold."""


def read_opml(content: bytes) -> tuple[list[FeedConfig], list[str]]:
    """The feeds of an OPML document, each URL once, and what was left out, in words.

    Nested folders become one folder name, joined by "/". An empty list with a word about it when the
    document is not OPML.
    """
    import listparser  # brings an HTTP client with it: not for configurations without OPML files

    # Given text of one line, listparser would take it for a file name or URL; bytes are always content.
    parsed = listparser.parse(content)
    feeds: dict[str, FeedConfig] = {}
    left_out = []
    for found in parsed.feeds:
        if wrong := url_mistake(found.url):
            left_out.append(f"left out {mask(found.title or found.url)}: its URL {wrong}")
        elif found.url not in feeds:
            folder = "/".join(found.categories[-1]) if found.categories else ""
            feeds[found.url] = FeedConfig(url=found.url, title=found.title.strip(), folder=folder)
    if not parsed.version:
        left_out.append("it is not an OPML document")
    return list(feeds.values()), left_out


def write_opml(feeds: Sequence[FeedConfig], *, title: str = "Feeds") -> bytes:
    """An OPML 2.0 document of `feeds`, in their order, inside their folders."""
    root = etree.Element("opml", version="2.0")
    head = etree.SubElement(root, "head")
    etree.SubElement(head, "title").text = _clean(title)
    folders: dict[str, Any] = {"": etree.SubElement(root, "body")}
    for feed in feeds:
        attributes = {
            "type": "rss",
            "text": feed.title or feed.url,
            "title": feed.title,
            "xmlUrl": feed.url,
            "language": feed.language,
        }
        etree.SubElement(
            _folder(feed.folder.strip("/"), folders),
            "outline",
            {name: _clean(value) for name, value in attributes.items() if value},
        )
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True))


def feeds_of(names: object, folder: Path, findings: Findings) -> list[FeedConfig]:
    """The feeds of the OPML files that `opml = [...]` names, relative to `folder`."""
    feeds: dict[str, FeedConfig] = {}
    for index, name in enumerate(names if isinstance(names, list) else ()):
        if not isinstance(name, str):
            continue  # reported by its type
        try:
            content = read_bytes(folder / Path(name).expanduser())
        except OSError as error:
            findings.mistake(("opml", index), f"{name} cannot be read: {error.strerror}")
            continue
        found, left_out = read_opml(content)
        for problem in left_out:
            findings.warning(("opml", index), f"{name}: {problem}")
        for feed in found:
            feeds.setdefault(feed.url, feed)
    return list(feeds.values())


def _folder(name: str, folders: dict[str, Any]) -> Any:
    if name not in folders:
        parent, _, last = name.rpartition("/")
        folders[name] = etree.SubElement(_folder(parent, folders), "outline", {"text": _clean(last)})
    return folders[name]


def _clean(text: str) -> str:
    return _NOT_XML.sub("", text)
