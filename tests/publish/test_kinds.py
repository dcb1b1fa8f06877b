"""Digests, alerts, health and near misses: what each holds, and when."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from aggregator.config import OutputConfig
from aggregator.core.types import Alarm, Corroboration, Story
from aggregator.publish import FeedAlarm
from aggregator.publish.items.digest import digest_spans, next_close
from aggregator.publish.produce import produce
from aggregator.publish.types import Publication

from .memory_source import MemorySource
from .samples import NAMES, NOW, SITE, built, developed, label, story

DAILY = OutputConfig(slug="daily", kind="digest", title="Daily", digest_at="06:00")


def test_spans_of_digests() -> None:
    (last, before) = digest_spans(DAILY, NOW, 2)
    assert last == (datetime(2026, 11, 22, 6, tzinfo=UTC), datetime(2026, 11, 23, 6, tzinfo=UTC))
    assert before[1] == last[0]
    assert next_close(DAILY, NOW) == datetime(2026, 11, 24, 6, tzinfo=UTC)
    early = datetime(2026, 11, 23, 5, 59, tzinfo=UTC)
    assert digest_spans(DAILY, early, 1)[0][1] == datetime(2026, 11, 22, 6, tzinfo=UTC)
    weekly = replace_output(DAILY, digest_every="week")
    wednesday = datetime(2026, 11, 25, 12, tzinfo=UTC)
    assert digest_spans(weekly, wednesday, 1)[0] == (
        datetime(2026, 11, 16, 6, tzinfo=UTC),
        datetime(2026, 11, 23, 6, tzinfo=UTC),
    )
    assert next_close(weekly, wednesday) == datetime(2026, 11, 30, 6, tzinfo=UTC)


def replace_output(output: OutputConfig, **changes: object) -> OutputConfig:
    return output.model_copy(update=changes)


def test_a_digest_groups_by_facet_and_tells_developments() -> None:
    stories = (
        story(8, title="A"),
        story(9, title="B"),
        story(10, title="C", labels=(label(facet="fire"),)),
        story(11, title="D", labels=(label(facet=""),)),
        story(2, title="Too new"),
        story(40, title="Yesterday's"),
        old_story_confirmed_at(NOW - timedelta(hours=9)),
        story(12, title="Old news", announced=False),
        story(13, title="Other topic", labels=(label(0.1),)),
    )
    feed = built(DAILY, stories, names=NAMES)
    assert [item.published for item in feed.items] == [
        datetime(2026, 11, 23, 6, tzinfo=UTC),
        datetime(2026, 11, 22, 6, tzinfo=UTC),
        datetime(2026, 11, 19, 6, tzinfo=UTC),
    ]
    today = feed.items[0]
    assert today.title == "Daily digest, 23 Nov 2026"
    assert today.summary == "A. Collisions: 2; Fire: 1; Other: 1; Developments: 1."
    text = today.text
    order = [
        text.index(word)
        for word in ("COLLISIONS", "FIRE", "OTHER", "DEVELOPMENTS IN EARLIER STORIES", "Grounded")
    ]
    assert order == sorted(order)
    for absent in ("Too new", "Yesterday", "Old news", "Other topic"):
        assert absent not in text


def old_story_confirmed_at(at: datetime) -> Story:
    first = NOW - timedelta(days=5)
    return story(
        120,
        title="Grounded",
        changed=at,
        corroboration=Corroboration("confirmed", at, history=((first, "single-source"), (at, "confirmed"))),
    )


def test_past_digests_keep_their_ids_and_moments() -> None:
    source = MemorySource([story(n) for n in range(1, 60, 3)])
    before = produce(source, DAILY, Publication(SITE), now=NOW)
    source.put(story(1, id="late", first_seen=NOW, published=NOW, changed=NOW))
    after = produce(source, DAILY, Publication(SITE), now=NOW + timedelta(days=1))
    assert [(item.id, item.updated) for item in after.items[1:]] == [
        (item.id, item.updated) for item in before.items
    ]
    assert len(after.items) == len(before.items) + 1


def test_alerts_are_events_of_their_own() -> None:
    output = OutputConfig(slug="alerts", kind="alerts")
    quiet = story(1)
    feed = built(output, [quiet, developed()], names=NAMES)
    assert sorted(item.title for item in feed.items) == [
        "[Burst] 북항에서 여객선 충돌",
        "[Confirmed] 북항에서 여객선 충돌",
        "[Reported by several] 북항에서 여객선 충돌",
    ]
    assert len({item.id for item in feed.items}) == 3
    told = next(item for item in feed.items if item.title.startswith("[Confirmed]"))
    assert told.published == told.updated == NOW - timedelta(hours=1)
    assert told.summary == "Was “Reported by several”, now “Confirmed”."
    later = built(output, [replace(developed(), changed=NOW, title="새 제목")])
    assert {item.id for item in later.items} == {item.id for item in feed.items}


def test_a_bursts_alert_stays_at_its_own_moment() -> None:
    output = OutputConfig(slug="alerts", kind="alerts")
    began = NOW - timedelta(hours=6)
    marked = replace(developed(), memory={"burst": began.isoformat()})
    (burst,) = [i for i in built(output, [marked]).items if i.title.startswith("[Burst]")]
    assert burst.published == began


def test_near_misses_say_why_not() -> None:
    output = OutputConfig(slug="near", kind="near-misses", near_margin=0.1)
    close = story(1, labels=(label(0.45),))
    far = story(2, labels=(label(0.35),))
    overruled = story(3, labels=(label(0.9, belongs=False),))
    feed = built(output, [close, far, overruled, story(4)], names=NAMES)
    assert [item.record["story"] for item in feed.items] == ["s1"]
    assert "WHY IT IS NOT IN THE TOPIC" in feed.items[0].text
    assert "score 0.45, threshold 0.50" in feed.items[0].text


def test_health_tells_each_change_once() -> None:
    output = OutputConfig(slug="health", kind="health", limit=3)
    alarms = [
        FeedAlarm(
            Alarm(n, NOW - timedelta(hours=n), kind, "why"), f"Feed {n}", f"https://f{n}.example.com/rss"
        )
        for n, kind in enumerate(("failing", "recovered", "gap", "moved", "gone"), 1)
    ]
    feed = built(output, (), alarms=[*alarms, *alarms])
    assert [item.title for item in feed.items] == [
        "Feed 1: failing",
        "Feed 2: works again",
        "Feed 3: entries were missed",
    ]
    assert feed.updated == NOW - timedelta(hours=1)
