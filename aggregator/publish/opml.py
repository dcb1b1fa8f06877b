"""The outputs as OPML 2.0, in folders, for any reader's import."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from lxml import etree

from aggregator.config.outputs import OutputConfig
from aggregator.publish.build import feed_title, output_page
from aggregator.publish.text import one_line, plain
from aggregator.publish.types import Names, Site

_sub = etree.SubElement


def render_opml(
    outputs: Sequence[OutputConfig],
    site: Site,
    names: Names,
    *,
    form: Literal["atom", "rss"] = "atom",
    tokens: Mapping[str, str] | None = None,
) -> bytes:
    """Return the list. `tokens`: slug to token of the private outputs to be listed too; others are left out."""
    tokens = tokens or {}
    root = etree.Element("opml", version="2.0")
    _sub(_sub(root, "head"), "title").text = f"Outputs of {plain(one_line(site.title))}"
    body = _sub(root, "body")
    folders: dict[str, Any] = {"": body}
    for output in outputs:
        if output.private_env and output.slug not in tokens:
            continue
        folder = plain(one_line(output.folder))
        if folder not in folders:
            folders[folder] = _sub(body, "outline", text=folder)
        path = f"{tokens[output.slug]}/{output.slug}" if output.private_env else output.slug
        title = plain(feed_title(output, names))
        _sub(
            folders[folder],
            "outline",
            # Readers take "rss" to mean any kind of feed.
            type="rss",
            text=title,
            title=title,
            xmlUrl=f"{site.base_url}/feeds/{path}.{form}",
            htmlUrl=output_page(output, site),
            **({"description": plain(one_line(output.description))} if output.description else {}),
        )
    document: bytes = etree.tostring(root, encoding="utf-8", xml_declaration=False, pretty_print=True)
    return b'<?xml version="1.0" encoding="utf-8"?>\n' + document
