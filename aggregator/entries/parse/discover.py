"""Which feeds a web page offers."""

from __future__ import annotations

from urllib.parse import urljoin

from aggregator.entries.parse import encoding, html_page

WELL_KNOWN = (
    "/feed", "/rss", "/rss.xml", "/feed.xml", "/atom.xml", "/index.xml", "/feeds/posts/default", "/feed.json",
    "/rss/", "/rss/index.xml",
)  # fmt: skip
"""Paths at which common software keeps its feed; guesses, to be tried when the page names none."""


def candidates(page: bytes, url: str, content_type: str = "") -> list[tuple[str, str, str]]:
    """Feeds that the HTML `page` at `url` may have: (URL, title, media type), surest first.

    First those it declares, then links that look like feeds, then well-known paths (title and type are ""
    for both). Only http and https URLs, each once. No request is made.
    """
    text, _, _ = encoding.to_text(page, content_type)
    found = {target: (target, title, kind) for target, title, kind in html_page.alternates(text, url)}
    for target in html_page.anchors(text, url):
        found.setdefault(target, (target, "", ""))
    for path in WELL_KNOWN:
        target = urljoin(url, path)
        if target.startswith(("http://", "https://")):
            found.setdefault(target, (target, "", ""))
    return list(found.values())
