"""What strangers send to the web server, and what must not leave it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from aggregator.types import FeedState, Health
from aggregator.web.conditional import read_date
from aggregator.web.limit import RateLimit

from .conftest import Client


@pytest.mark.parametrize(
    "date",
    ["Fri, 31 Dec 9999 23:59:59 -2359", "Mon, 99 Foo 99999", "\xff", ""],
)
def test_a_date_beyond_the_calendar_is_no_date(client: Client, date: str) -> None:
    assert read_date(date.encode("latin-1")) is None
    assert client.get("/feeds/harbour.atom", if_modified_since=date).status == 200


def test_a_key_in_a_feeds_url_is_not_on_the_pages(client: Client) -> None:
    client.source.polled = [
        FeedState(1, "https://desk:hunter2@a.example/rss?key=hunter2&page=1", "", health=Health.FAILING),
        FeedState(2, "https://b.example/rss?page=1", "", health=Health.FAILING),
    ]
    for path in ("/", "/feeds"):
        page = client.get(path).text
        assert "hunter2" not in page
        assert "a.example/rss?key=***" in page
        assert 'href="https://b.example/rss?page=1"' in page or path == "/"


def test_a_rate_limits_memory_is_bounded_whatever_a_proxy_says() -> None:
    limit = RateLimit(60)
    now = datetime(2026, 1, 1, tzinfo=UTC)
    for number in range(50):
        limit.wait(f"{number}-" + "x" * 60_000, now + timedelta(seconds=number))
    assert sum(map(len, limit._buckets)) < 50 * 100
