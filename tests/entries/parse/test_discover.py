"""Feeds that a page offers."""

from __future__ import annotations

from aggregator.entries.parse.discover import candidates

PAGE = b"""<!doctype html><html><head>
<link rel="alternate" type="application/rss+xml" title="News &amp; more" href="/rss.xml">
<link rel="alternate" type="application/atom+xml" href="https://other.example/atom">
<link rel="alternate" hreflang="ko" href="/ko/">
<link rel="alternate" type="application/json" href="/wp-json/wp/v2/pages/2">
</head><body><a href="/sections/world/feed/">World</a> <a href="https://evil.example/feed">x</a>
<a href="javascript:rss()">y</a> <a href="/about">z</a></body></html>"""


def test_declared_then_linked_then_guessed() -> None:
    found = candidates(PAGE, "https://site.example/start")
    assert found[:3] == [
        ("https://site.example/rss.xml", "News & more", "application/rss+xml"),
        ("https://other.example/atom", "", "application/atom+xml"),
        ("https://site.example/sections/world/feed/", "", ""),
    ]
    addresses = [url for url, _, _ in found]
    assert "https://site.example/feed" in addresses
    assert "https://site.example/ko/" not in addresses
    assert not any("evil" in url or "wp-json" in url or url.startswith("javascript") for url in addresses)
    assert len(addresses) == len(set(addresses))


def test_any_bytes() -> None:
    assert all(
        url.startswith("https://site.example/")
        for url, _, _ in candidates(b"\xff<\0<a href=", "https://site.example")
    )
    assert candidates(b"<link", "ftp://site.example") == []
