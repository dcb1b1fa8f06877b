"""What is worth a message, and that the same change is planned once however often it is looked at."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from aggregator.config.outputs import OutputConfig
from aggregator.core.types import Story
from aggregator.publish.push.payload import as_text, story_document
from aggregator.publish.push.plan import STALE, plan_deliveries, plan_pings
from classifiers.types import Label

NOW = datetime(2026, 11, 23, 4, 30, tzinfo=UTC)
Make = Callable[..., Story]


def output(*push: dict[str, Any], **fields: Any) -> OutputConfig:
    return OutputConfig.model_validate({"slug": "korea", "topics": ["korea"], "push": push, **fields})


def hook(**fields: Any) -> dict[str, Any]:
    return {"kind": "webhook", "name": "desk", "url": "https://desk.example/hook", **fields}


HUB = {"kind": "websub", "name": "hub", "url": "https://hub.example/"}
MAIL = {"kind": "notify", "name": "mail", "url_env": "MAIL"}


def test_each_channel_is_told_each_change_once(story: Make) -> None:
    out = output(hook(), MAIL)
    first = plan_deliveries(out, [story()], NOW)
    again = plan_deliveries(out, [story()], NOW + timedelta(hours=1))
    assert [one.channel for one in first] == ["webhook:desk", "notify:mail"]
    assert [one.key for one in first] == [one.key for one in again]
    later = plan_deliveries(out, [story(changed=NOW + timedelta(seconds=1))], NOW + timedelta(seconds=1))
    keys = {one.key for one in first + later}
    assert len(keys) == 4
    other = plan_deliveries(output(hook(), MAIL, slug="other"), [story()], NOW)
    assert keys.isdisjoint(one.key for one in other)


def test_new_means_each_story_once(story: Make) -> None:
    out = output(hook(when="new"))
    keys = {
        one.key
        for minute in range(5)
        for one in plan_deliveries(out, [story(changed=NOW + timedelta(minutes=minute))], NOW)
    }
    assert len(keys) == 1


def test_bursts_and_alerts(story: Make) -> None:
    quiet = story()
    burst = story(burst=True)
    confirmed = story(states=("single-source", "confirmed"))
    both = story(burst=True, states=("single-source", "confirmed"))
    old = story(states=("single-source", "confirmed"), state_since=NOW - STALE - timedelta(seconds=1))

    def events(when: str, one: Story) -> list[str]:
        return [found.body["event"] for found in plan_deliveries(output(hook(when=when)), [one], NOW)]

    assert [events("bursts", one) for one in (quiet, burst, confirmed, both)] == [
        [],
        ["burst"],
        [],
        ["burst"],
    ]
    assert events("alerts", quiet) == []
    assert events("alerts", burst) == ["burst"]
    assert events("alerts", confirmed) == ["state"]
    assert sorted(events("alerts", both)) == ["burst", "state"]
    assert events("alerts", old) == []


@pytest.mark.parametrize(
    ("condition", "told"),
    [
        ({"min_score": 0.9}, True),
        ({"min_score": 0.91}, False),
        ({"facets": ["weapons-test", "cyber"]}, True),
        ({"facets": ["cyber"]}, False),
        ({"states": ["single-source"]}, True),
        ({"states": ["confirmed"]}, False),
    ],
)
def test_conditions(story: Make, condition: dict[str, Any], told: bool) -> None:
    assert bool(plan_deliveries(output(hook(**condition)), [story()], NOW)) is told


def test_only_topics_of_the_output_count(story: Make) -> None:
    elsewhere = Label("chips", 0.99, 0.5, True, "fabs")
    mixed = story(labels=(elsewhere, Label("korea", 0.6, 0.5, True, "nuclear")))
    (one,) = plan_deliveries(output(hook()), [mixed], NOW)
    assert (one.body["topic"], one.body["facet"], one.body["score"]) == ("korea", "nuclear", 0.6)
    assert not plan_deliveries(output(hook()), [story(labels=(elsewhere,))], NOW)
    assert not plan_deliveries(output(hook()), [story(score=0.4)], NOW)
    assert plan_deliveries(output(hook(), kind="near-misses"), [story(score=0.4)], NOW)


def test_archive_and_stale_changes_are_not_told(story: Make) -> None:
    assert not plan_deliveries(output(hook(), HUB), [story(announced=False)], NOW)
    old = story(changed=NOW - STALE - timedelta(seconds=1))
    assert not plan_deliveries(output(hook(), HUB), [old], NOW)
    assert plan_deliveries(output(hook()), [story(changed=NOW - STALE)], NOW)


def test_a_hub_is_told_of_documents_not_of_stories(story: Make) -> None:
    documents = ["https://me.example/feeds/korea.atom", "https://me.example/feeds/korea.rss"]
    assert plan_deliveries(output(HUB), [story("a")], NOW) == []
    (ping,) = plan_pings(output(HUB, hook()), documents, "v1", NOW)
    assert ping.body == {"urls": documents}
    assert (ping.story, ping.channel) == ("", "websub:hub")
    (same,) = plan_pings(output(HUB), documents, "v1", NOW + timedelta(minutes=1))
    assert same.key == ping.key
    (other,) = plan_pings(output(HUB), documents, "v2", NOW)
    assert other.key != ping.key
    assert plan_pings(output(HUB), [], "v1", NOW) == []
    assert plan_pings(output(hook()), documents, "v1", NOW) == []


def test_a_document_is_json_and_says_what_a_reader_needs(story: Make) -> None:
    one = story(title="Evil \x00\x1b[31m title\nwith lines 😀")
    document = story_document(one, one.labels[0], "new", "https://me.example")
    assert json.loads(json.dumps(document)) == document
    assert document["title"] == "Evil [31m title with lines 😀"
    assert document["page"] == "https://me.example/story/s1"
    assert document["url"] == "https://news.example/s1?a=1&b=%3C2%3E"
    assert document["item"].startswith("urn:uuid:")
    assert document["sources"][0]["outlet"] == "Hanbat Ilbo"
    assert document["published"] == "2026-11-23T04:00:00Z"


def test_a_notification_reads_well(story: Make) -> None:
    document = story_document(story(burst=True), story().labels[0], "burst", "https://me.example")
    title, text = as_text("Korea watch", [document])
    assert title.startswith("Burst: 합참")
    assert "Three missiles flew 420 km." in text
    assert "Single source · 1 report · Weapons test · score 0.90" in text.splitlines()
    assert "https://me.example/story/s1" in text
    title, text = as_text("Korea watch", [document, {**document, "story": "s2", "title": "Second"}])
    assert title == "Korea watch: 2 stories"
    assert "Second" in text
    title, text = as_text("K", [{**document, "story": str(n), "title": f"T{n}."} for n in range(60)])
    assert "T39." in text
    assert "T40." not in text
    assert "And 20 more." in text


def test_a_summary_names_a_story_once_with_its_latest_words(story: Make) -> None:
    document = story_document(story(), story().labels[0], "change", "")
    title, text = as_text("K", [{**document, "title": "Before"}, {**document, "title": "After"}])
    assert title == "After"
    assert "Before" not in title + text


@given(st.sampled_from(["@everyone", "@HERE", "<!channel>", "<@U123>"]), st.text(max_size=20))
def test_a_headline_calls_nobody(call: str, around: str) -> None:
    document = {
        "story": "s",
        "event": "new",
        "title": f"{around}{call}{around}",
        "lead": call,
        "url": "",
        "page": "",
    }
    document |= {
        "state": "confirmed",
        "source_count": 2,
        "facet": "",
        "score": None,
        "change": "",
        "sources": [],
    }
    title, text = as_text("K", [document])
    assert call not in title
    assert call not in text


@pytest.mark.parametrize(
    "push",
    [
        {"kind": "websub", "name": "x"},
        {"kind": "websub", "name": "x", "url": "https://a/", "url_env": "A"},
        {"kind": "websub", "name": "x", "url": "https://a/", "secret_env": "A"},
        {"kind": "webhook", "name": "x"},
        {"kind": "webhook", "name": "x", "url": "https://a/", "url_env": "A"},
        {"kind": "webhook", "name": "x", "url": "ftp://a/"},
        {"kind": "notify", "name": "x"},
        {"kind": "notify", "name": "x", "url": "https://a/"},
        {"kind": "notify", "name": "x", "url_env": "A", "max_per_hour": 0},
        {"kind": "mail", "name": "x", "url_env": "A"},
    ],
)
def test_half_a_channel_is_a_mistake(push: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        output(push)


def test_two_channels_of_one_name_are_a_mistake() -> None:
    with pytest.raises(ValidationError, match="two channels are called webhook:desk"):
        output(hook(), hook(url="https://other.example/"))
    assert output(hook(), {**MAIL, "name": "desk"})


def test_planning_does_not_depend_on_the_order_of_stories(story: Make) -> None:
    stories = [story(f"s{n}", changed=NOW - timedelta(minutes=n)) for n in range(5)]
    out = output(hook(), MAIL)
    forth = {one.key for one in plan_deliveries(out, stories, NOW)}
    back = {one.key for one in plan_deliveries(out, stories[::-1], NOW)}
    assert forth == back
    assert len(forth) == 10
