"""What strangers send to the web server, and what must not leave it."""

from __future__ import annotations

import base64
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from aggregator.core.types import FeedState, Health
from aggregator.web.conditional import read_date
from aggregator.web.rate_limit import RateLimit

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


@pytest.mark.parametrize(
    "path",
    [
        "/feeds//harbour.atom",
        "/feeds//harbour.json?limit=5",
        "//feeds/harbour.atom",
        "/feeds/./harbour.atom",
        "/feeds/x/../harbour.atom",
        "/feeds/%2e/harbour.atom",
        "/feeds/%20/harbour.atom",
        "/static/../feeds/harbour.atom",
        "/feedback/../metrics",
        "/schema/../opml",
        "/health/",
        "/health/../opml",
    ],
)
def test_no_other_spelling_of_a_path_goes_round_the_password(serve: Callable[..., Client], path: str) -> None:
    client = serve(username="reader", password_env="PASSWORD")
    asked = client.get(path)
    assert asked.status in (401, 404)
    assert b"ollision" not in asked.body
    # Nor when somebody with the password has just asked, so that an answer is in memory.
    allowed = base64.b64encode(b"reader:correct horse battery").decode()
    assert client.get("/feeds/harbour.atom", authorization=f"Basic {allowed}").status == 200
    client.get(path, authorization=f"Basic {allowed}")
    assert client.get(path).status in (401, 404)


def test_an_empty_token_is_a_wrong_one(client: Client) -> None:
    assert client.get("/feeds//harbour.atom").status == 404


def test_what_a_password_opens_is_not_for_shared_caches(serve: Callable[..., Client]) -> None:
    client = serve(username="reader", password_env="PASSWORD")
    allowed = base64.b64encode(b"reader:correct horse battery").decode()
    for path in ("/", "/feeds", "/opml", "/feeds/harbour.atom", "/story/s1"):
        answer = client.get(path, authorization=f"Basic {allowed}")
        assert answer.status == 200
        assert "public" not in answer.headers["cache-control"], path
