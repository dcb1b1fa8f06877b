"""Feed lists as OPML (opml.org/spec2.opml): read with titles and folders kept, and written."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lxml import etree
from pydantic import ValidationError

from aggregator.config.messages import explain
from aggregator.config.outlines import Outline, decoded, feed_outlines, joined
from aggregator.config.polling import FeedConfig
from aggregator.config.read_file import read_bytes
from aggregator.config.report import Findings
from aggregator.config.secrets import mask
from aggregator.config.urls import feed_key, url_mistake

_OPML = re.compile(r"<opml[\s>]", re.IGNORECASE)
_LANGUAGE = re.compile("[a-z]{2,3}")
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
"""Characters that XML 1.0 (section 2.2) cannot hold."""


def read_opml(content: bytes) -> tuple[list[FeedConfig], list[str]]:
    """The feeds of an OPML document, each URL once, and what was left out or is in doubt, in words.

    Nested folders become one folder name, joined by "/"; a feed in several folders is in the last. An empty list
    with a word about it when the document is not OPML.
    """
    text = decoded(content)
    feeds: dict[str, FeedConfig] = {}
    doubts = [] if _OPML.search(text) else ["it is not an OPML document"]
    for outline in feed_outlines(text):
        if "xmlurl" not in outline.attributes:
            doubts.append(f"line {outline.line}: left out {_name(outline)}: it is no XML")
            continue
        feed, wrong = _feed(outline)
        if feed is None:
            doubts.append(f"line {outline.line}: left out {_name(outline)}: {wrong}")
            continue
        if not outline.whole:
            doubts.append(f'line {outline.line}: is no XML; read as "{feed.title or mask(feed.url)}"')
        feeds[feed_key(feed.url)] = feed
    return list(feeds.values()), doubts


def _feed(outline: Outline) -> tuple[FeedConfig | None, str]:
    """The feed of an outline; None with what is wrong with it."""
    url = outline.attributes["xmlurl"].strip()
    if wrong := url_mistake(url):
        return None, f"its URL {wrong}"
    title = (outline.attributes.get("title") or outline.attributes.get("text") or "").strip()
    language = outline.attributes.get("language", "").strip().lower()[:3].rstrip("-_")
    settings = {
        "url": url,
        "title": "" if title == url else title,
        "folder": joined(outline.folders),
        "language": language if _LANGUAGE.fullmatch(language) else "",
    }
    try:
        return FeedConfig.model_validate(settings), ""
    except ValidationError as error:
        detail = error.errors(include_url=False)[0]
        return None, f"its {detail['loc'][0]} {explain(detail, ('feeds', 0, *detail['loc']))}"


def _name(outline: Outline) -> str:
    name = outline.attributes.get("text") or outline.attributes.get("xmlurl") or "an outline"
    return mask(name if len(name) <= 80 else f"{name[:77]}...")


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
            feeds.setdefault(feed_key(feed.url), feed)
    return list(feeds.values())


def _folder(name: str, folders: dict[str, Any]) -> Any:
    if name not in folders:
        parent, _, last = name.rpartition("/")
        folders[name] = etree.SubElement(_folder(parent, folders), "outline", {"text": _clean(last)})
    return folders[name]


def _clean(text: str) -> str:
    return _NOT_XML.sub("", text)
