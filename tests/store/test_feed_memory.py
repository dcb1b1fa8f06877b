"""What a feed taught us, written to its column and read back, also as an earlier version wrote it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from aggregator.core.types import FeedMemory, HealthMemory, ScheduleHints, UsualRate
from aggregator.store.feed_memory import memory_from_json, memory_to_json

NOON = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
EARLIER = """
{"gap":5112.0,"last_new":"2026-03-04T15:00:00+00:00","sticky_validators":false,
"last_unconditional":"2026-03-04T15:00:00+00:00","moved_to":"https://b.example/","moved_count":1,"overlap":true,
"last_ids":["e0-1:00:00","old0"],"churn":2,"unstable_guids":true,"first_read":"2026-03-04T13:00:00+00:00",
"spent_until":"2026-03-04T14:00:00+00:00","extra":{"hints":{"ttl":3600,"period":1800,"hours":[1,4],"days":[6]},
"longest":10584.0,"seen":2,"gap_at":"2026-03-04T14:00:00+00:00","flood_at":"2026-03-04T14:30:00+00:00",
"held_back":940,"told":{"gap":"2026-03-04T14:00:00+00:00","failing":"2026-03-04T18:00:00+00:00"},
"open":"failing","problem":"tag mismatch","retry_at":"2026-03-05T12:00:00+00:00","error":"http-429",
"last_error":"it went wrong: http-429","keys":[1]}}
"""
"""Written by the version that kept half of it under `extra`, by six polls; `keys` was never read by any."""
SAME = FeedMemory(
    gap=5112.0,
    last_new=NOON + 3 * HOUR,
    last_unconditional=NOON + 3 * HOUR,
    moved_to="https://b.example/",
    moved_count=1,
    overlap=True,
    last_ids=("e0-1:00:00", "old0"),
    churn=2,
    unstable_guids=True,
    first_read=NOON + HOUR,
    spent_until=NOON + 2 * HOUR,
    hints=ScheduleHints(3600, 1800, frozenset((1, 4)), frozenset((6,))),
    longest_silence=10584.0,
    polls_with_news=2,
    retry_at=NOON + 24 * HOUR,
    health=HealthMemory(
        problem="tag mismatch",
        missed_at=NOON + 2 * HOUR,
        flooded_at=NOON + 2.5 * HOUR,
        held_back=940,
        error_code="http-429",
        error_message="it went wrong: http-429",
        alarm="failing",
        raised={"gap": NOON + 2 * HOUR, "failing": NOON + 6 * HOUR},
    ),
)


def test_what_an_earlier_version_wrote_is_read_without_loss() -> None:
    assert memory_from_json(EARLIER) == SAME


def test_what_is_written_is_read_back() -> None:
    for memory in (FeedMemory(), SAME, replace(SAME, usual=UsualRate(120.5, 86400.0))):
        assert memory_from_json(memory_to_json(memory)) == memory


def test_an_earlier_version_wrote_nothing_yet() -> None:
    assert memory_from_json("{}") == FeedMemory()
    assert memory_from_json('{"extra":{}}') == FeedMemory()
    assert memory_from_json('{"gap":60.0,"extra":{"retry_at":""}}') == FeedMemory(gap=60.0)


def test_what_nobody_knows_is_kept_out() -> None:
    later = json.dumps({**json.loads(memory_to_json(SAME)), "later": {"a": 1}})
    assert memory_from_json(later) == SAME
    assert "later" not in memory_to_json(memory_from_json(later))
    assert "extra" not in memory_to_json(memory_from_json(EARLIER))
