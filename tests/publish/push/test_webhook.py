"""Webhooks to a real HTTP server that fails in the ways servers do."""

from __future__ import annotations

import asyncio
import base64
import hmac
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import structlog
from aiohttp import web

from aggregator.core.types import Story
from aggregator.publish.push import http
from aggregator.publish.push.plan import plan_deliveries
from aggregator.publish.push.types import Delivery, SendFailed
from aggregator.publish.push.webhook import signatures
from aggregator.store.outbox import SqlOutbox

from .servers import closed_port, dispatcher, hex_signature, output, serving

NOW = datetime(2026, 11, 23, 4, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)
Make = Callable[..., Delivery]


def test_a_story_arrives_signed(outbox: SqlOutbox, story: Callable[..., Story]) -> None:
    requests: list[tuple[dict[str, str], bytes]] = []

    async def receive(request: web.Request) -> web.Response:
        requests.append((dict(request.headers), await request.read()))
        return web.Response(status=204)

    async def run() -> None:
        async with serving(hook=receive) as url:
            out = output({"kind": "webhook", "url_env": "HOOK", "secret_env": "KEY"})
            outbox.queue(plan_deliveries(out, [story()], NOW, base_url="https://me.example"))
            async with dispatcher(out, {"HOOK": url + "/hook?token=x", "KEY": "s3cret"}) as one:
                await one.drain(outbox, NOW)
                await one.drain(outbox, NOW + HOUR)

    asyncio.run(run())
    ((headers, body),) = requests
    document = json.loads(body)
    assert document["version"] == 1
    assert document["type"] == "story"
    assert document["output"] == {"slug": "korea", "title": "Korea watch"}
    (told,) = document["stories"]
    assert told["title"].startswith("합참")
    assert told["page"] == "https://me.example/story/s1"
    assert told["key"] == document["id"] == headers["Idempotency-Key"] == headers["webhook-id"]
    assert headers["Content-Type"].startswith("application/json")
    assert headers["User-Agent"] == "aggregator/test"
    assert headers["X-Hub-Signature-256"] == "sha256=" + hex_signature(b"s3cret", body)
    signed = f"{document['id']}.{int(NOW.timestamp())}.".encode() + body
    expected = base64.b64encode(hmac.digest(b"s3cret", signed, "sha256")).decode()
    assert headers["webhook-signature"] == f"v1,{expected}"
    assert headers["webhook-timestamp"] == str(int(NOW.timestamp()))


def test_signatures_follow_the_published_example() -> None:
    """The example of the Standard Webhooks specification's reference libraries."""
    body = b'{"test": 2432232314}'
    at = datetime.fromtimestamp(1614265330, UTC)
    found = signatures("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", at, body)
    assert found["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_broken_key_is_said_not_used() -> None:
    with pytest.raises(SendFailed, match="not base64"):
        signatures("whsec_%%%", "id", NOW, b"")


def test_without_a_key_nothing_is_signed(outbox: SqlOutbox, delivery: Make) -> None:
    seen: list[set[str]] = []

    async def receive(request: web.Request) -> web.Response:
        seen.append({name.lower() for name in request.headers})
        return web.Response()

    async def run() -> None:
        async with (
            serving(hook=receive) as url,
            dispatcher(output({"kind": "webhook", "url": url + "/hook"})) as one,
        ):
            outbox.queue([delivery("a")])
            await one.drain(outbox, NOW)

    asyncio.run(run())
    assert len(seen) == 1
    assert "idempotency-key" in seen[0]
    assert seen[0].isdisjoint({"x-hub-signature-256", "webhook-signature"})


def test_a_summary_holds_each_story_with_its_own_key(outbox: SqlOutbox, delivery: Make) -> None:
    documents: list[dict[str, Any]] = []

    async def receive(request: web.Request) -> web.Response:
        documents.append(await request.json())
        return web.Response()

    async def run() -> None:
        async with serving(hook=receive) as url:
            out = output({"kind": "webhook", "url": url + "/hook", "max_per_hour": 2})
            outbox.queue([delivery(f"k{n}") for n in range(5)])
            async with dispatcher(out) as one:
                await one.drain(outbox, NOW)

    asyncio.run(run())
    assert [document["type"] for document in documents] == ["story", "summary"]
    assert [story["key"] for document in documents for story in document["stories"]] == [
        f"k{n}" for n in range(5)
    ]


def one_answer(
    outbox: SqlOutbox, delivery: Delivery, status: int, headers: dict[str, str] | None = None
) -> tuple[int, list[str]]:
    """Send to a server that answers so, once and again a second later; how often it was asked, and dead letters."""
    asked: list[str] = []

    async def answer(request: web.Request) -> web.Response:
        asked.append(request.path)
        return web.Response(status=status, headers=headers, text="x" * 100_000)

    async def run() -> None:
        async with serving(hook=answer, elsewhere=answer) as url:
            out = output({"kind": "webhook", "url": url + "/hook"})
            outbox.queue([delivery])
            async with dispatcher(out) as one:
                await one.drain(outbox, NOW)
                await one.drain(outbox, NOW + timedelta(seconds=1))

    asyncio.run(run())
    return len(asked), [letter.error for letter in outbox.dead_letters()]


@pytest.mark.parametrize("status", [400, 410, 413, 422])
def test_what_is_wrong_with_the_message_makes_it_a_dead_letter(
    outbox: SqlOutbox, delivery: Make, status: int
) -> None:
    asked, (error,) = one_answer(outbox, delivery("a"), status)
    assert asked == 1
    assert error.endswith(f"answered {status}")


@pytest.mark.parametrize("status", [401, 403, 404, 408, 429, 500, 502, 503])
def test_what_may_pass_is_tried_again_later(outbox: SqlOutbox, delivery: Make, status: int) -> None:
    assert one_answer(outbox, delivery("a"), status) == (1, [])
    assert outbox.due(NOW + timedelta(seconds=10), 9) == []
    (again,) = outbox.due(NOW + timedelta(seconds=60), 9)
    assert again.attempts == 1


def test_retry_after_moves_the_next_attempt(outbox: SqlOutbox, delivery: Make) -> None:
    assert one_answer(outbox, delivery("a"), 429, {"Retry-After": "1800"}) == (1, [])
    assert outbox.due(NOW + timedelta(seconds=1799), 9) == []
    assert len(outbox.due(NOW + timedelta(seconds=1800), 9)) == 1


def test_redirects_are_not_followed(outbox: SqlOutbox, delivery: Make) -> None:
    assert one_answer(outbox, delivery("a"), 307, {"Location": "/elsewhere"}) == (1, [])
    assert len(outbox.due(NOW + HOUR, 9)) == 1


def test_refused_connections_and_servers_that_hang_up_lose_nothing(outbox: SqlOutbox, delivery: Make) -> None:
    received: list[str] = []

    async def receive(request: web.Request) -> web.Response:
        received.append((await request.json())["id"])
        if len(received) == 1:
            assert request.transport is not None
            request.transport.abort()
        return web.Response()

    async def run() -> None:
        outbox.queue([delivery("a"), delivery("b")])
        dead = output({"kind": "webhook", "url": f"http://127.0.0.1:{closed_port()}/hook"})
        async with dispatcher(dead) as one:
            assert (await one.drain(outbox, NOW)).failed == 1
        async with serving(hook=receive) as url:
            async with dispatcher(output({"kind": "webhook", "url": url + "/hook"})) as one:
                assert (await one.drain(outbox, NOW + HOUR)).failed == 1
            async with dispatcher(output({"kind": "webhook", "url": url + "/hook"})) as one:
                assert (await one.drain(outbox, NOW + 2 * HOUR)).sent == 2

    asyncio.run(run())
    assert sorted(received) in (["a", "a", "b"], ["a", "b", "b"])
    assert outbox.dead_letters() == []


def test_a_server_that_never_answers_is_left_after_a_while(
    outbox: SqlOutbox, delivery: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "TIMEOUT", 0.3)
    healthy: list[str] = []

    async def hang(request: web.Request) -> web.Response:
        await asyncio.sleep(5)
        return web.Response()

    async def receive(request: web.Request) -> web.Response:
        healthy.append((await request.json())["id"])
        return web.Response()

    async def run() -> None:
        async with serving(hang=hang, hook=receive) as url:
            out = output(
                {"kind": "webhook", "name": "slow", "url": url + "/hang"},
                {"kind": "webhook", "url": url + "/hook"},
            )
            slow = [delivery(f"s{n}", channel="webhook:slow") for n in range(5)]
            outbox.queue([*slow, *(delivery(f"k{n}") for n in range(5))])
            async with dispatcher(out) as one, asyncio.timeout(4):
                done = await one.drain(outbox, NOW)
            assert (done.sent, done.failed) == (5, 1)

    asyncio.run(run())
    assert len(healthy) == 5
    assert len(outbox.due(NOW, 9)) == 4
    assert len(outbox.due(NOW + HOUR, 9)) == 5


def errors(outbox: SqlOutbox, url: str, **push: Any) -> str:
    """Why a delivery to `url` fails, as logged."""
    out = output({"kind": "webhook", "url_env": "HOOK", **push})

    async def run() -> list[Any]:
        with structlog.testing.capture_logs() as logs:
            async with dispatcher(out, {"HOOK": url}) as one:
                await one.drain(outbox, NOW)
        return logs

    (entry,) = asyncio.run(run())
    return str(entry)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "169.254.169.254"])
def test_private_addresses_are_refused_unless_allowed(outbox: SqlOutbox, delivery: Make, host: str) -> None:
    outbox.queue([delivery("a")])
    said = errors(outbox, f"http://{host}:{closed_port()}/", allow_private=False)
    assert "refused: a" in said
    assert "connection refused" not in said


@pytest.mark.parametrize(
    "url",
    [
        "http://user:geheim@127.0.0.1:{port}/geheim?geheim=geheim",
        "http://127.0.0.1:{port}geheim/",
        "geheim",
        "http://[geheim/",
    ],
)
def test_secret_urls_do_not_reach_the_log(outbox: SqlOutbox, delivery: Make, url: str) -> None:
    outbox.queue([delivery("a")])
    said = errors(outbox, url.replace("{port}", str(closed_port())))
    assert "push.failed" in said
    assert "geheim" not in said
    (again,) = outbox.due(NOW + HOUR, 9)
    outbox.dead([again.n], "x")


def test_a_missing_secret_is_named_and_the_message_waits(outbox: SqlOutbox, delivery: Make) -> None:
    outbox.queue([delivery("a")])
    said = errors(outbox, "", secret_env="")
    assert "neither a systemd credential nor an environment variable is called HOOK" in said
    assert len(outbox.due(NOW + HOUR, 9)) == 1
