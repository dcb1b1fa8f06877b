"""Feeds that attack, each by one trick, with what an analyst would see if it worked.

A trick is a function from the world's state to one document (and headers); it may read what honest outlets list, as
any attacker can.
"""

from __future__ import annotations

import gzip
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import NamedTuple
from xml.sax.saxutils import escape

from tests.exhaustive.world import World


class Document(NamedTuple):
    """What a hostile server answers."""

    body: bytes
    headers: dict[str, str] = {}  # noqa: RUF012 - a default of a named tuple, never written to


Trick = Callable[[World, int], Document]
"""From the world and the number of the look to a document."""

_LIE = "North Korea surrenders while lantern bread harbour violin"


def _rss(items: list[str]) -> bytes:
    return (
        '<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel><title>t</title>'
        f"<link>https://hostile.example/</link><description>d</description>{''.join(items)}</channel></rss>"
    ).encode()


def _item(guid: str, title: str, link: str, text: str = "", at: datetime | None = None) -> str:
    date = format_datetime(at or datetime.now(UTC))
    return (
        f"<item><title>{escape(title)}</title><link>{escape(link)}</link><guid isPermaLink='false'>{guid}</guid>"
        f"<pubDate>{date}</pubDate><description>{escape(text)}</description></item>"
    )


def _honest(world: World, most: int) -> list[tuple[str, str, str]]:
    """(link, guid, title) of what honest outlets list now, the newest first."""
    return [row for outlet in world.outlets for row in world.rows(outlet)[: most // len(world.outlets) + 1]][
        :most
    ]


def melt(world: World, look: int) -> Document:
    """Entries that each carry an honest outlet's link and all share one text."""
    rows = _honest(world, 60)
    return Document(
        _rss([_item(f"m{look}-{n}", _LIE, link, _LIE * 5) for n, (link, _, _) in enumerate(rows)])
    )


def bridge(world: World, look: int) -> Document:
    """One entry at a time with A's link and B's text."""
    rows = _honest(world, 40)
    pairs = zip(rows[::2], rows[1::2], strict=False)
    return Document(_rss([_item(f"b{look}-{n}", b[2], a[0], b[2]) for n, (a, b) in enumerate(pairs)]))


def silence(world: World, look: int) -> Document:
    """Honest outlets' links and guids, published under other titles, older than theirs."""
    at = datetime.now(UTC) - timedelta(hours=3)
    return Document(
        _rss(
            [_item(guid, f"{_LIE} {n}", link, "", at) for n, (link, guid, _) in enumerate(_honest(world, 60))]
        )
    )


def grow(world: World, look: int) -> Document:
    """Ninety-five near-equal entries of 100 KB, others at each look."""
    text = " ".join(f"uranium kettle {n % 97} border" for n in range(3500))
    return Document(
        _rss(
            [
                _item(f"g{look}-{n}", f"{_LIE} {look} {n}", f"https://grow.example/{look}/{n}", f"{text} {n}")
                for n in range(95)
            ]
        )
    )


def flood(world: World, look: int) -> Document:
    """Two thousand fresh items at each look."""
    return Document(
        _rss(
            [
                _item(
                    f"f{look}-{n}",
                    f"North Korea {look} {n} kettle {n * 7919 % 1009}",
                    f"https://flood.example/{look}/{n}",
                )
                for n in range(2000)
            ]
        )
    )


def churn(world: World, look: int) -> Document:
    """The same items under other guids at each look."""
    return Document(
        _rss(
            [
                _item(f"c{look}-{n}", f"Pyongyang churns item {n}", f"https://churn.example/{n}")
                for n in range(60)
            ]
        )
    )


def future(world: World, look: int) -> Document:
    """Items dated a year ahead."""
    at = datetime.now(UTC) + timedelta(days=365)
    return Document(
        _rss(
            [
                _item(
                    f"u{look}-{n}",
                    f"North Korea tomorrow {look} {n}",
                    f"https://future.example/{look}/{n}",
                    "",
                    at,
                )
                for n in range(5)
            ]
        )
    )


def nest(world: World, look: int) -> Document:
    """Nesting that a bogus comment hides, 400 KB."""
    return Document(
        _rss(
            [
                _item(
                    f"n{look}",
                    f"nest {look}",
                    f"https://nest.example/{look}",
                    "".join(f"<font a={n}><!</font>" for n in range(18_000)),
                )
            ]
        )
    )


def attributes(world: World, look: int) -> Document:
    """One tag with 150,000 attributes."""
    tag = "<p " + " ".join(f'a{n}="{n}"' for n in range(150_000)) + ">x</p>"
    return Document(
        _rss([_item(f"a{look}", f"attributes {look}", f"https://attributes.example/{look}", tag)])
    )


def tokens(world: World, look: int) -> Document:
    """Ten kilobytes of gzip that unpack to megabytes of broken mark-up."""
    body = b'<rss version="2.0"><channel><item><title ' + b'a="' * 3_000_000
    return Document(gzip.compress(body, 9), {"Content-Encoding": "gzip"})


def bomb(world: World, look: int) -> Document:
    """Gzip that unpacks to a gigabyte of blanks."""
    return Document(gzip.compress(b" " * 50_000_000, 9), {"Content-Encoding": "gzip"})


def entities(world: World, look: int) -> Document:
    """A billion laughs."""
    lol = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    return Document(
        f'<!DOCTYPE rss [<!ENTITY l0 "lol">{lol}]><rss version="2.0"><channel><title>&l9;</title></channel></rss>'.encode()
    )


def cut(world: World, look: int) -> Document:
    """A document that breaks off inside its last item."""
    body = _rss(
        [_item(f"k{look}-{n}", f"cut {look} {n}", f"https://cut.example/{look}/{n}") for n in range(10)]
    )
    return Document(body[: -90 - look % 40])


def page(world: World, look: int) -> Document:
    """A web page where the feed should be."""
    return Document(b"<!doctype html><html><body>" + b"<div>" * 100_000 + b"</body></html>")


TRICKS: dict[str, Trick] = {
    trick.__name__: trick
    for trick in (
        melt,
        bridge,
        silence,
        grow,
        flood,
        churn,
        future,
        nest,
        attributes,
        tokens,
        bomb,
        entities,
        cut,
        page,
    )
}
