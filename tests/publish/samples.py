"""Stories to publish, made by hand: ordinary ones, and one with everything that breaks feeds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from aggregator.config.outputs import OutputConfig
from aggregator.core.types import Corroboration, Enclosure, Entry, Story, StoryEntry
from aggregator.publish import Names, OutputFeed, Site
from aggregator.publish.build import Content, build
from aggregator.publish.parameters import plain_request
from aggregator.publish.types import Publication
from classifiers.types import Label, Reason

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
SITE = Site("https://news.example.org", "Watch desk", installation="a1b2c3")
NAMES = Names(
    topics={"harbour-safety": "Harbour safety"},
    facets={"collision": "Collisions"},
    origins={"coastwire": "Coast Wire", "state-radio": "State Radio"},
)
NASTY = "Bell\x07 \x00null \x1b[31mred\x1b[0m \ud800 & <script>alert(1)</script> 🚢🔥 “한국어” \u202eevil\ufffe ]]> \x85"


def built(
    output: OutputConfig,
    stories: Sequence[Story],
    *,
    now: datetime = NOW,
    names: Names = Names(),  # noqa: B008 - frozen
    narrowed: str = "",
    **changes: Any,
) -> OutputFeed:
    """The document of an output; `changes`: fields of Content and of Publication."""
    parts = {field.name for field in fields(Content)} & changes.keys()
    content = Content(tuple(stories), **{name: changes.pop(name) for name in parts})
    request = replace(plain_request(output, now), narrowed=narrowed)
    return build(
        output, content, Publication(**{"site": SITE, **changes}), now=now, names=names, request=request
    )


def label(
    score: float = 0.9, topic: str = "harbour-safety", facet: str = "collision", **changes: object
) -> Label:
    """A topic's decision, in unless told otherwise."""
    values: dict[str, object] = {
        "topic": topic,
        "score": score,
        "threshold": 0.5,
        "belongs": score >= 0.5,
        "facet": facet,
        "reasons": (
            Reason("term", "ferry", 2.0, "title", "Ferry"),
            Reason("source", "coastwire", 0.3, "source"),
            Reason("exclude", "film review", -1.0, "summary", "review"),
        ),
        "rules": "r1",
    }
    return Label(**{**values, **changes})  # type: ignore[arg-type]


def member(
    number: int,
    *,
    title: str = "Ferry and barge collide off the north pier",
    url: str | None = None,
    at: datetime = NOW - timedelta(hours=3),
    language: str = "en",
    kind: str = "agency",
    country: str = "KR",
    origin: str = "coastwire",
    **changes: object,
) -> StoryEntry:
    """An entry of a story."""
    entry = Entry(
        id=f"e{number}",
        feed_id=1,
        guid=f"g{number}",
        url=f"https://coast.example.com/{number}" if url is None else url,
        title=title,
        summary="Nobody was hurt.",
        published=at,
        seen=at + timedelta(minutes=2),
        language=language,
        origin=origin,
    )
    values: dict[str, object] = {
        "entry": entry,
        "basis": "new",
        "feed_title": "Coast Wire: harbour",
        "origin": origin,
        "kind": kind,
        "country": country,
        "feed_url": "https://coast.example.com/rss",
    }
    return StoryEntry(**{**values, **changes})  # type: ignore[arg-type]


def story(number: int = 1, **changes: object) -> Story:
    """A story with one source; `number` also makes it that many hours old."""
    at = NOW - timedelta(hours=number)
    entry = member(number, at=at)
    values: dict[str, object] = {
        "id": f"s{number}",
        "title": f"Ferry and barge collide off pier {number}",
        "lead": "Both were able to return to port; nobody was hurt.",
        "url": entry.entry.url,
        "language": "en",
        "first_seen": at,
        "published": at,
        "changed": at + timedelta(minutes=5),
        "entries": (entry,),
        "labels": (label(),),
        "corroboration": Corroboration("single-source", at, ("coastwire",), ("agency",), ("KR",)),
    }
    return Story(**{**values, **changes})  # type: ignore[arg-type]


def developed(number: int = 7) -> Story:
    """A story of several sources and languages that went from state media to confirmed, in a burst."""
    at = NOW - timedelta(hours=10)
    return story(
        number,
        language="ko",
        title="북항에서 여객선 충돌",
        lead="인명 피해는 없다고 밝혔다.",
        published=at,
        first_seen=at,
        changed=NOW - timedelta(hours=1),
        change="confirmed by the harbour office",
        burst=True,
        entries=(
            member(
                100,
                title="북항에서 여객선 충돌",
                at=at,
                language="ko",
                kind="state-media",
                origin="state-radio",
            ),
            member(101, at=at + timedelta(hours=2), country="JP"),
            member(102, at=at + timedelta(hours=4), language="ja", kind="government", url=""),
        ),
        corroboration=Corroboration(
            "confirmed",
            NOW - timedelta(hours=1),
            ("state-radio", "coastwire"),
            ("state-media", "agency", "government"),
            ("KR", "JP"),
            ("State Radio said",),
            (
                (at, "state-media-only"),
                (at + timedelta(hours=2), "reported-by-several"),
                (NOW - timedelta(hours=1), "confirmed"),
            ),
        ),
    )


def nasty(number: int = 9) -> Story:
    """A story whose every text and link tries to break out."""
    at = NOW - timedelta(hours=2)
    bad = Entry(
        id="e-nasty",
        feed_id=1,
        guid="x",
        url="javascript:alert(1)",
        title=NASTY,
        summary=NASTY,
        author=NASTY,
        published=at,
        seen=at,
        language="xx-bad lang",
        enclosures=(
            Enclosure("file:///etc/passwd", "audio/mpeg", 3),
            Enclosure("https://coast.example.com/a b.mp3", "audio/mpeg", 12345),
        ),
        origin="<b>",
    )
    second = Entry(
        id="e-nasty-2",
        feed_id=1,
        guid="y",
        url='https://bücher.example/ü?q="<x>"&r=1%zz#ä',
        title="",
        published=at,
        seen=at,
        language="ar",
        enclosures=(Enclosure("https://coast.example.com/a b.mp3", "audio/mpeg", 12345),),
    )
    return story(
        number,
        title=NASTY,
        lead=NASTY * 40,
        url=second.url,
        language="zz9",
        changed=at,
        published=at,
        first_seen=at,
        change=NASTY,
        entries=(
            StoryEntry(bad, "url", feed_title=NASTY, origin="o", feed_url="/relative"),
            StoryEntry(second, "url", feed_title=NASTY, feed_url="https://coast.example.com/rss?a=1&b=2"),
        ),
        labels=(label(reasons=(Reason("term", NASTY, 1.5, "title", NASTY),)),),
        corroboration=Corroboration("state-media-only", at, (NASTY,), attributions=(NASTY,)),
    )


def sample_stories() -> tuple[Story, ...]:
    """A mixed handful, with near misses and old news among them."""
    near = story(5, id="near", labels=(label(0.42),))
    far = story(6, id="far", labels=(label(0.05),))
    old = story(4, id="old", announced=False)
    return (story(1), story(2), story(3), near, far, old, developed(), nasty())
