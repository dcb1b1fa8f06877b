"""Records to put into a store."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from aggregator.core.hashes import text_keys
from aggregator.core.types import (
    Assignment,
    Batch,
    Candidate,
    Corroboration,
    Enclosure,
    Entry,
    Feedback,
    Fingerprint,
    Grouping,
    Story,
)
from classifiers.types import Label, Reason

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)

REASONS = (Reason("term", "@x", 1.5, "title", "X"), Reason("term", "y", 0.5, "text", "Y", passing=True))
LABEL = Label("t", 0.9, 0.5, True, "f", REASONS, "r1", "")
OUT = Label("t", 0.4, 0.5, False, "f", (), "r1", "")
"""A near miss."""


def entry(name: str, *, feed: int = 1, at: datetime = NOW) -> Entry:
    return Entry(
        id=name,
        feed_id=feed,
        guid=f"urn:{name}",
        url=f"https://a.example/{name}",
        title=f"Title of {name}",
        summary="What happened, in a sentence long enough to count.",
        content="<p>Safe</p>",
        text=f"The whole text of {name}",
        categories=("one", "two"),
        published=at,
        seen=at,
        language="en",
        enclosures=(Enclosure("https://a.example/x.mp3", "audio/mpeg", 12),),
        hash=f"hash-{name}",
    )


def fingerprint(of: Entry) -> Fingerprint:
    return Fingerprint(text_keys(of), (1, 2), {"w:x": 1.0}, "x\ty")


def story(name: str, *, at: datetime = NOW, labels: tuple[Label, ...] = (LABEL,)) -> Story:
    return Story(
        id=name,
        title=f"Story {name}",
        lead="",
        url="",
        language="en",
        first_seen=at,
        published=at,
        changed=at,
        labels=labels,
        corroboration=Corroboration(since=at, origins=("a",), history=((at, "single-source"),)),
    )


def batch(*names: str, into: str = "s1", at: datetime = NOW, labels: tuple[Label, ...] = (LABEL,)) -> Batch:
    """New entries that found a story."""
    made = [entry(name, at=at) for name in names]
    return Batch(
        candidates=tuple(Candidate(e, fingerprint(e), labels) for e in made),
        grouping=Grouping(tuple(Assignment(e.id, into, "new") for e in made)),
        stories=(story(into, at=at, labels=labels),),
    )


def judgement(
    relevant: bool, minutes: int = 0, *, entry: str = "e1", story: str = "s1", topic: str = "t"
) -> Feedback:
    return Feedback(entry, story, topic, relevant, "", NOW + timedelta(minutes=minutes), "me")
