"""A story as JSON, to the letter, in each form that leaves the program: exports, JSON Feed's records, messages."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from aggregator.core.serialise import EXPORT, MEMBER_VALUES, STORY_VALUES, entry_as_dict, story_as_dict
from aggregator.core.types import Corroboration, Entry, Story, StoryEntry
from aggregator.publish.items.record import RECORD, entry_record, story_record
from aggregator.publish.push.payload import story_document
from classifiers.types import Label, Reason

NOON = datetime(2026, 3, 4, 12, 0, 0, 123456, UTC)
HOUR = timedelta(hours=1)
LABEL = Label(
    topic="korea",
    score=0.123456789,
    threshold=0.4837261,
    belongs=True,
    facet="diplomacy",
    reasons=(Reason("term", "Kim\x07", 0.98765432, "title", "Kim", True),),
    rules="r1",
    model="m1",
)
ENTRY = Entry(
    "e1",
    1,
    "g1",
    "https://x.example/é",
    "Title  of\x07 one",
    summary="Summary",
    published=NOON - HOUR,
    seen=NOON,
    language="ko",
)
UNDATED = Entry("e2", 1, "g2", "javascript:x", "Two", seen=NOON, origin="yna")
STORY = Story(
    id="s1",
    title="A  title",
    lead="Lead",
    url="https://x.example/é",
    language="ko",
    first_seen=NOON,
    published=NOON - HOUR,
    changed=NOON,
    change="one more  source",
    entries=(
        StoryEntry(ENTRY, "near", "Feed\x07", "x.example", "agency", "KR", feed_url="https://x.example/feed"),
        StoryEntry(UNDATED, "url", "", "x.example", "", ""),
    ),
    labels=(LABEL,),
    corroboration=Corroboration(
        "confirmed",
        NOON,
        ("yna", "b\x07"),
        ("agency",),
        ("KR",),
        ("KCNA\x07 said",),
        ((NOON - HOUR, "single-source"), (NOON, "confirmed")),
    ),
)
REASON = {"kind": "term", "weight": 0.9877, "where": "title", "found": "Kim", "passing": True}
EXPORTED_LABEL = {
    "topic": "korea",
    "score": 0.123457,
    "threshold": 0.4837261,
    "in": True,
    "facet": "diplomacy",
    "rules": "r1",
    "model": "m1",
    "reasons": [{"kind": "term", "what": "Kim\x07", **REASON}],
}
RECORDED_LABEL = {
    "topic": "korea",
    "score": 0.1235,
    "threshold": 0.4837,
    "belongs": True,
    "facet": "diplomacy",
    "rules": "r1",
    "model": "m1",
    "reasons": [{"kind": "term", "what": "Kim", **REASON}],
}
RECORDED_CORROBORATION = {
    "state": "confirmed",
    "since": "2026-03-04T12:00:00Z",
    "origins": ["yna", "b"],
    "kinds": ["agency"],
    "countries": ["KR"],
    "attributions": ["KCNA said"],
    "history": [
        {"at": "2026-03-04T11:00:00Z", "state": "single-source"},
        {"at": "2026-03-04T12:00:00Z", "state": "confirmed"},
    ],
}
RECORDED_SOURCE = {
    "entry": "e1",
    "title": "Title  of one",
    "url": "https://x.example/%C3%A9",
    "published": "2026-03-04T11:00:00Z",
    "language": "ko",
    "feed": "Feed",
    "feed_url": "https://x.example/feed",
    "origin": "x.example",
    "kind": "agency",
    "country": "KR",
    "basis": "near",
}


def test_exports() -> None:
    assert story_as_dict(STORY) == {
        "id": "s1",
        "title": "A  title",
        "lead": "Lead",
        "url": "https://x.example/é",
        "lang": "ko",
        "published": "2026-03-04T11:00:00.123456+00:00",
        "first_seen": "2026-03-04T12:00:00.123456+00:00",
        "changed": "2026-03-04T12:00:00.123456+00:00",
        "change": "one more  source",
        "burst": False,
        "corroboration": {
            "state": "confirmed",
            "since": "2026-03-04T12:00:00.123456+00:00",
            "origins": ["yna", "b\x07"],
            "kinds": ["agency"],
            "countries": ["KR"],
            "attributions": ["KCNA\x07 said"],
            "history": [
                ["2026-03-04T11:00:00.123456+00:00", "single-source"],
                ["2026-03-04T12:00:00.123456+00:00", "confirmed"],
            ],
        },
        "topics": [EXPORTED_LABEL],
        "entries": [
            {
                "id": "e1",
                "basis": "near",
                "source": "Feed\x07",
                "origin": "x.example",
                "kind": "agency",
                "country": "KR",
                "url": "https://x.example/é",
                "title": "Title  of\x07 one",
                "published": "2026-03-04T11:00:00.123456+00:00",
                "lang": "ko",
            },
            {
                "id": "e2",
                "basis": "url",
                "source": "",
                "origin": "yna",
                "kind": "",
                "country": "",
                "url": "javascript:x",
                "title": "Two",
                "published": None,
                "lang": "",
            },
        ],
    }
    assert entry_as_dict(ENTRY, story="s1", basis="near", source="Feed", labels=(LABEL,)) == {
        "id": "e1",
        "story": "s1",
        "basis": "near",
        "source": "Feed",
        "url": "https://x.example/é",
        "title": "Title  of\x07 one",
        "summary": "Summary",
        "published": "2026-03-04T11:00:00.123456+00:00",
        "seen": "2026-03-04T12:00:00.123456+00:00",
        "lang": "ko",
        "origin": "",
        "topics": [EXPORTED_LABEL],
    }


def test_records_of_json_feed() -> None:
    record = story_record(STORY, (LABEL,), {"yes": "https://a.example/yes"}, "https://a.example/item")
    sources: list[dict[str, Any]] = record["sources"]
    assert sources[0] == RECORDED_SOURCE
    assert (sources[1]["url"], sources[1]["published"]) == ("", "2026-03-04T12:00:00Z")
    assert record == {
        "version": 1,
        "unit": "story",
        "story": "s1",
        "first_seen": "2026-03-04T12:00:00Z",
        "changed": "2026-03-04T12:00:00Z",
        "change": "one more  source",
        "burst": False,
        "labels": [RECORDED_LABEL],
        "corroboration": RECORDED_CORROBORATION,
        "sources": sources,
        "feedback": {"yes": "https://a.example/yes"},
        "about": "https://a.example/item",
    }
    assert story_record(STORY, (), {}, "")["labels"] == [], "only labels that may be shown"
    assert entry_record(STORY, STORY.entries[0], (LABEL,), {}, "") == {
        "version": 1,
        "unit": "entry",
        "story": "s1",
        "entry": "e1",
        "labels": [RECORDED_LABEL],
        "corroboration": RECORDED_CORROBORATION,
        "sources": [RECORDED_SOURCE],
    }


def test_messages() -> None:
    message = story_document(STORY, LABEL, "new", "https://a.example")
    assert message["sources"][0] == {
        "title": "Title of one",
        "url": "https://x.example/%C3%A9",
        "outlet": "Feed",
        "origin": "x.example",
        "kind": "agency",
        "country": "KR",
        "language": "ko",
        "published": "2026-03-04T11:00:00Z",
    }
    assert message["sources"][1]["outlet"] == "yna"
    del message["sources"], message["item"]
    assert message == {
        "event": "new",
        "story": "s1",
        "title": "A title",
        "lead": "Lead",
        "url": "https://x.example/%C3%A9",
        "page": "https://a.example/story/s1",
        "language": "ko",
        "published": "2026-03-04T11:00:00Z",
        "changed": "2026-03-04T12:00:00Z",
        "change": "one more source",
        "state": "confirmed",
        "burst": False,
        "topic": "korea",
        "facet": "diplomacy",
        "score": 0.1235,
        "source_count": 2,
    }


def test_forms_name_only_what_there_is_and_give_json() -> None:
    for form in (EXPORT, RECORD):
        assert set(form.story.values()) <= set(STORY_VALUES)
        assert set(form.member.values()) <= set(MEMBER_VALUES)
        assert json.loads(json.dumps(story_as_dict(STORY, form))) == story_as_dict(STORY, form)
