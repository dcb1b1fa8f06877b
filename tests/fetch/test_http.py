"""Conditional requests, headers, redirects, credentials and answers that are no feed."""

from __future__ import annotations

import asyncio
from base64 import b64encode
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from aiohttp import web
from structlog.testing import capture_logs

from aggregator import __version__
from aggregator.config import FeedConfig
from aggregator.core.types import FeedMemory

from .server import FEED, Clock, Site, feed, fetcher, poll, poll_one, site, wire

NOW = datetime.now(UTC)

# --- what is sent ---


async def test_a_first_request_says_who_we_are_and_adds_nothing() -> None:
    async with site() as server:
        server.answer("/feed")
        got = await poll_one(
            server.url("/feed?a=%7e&b=%2F;c&&d"), http={"contact": "https://example.org/bot"}
        )
        assert got.body == FEED
        (request,) = server.seen
        assert request.raw_path == "/feed?a=%7e&b=%2F;c&&d"
        assert request.headers["User-Agent"] == f"aggregator/{__version__} (+https://example.org/bot)"
        assert request.headers["Accept-Encoding"] == "gzip, br, zstd"
        assert set(request.headers) <= {"Host", "User-Agent", "Accept", "Accept-Encoding", "Connection"}
        assert not got.conditional


async def test_the_user_agent_can_be_replaced() -> None:
    async with site() as server:
        server.answer("/feed")
        await poll_one(server.url("/feed"), http={"user_agent": "Reader/1"})
        assert server.seen[0].headers["User-Agent"] == "Reader/1"


@pytest.mark.parametrize(
    ("etag", "last_modified"),
    [
        ('"abc"', "Wed, 01 Jan 2025 00:00:00 GMT"),
        ('W/"a b,c"', "Wed, 1 Jan 2025 0:00:00"),
        ("unquoted", "1735689600"),
        ('""', "nonsense"),
        ('"caf\u00c3\u00a9"', None),  # the bytes of a word in UTF-8, as latin-1
        ('  "inner  spaces"'.strip(), None),
        (None, "Wed, 01 Jan 2025 00:00:00 GMT"),
    ],
)
async def test_validators_come_back_byte_for_byte(etag: str | None, last_modified: str | None) -> None:
    heads: list[bytes] = []

    async def play(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        lines = [b"HTTP/1.1 200 OK", b"Content-Length: %d" % len(FEED)]
        lines += [b"ETag: " + etag.encode("latin-1")] if etag is not None else []
        lines += [b"Last-Modified: " + last_modified.encode("latin-1")] if last_modified is not None else []
        writer.write(b"\r\n".join(lines) + b"\r\n\r\n" + FEED)

    async with wire(play) as port:
        first = await poll_one(f"http://site.test:{port}/feed")
    assert first.headers.get("etag") == etag
    assert first.headers.get("last-modified") == last_modified

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 304 Not Modified\r\n\r\n")

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append(await reader.readuntil(b"\r\n\r\n"))
        await listen(reader, writer)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    async with server:
        url = f"http://site.test:{server.sockets[0].getsockname()[1]}/feed"
        state = feed(url, etag=first.headers.get("etag"), last_modified=first.headers.get("last-modified"))
        second = await poll_one(url, state=state)
    assert second.not_modified
    assert second.error is None
    assert second.conditional
    (head,) = heads
    sent = dict(line.split(b": ", 1) for line in head.strip().split(b"\r\n")[1:])
    assert sent.get(b"If-None-Match") == (etag.encode("latin-1") if etag is not None else None)
    assert sent.get(b"If-Modified-Since") == (last_modified.encode("latin-1") if last_modified else None)


async def test_a_validator_that_cannot_be_sent_unchanged_is_not_sent() -> None:
    async with site() as server:
        server.answer("/feed")
        url = server.url("/feed")
        await poll_one(url, state=feed(url, etag='"caf\u00e9"', last_modified="then"))
        assert "If-None-Match" not in server.seen[0].headers
        assert server.seen[0].headers["If-Modified-Since"] == "then"


@pytest.mark.parametrize(
    ("memory", "conditional"),
    [
        (FeedMemory(), True),
        (FeedMemory(sticky_validators=True, last_unconditional=NOW - timedelta(hours=23)), True),
        (FeedMemory(sticky_validators=True, last_unconditional=NOW - timedelta(hours=25)), False),
        # Fell silent: asked plainly after an eighth of the silence, at least a day.
        (FeedMemory(last_new=NOW - timedelta(hours=20), last_unconditional=NOW - timedelta(hours=25)), True),
        (FeedMemory(last_new=NOW - timedelta(days=3), last_unconditional=NOW - timedelta(hours=25)), False),
        (FeedMemory(last_new=NOW - timedelta(days=3), last_unconditional=NOW - timedelta(hours=20)), True),
        (FeedMemory(last_new=NOW - timedelta(days=80), last_unconditional=NOW - timedelta(days=9)), True),
        (FeedMemory(last_new=NOW - timedelta(days=80), last_unconditional=NOW - timedelta(days=11)), False),
        # Silent, but no longer than this feed usually is.
        (
            FeedMemory(
                gap=30 * 86400.0,
                last_new=NOW - timedelta(days=60),
                last_unconditional=NOW - timedelta(days=50),
            ),
            True,
        ),
    ],
)
async def test_when_validators_are_left_out(memory: FeedMemory, conditional: bool) -> None:
    async with site() as server:
        server.answer("/feed")
        url = server.url("/feed")
        got = await poll_one(url, state=feed(url, etag='"x"', memory=memory))
        assert got.conditional is conditional
        assert ("If-None-Match" in server.seen[0].headers) is conditional


async def test_cookies_are_neither_kept_nor_sent() -> None:
    async with site() as server:
        server.answer("/feed", Set_Cookie="id=1; Path=/")
        url = server.url("/feed")
        async with fetcher(url) as made:
            for _ in range(2):
                (got,) = await poll(made, feed(url))
                assert "set-cookie" not in got.headers
        assert all("Cookie" not in request.headers for request in server.seen)


async def test_the_environment_is_not_consulted(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9/")
    async with site() as server:
        server.answer("/feed")
        assert (await poll_one(server.url("/feed"))).body == FEED


async def test_what_an_answer_becomes() -> None:
    clock = Clock()
    async with site() as server:
        server.answer("/feed", ETag='"1"', Content_Type="text/xml; charset=euc-kr", X_Odd="dropped")
        before = clock.now()
        got = await poll_one(server.url("/feed"), clock=clock)
        assert got.status == 200
        assert got.url == server.url("/feed")
        assert got.headers["content-type"] == "text/xml; charset=euc-kr"
        assert "x-odd" not in got.headers
        assert before <= got.at <= clock.now()
        assert got.received == len(FEED)
        assert 0 < got.seconds < 5
        assert got.permanent_url == ""


# --- redirects ---


async def test_a_permanent_chain_is_reported() -> None:
    async with site() as server:
        server.redirect("/a", "/b", 301)
        server.redirect("/b", server.url("/c"), 308)
        server.answer("/c")
        got = await poll_one(server.url("/a"))
        assert got.body == FEED
        assert got.url == got.permanent_url == server.url("/c")
        assert server.paths() == ["/a", "/b", "/c"]


@pytest.mark.parametrize("statuses", [(302,), (303,), (307,), (301, 302), (302, 301), (308, 307)])
async def test_a_chain_with_a_temporary_link_is_followed_but_not_reported(statuses: tuple[int, ...]) -> None:
    async with site() as server:
        for number, status in enumerate(statuses):
            server.redirect(f"/{number}", f"/{number + 1}", status)
        server.answer(f"/{len(statuses)}")
        got = await poll_one(server.url("/0"))
        assert got.body == FEED
        assert got.permanent_url == ""


async def test_a_permanent_redirect_to_an_error_is_not_reported() -> None:
    async with site() as server:
        server.redirect("/a", "/gone")
        got = await poll_one(server.url("/a"))
        assert got.permanent_url == ""
        assert got.status == 404


async def test_a_304_behind_a_redirect_still_reports_it() -> None:
    async with site() as server:
        server.redirect("/a", "/b")
        server.answer("/b", status=304, body=b"")
        url = server.url("/a")
        got = await poll_one(url, state=feed(url, etag='"x"'))
        assert got.not_modified
        assert got.permanent_url == server.url("/b")


@pytest.mark.parametrize(
    ("location", "code", "refused"),
    [
        ("/loop", "redirect-loop", False),
        ("file:///etc/passwd", "redirect-target", True),
        ("ftp://site.test/feed", "redirect-target", True),
        ("gopher://site.test/", "redirect-target", True),
        ("javascript:alert(1)", "redirect-target", True),
        ("data:text/xml,<rss/>", "redirect-target", True),
        ("http://[::1", "redirect-target", True),
        ("http://site.test:99999/", "redirect-target", True),
        ("http://a b/", "redirect-target", True),
        ("http://169.254.169.254/latest/", "address", True),
    ],
)
async def test_a_redirect_that_is_not_followed(location: str, code: str, refused: bool) -> None:
    async with site() as server:
        server.redirect("/loop", location, 302)
        got = await poll_one(server.url("/loop"))
        assert got.error is not None
        assert (got.error.code, got.error.refused) == (code, refused)
        assert server.paths() == ["/loop"]


async def test_a_long_chain_ends() -> None:
    async with site() as server:
        for number in range(50):
            server.redirect(f"/{number}", f"/{number + 1}", 302)
        got = await poll_one(server.url("/0"), http={"max_redirects": 4})
        assert got.error is not None
        assert got.error.code == "redirect-limit"
        assert server.paths() == ["/0", "/1", "/2", "/3", "/4"]


async def test_a_redirect_without_a_target_is_an_error() -> None:
    async with site() as server:
        server.answer("/a", status=302, body=b"")
        got = await poll_one(server.url("/a"))
        assert got.error is not None
        assert got.error.code == "http-302"


@pytest.mark.parametrize(
    "location", ["/b#part", " /b ", "b", "./x/../b", "//site.test:{port}/b", "/b?q=%zz", "/b?ü=1"]
)
async def test_a_location_is_resolved_as_written(location: str) -> None:
    async with site() as server:
        server.redirect("/a", location.format(port=server.port))
        server.answer("/b")
        got = await poll_one(server.url("/a"))
        assert got.body == FEED, got.error
        assert "#" not in got.url


# --- credentials ---


def _secretive(server: Site, **options: str) -> FeedConfig:
    return FeedConfig(url=server.url("/feed"), allow_private=True, **options)


async def test_basic_credentials() -> None:
    async with site() as server:
        server.answer("/feed")
        config = _secretive(server, username="reader", password_env="PW")
        async with fetcher(config, secrets={"PW": "pass:wörd\n"}) as made:
            (got,) = await poll(made, feed(config.url))
        assert got.body == FEED
        expected = "Basic " + b64encode("reader:pass:wörd".encode()).decode()
        assert server.seen[0].headers["Authorization"] == expected


async def test_credentials_in_the_url_work_and_are_not_shown() -> None:
    async with site() as server:
        server.answer("/feed", status=403)
        url = server.url("/feed?key=sesame").replace("//", "//user:hush%21@")
        got = await poll_one(url)
        assert server.seen[0].headers["Authorization"] == "Basic " + b64encode(b"user:hush!").decode()
        assert "hush" not in got.url
        assert got.error is not None
        assert "hush" not in got.error.message
        assert "sesame" not in got.error.message


@pytest.mark.parametrize("target", ["other host", "other host and port", "other port", "userinfo"])
async def test_credentials_never_follow_to_another_origin(target: str) -> None:
    async with site() as server, site() as elsewhere:
        elsewhere.answer("/b")
        server.answer("/b")
        server.redirect("/feed", "/hop", 302)
        to = {
            "other host": server.url("/b", "other.test"),
            "other host and port": elsewhere.url("/b", "other.test"),
            "other port": elsewhere.url("/b"),
            "userinfo": elsewhere.url("/b").replace("//", "//evil:evil@"),
        }[target]
        server.redirect("/hop", to, 302)
        config = _secretive(server, username="u", password_env="PW", header="X-Key", header_env="KEY")
        async with fetcher(config, secrets={"PW": "p", "KEY": "k"}) as made:
            (got,) = await poll(made, feed(config.url))
        assert got.body == FEED
        *at_home, request = server.seen + elsewhere.seen
        assert [each.headers["X-Key"] for each in at_home] == ["k", "k"]
        assert "Authorization" not in request.headers
        assert "X-Key" not in request.headers
        assert "evil" not in got.url


async def test_credentials_stay_home_when_the_feed_has_moved() -> None:
    async with site() as server, site() as elsewhere:
        elsewhere.answer("/b")
        config = _secretive(server, header="Authorization", header_env="KEY")
        async with fetcher(config, secrets={"KEY": "Bearer k"}) as made:
            await poll(made, feed(config.url, location=elsewhere.url("/b")))
        assert "Authorization" not in elsewhere.seen[0].headers


@pytest.mark.parametrize("value", [None, "", "two\nlines"])
async def test_a_secret_that_is_missing_or_unusable_is_named_and_nothing_is_sent(value: str | None) -> None:
    async with site() as server:
        server.answer("/feed")
        config = _secretive(server, header="X-Key", header_env="KEY")
        async with fetcher(config, secrets={"KEY": value} if value is not None else {}) as made:
            (got,) = await poll(made, feed(config.url))
        assert got.error is not None
        assert got.error.code == "credentials"
        assert "'KEY'" in got.error.message
        assert "lines" not in got.error.message
        assert server.seen == []


# --- answers that are no feed ---


@pytest.mark.parametrize(
    "status",
    [
        201,
        202,
        204,
        205,
        206,
        226,
        300,
        304,
        305,
        400,
        401,
        402,
        403,
        404,
        406,
        410,
        418,
        429,
        451,
        500,
        503,
        599,
    ],
)
async def test_every_other_status_is_an_error_with_words(status: int) -> None:
    async with site() as server:
        server.answer("/feed", status=status, body=b"")
        got = await poll_one(server.url("/feed"))
        assert got.error is not None
        assert got.error.code == f"http-{status}"
        assert not got.error.refused
        assert len(got.error.message) > 20
        assert got.status == status
        assert got.body is None


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120),
        ("0", None),
        ("-5", None),
        ("soon", None),
        ("", None),
        ("1.5", None),
        ("99999999999999999999", 7 * 86400),
        ("date:3600", 3600),
        ("date:-3600", None),
        ("date:99999999", 7 * 86400),
    ],
)
@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("skew", [0, 86400])
async def test_retry_after(value: str, seconds: int | None, status: int, skew: int) -> None:
    there = NOW + timedelta(seconds=skew)  # what the server's clock says
    if value.startswith("date:"):
        value = format_datetime(there + timedelta(seconds=int(value[5:])), usegmt=True)
    async with site() as server:
        server.answer("/feed", status=status, Retry_After=value, Date=format_datetime(there, usegmt=True))
        got = await poll_one(server.url("/feed"))
        assert got.error is not None
        if seconds is None:
            assert got.error.retry_at is None
        else:
            assert got.error.retry_at is not None
            assert abs((got.error.retry_at - got.at).total_seconds() - seconds) < 2


async def test_retry_after_counts_for_429_and_503_alone() -> None:
    async with site() as server:
        server.answer("/feed", status=500, Retry_After="120")
        got = await poll_one(server.url("/feed"))
        assert got.error is not None
        assert got.error.retry_at is None


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("ftp://site.test/feed", "url"),
        ("file:///etc/passwd", "url"),
        ("feed", "url"),
        ("", "url"),
        ("http://", "url"),
        ("http://[", "url"),
        ("http://site.test:0/", "url"),
        ("http://site.test:x/", "url"),
        ("http://site.test/\r\nX: y", "url"),
        ("http://unknown.example/", "dns"),
        ("http://site.test:1/", "connect"),
        ("http://" + "a" * 70 + ".example/", "dns"),
        ("http://..../", "dns"),
    ],
)
async def test_urls_that_lead_nowhere(url: str, code: str) -> None:
    got = await poll_one(url)
    assert got.error is not None
    assert got.error.code == code


async def test_a_body_that_is_empty_is_an_error() -> None:
    async with site() as server:
        server.answer("/feed", body=b"")
        got = await poll_one(server.url("/feed"))
        assert got.error is not None
        assert got.error.code == "empty"


async def test_a_mistake_of_ours_harms_one_feed_alone_and_tells_no_secret(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with site() as server:
        server.answer("/good")
        good, bad = server.url("/good"), server.url("/bad")
        async with fetcher(good, bad) as made:
            real = made._exchanger.run

            async def run(call: object) -> object:
                if getattr(call, "url", "").endswith("/bad"):
                    raise RuntimeError("ses" + "ame")  # not whole in the source line, which is logged
                return await real(call)  # type: ignore[arg-type]

            monkeypatch.setattr(made._exchanger, "run", run)
            with capture_logs() as logged:
                first, second = await poll(made, feed(bad, 1), feed(good, 2))
        assert first.error is not None
        assert first.error.code == "internal"
        (line,) = logged
        assert line["error"] == "RuntimeError"
        assert "test_http.py" in line["where"]
        assert "sesame" not in str(line) + first.error.message
        assert second.body == FEED


async def test_closing_the_iterator_abandons_what_is_under_way() -> None:
    async def slow(request: web.Request) -> web.StreamResponse:
        await asyncio.sleep(30)
        return web.Response()

    async with site() as server:
        server.answer("/fast")
        server.on("/slow", slow)
        urls = [server.url("/fast", "a.test"), server.url("/slow", "b.test")]
        async with fetcher(*urls) as made:
            found = made.fetch([feed(url, number) for number, url in enumerate(urls)])
            first = await anext(found)
            assert first.body == FEED
            await asyncio.wait_for(found.aclose(), 2)
            assert len(asyncio.all_tasks()) < 10


async def test_polls_under_way_when_the_fetcher_is_closed_blame_nobody() -> None:
    async def slow(request: web.Request) -> web.StreamResponse:
        await asyncio.sleep(30)
        return web.Response()

    async with site() as server:
        server.on("/slow", slow)
        every = [server.url(f"/slow?{n}", f"h{n % 2}.test") for n in range(4)]
        async with fetcher(*every) as made:
            under_way = asyncio.create_task(poll(made, *(feed(url, n) for n, url in enumerate(every))))
            await asyncio.sleep(0.2)
            await made.close()
            got = await asyncio.wait_for(under_way, 2)
            (later,) = await poll(made, feed(every[0]))
    assert [each.error.code for each in [*got, later] if each.error] == ["stopped"] * 5
