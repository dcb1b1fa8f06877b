"""A WebSub hub and a subscriber, after the W3C Recommendation of 2018, small but real."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field

import aiohttp
from aiohttp import web

from .servers import hex_signature


@dataclass
class Hub:
    """Verifies subscribers, is pinged by publishers, fetches topics, and distributes what changed."""

    session: aiohttp.ClientSession
    subscribers: dict[str, dict[str, str]] = field(default_factory=dict)
    """Topic to callback to secret."""
    content: dict[str, bytes] = field(default_factory=dict)
    pings: list[str] = field(default_factory=list)
    fault: Callable[[int], int] | None = None
    """Given the number of a ping, from 1, the status to answer instead of taking it; 0: take it."""
    asked: int = 0

    async def answer(self, request: web.Request) -> web.Response:
        form = await request.post()
        mode, topic = str(form.get("hub.mode")), str(form.get("hub.topic", ""))
        if mode == "publish":
            self.asked += 1
            refusal = self.fault(self.asked) if self.fault else 0
            if refusal:
                return web.Response(status=refusal)
            assert request.content_type == "application/x-www-form-urlencoded"
            await self._distribute(str(form["hub.url"]))
            return web.Response(status=202)
        if mode != "subscribe" or not topic:
            return web.Response(status=400, text="hub.mode or hub.topic is missing")
        return await self._verify(topic, str(form["hub.callback"]), str(form["hub.secret"]))

    async def _verify(self, topic: str, callback: str, secret: str) -> web.Response:
        """Section 5.3: the subscriber must echo a challenge."""
        challenge = secrets.token_urlsafe(16)
        query = {
            "hub.mode": "subscribe",
            "hub.topic": topic,
            "hub.challenge": challenge,
            "hub.lease_seconds": "60",
        }
        async with self.session.get(callback, params=query) as answer:
            if answer.status != 200 or await answer.text() != challenge:
                return web.Response(status=404)
        self.subscribers.setdefault(topic, {})[callback] = secret
        return web.Response(status=202)

    async def _distribute(self, topic: str) -> None:
        """Section 7: the whole document, signed, to each subscriber, when it changed."""
        self.pings.append(topic)
        async with self.session.get(topic) as answer:
            assert answer.status == 200
            body, kind = await answer.read(), answer.headers["Content-Type"]
        if self.content.get(topic) == body:
            return
        self.content[topic] = body
        for callback, secret in self.subscribers.get(topic, {}).items():
            headers = {
                "Content-Type": kind,
                "Link": f'<{topic}>; rel="self"',
                "X-Hub-Signature": "sha256=" + hex_signature(secret.encode(), body),
            }
            async with self.session.post(callback, data=body, headers=headers) as answer:
                assert answer.status == 200


@dataclass
class Subscriber:
    """Confirms what it asked for and keeps what it is sent with a valid signature."""

    secret: str = "between hub and me"
    wanted: set[str] = field(default_factory=set)
    received: list[bytes] = field(default_factory=list)
    news: asyncio.Event = field(default_factory=asyncio.Event)

    async def answer(self, request: web.Request) -> web.Response:
        if request.method == "GET":
            if request.query["hub.topic"] not in self.wanted:
                return web.Response(status=404)
            return web.Response(text=request.query["hub.challenge"])
        body = await request.read()
        assert request.headers["X-Hub-Signature"] == "sha256=" + hex_signature(self.secret.encode(), body)
        self.received.append(body)
        self.news.set()
        return web.Response()

    async def subscribe(self, session: aiohttp.ClientSession, hub: str, topic: str, callback: str) -> int:
        """Ask the hub for a topic; the status it answers with."""
        self.wanted.add(topic)
        form = {
            "hub.mode": "subscribe",
            "hub.topic": topic,
            "hub.callback": callback,
            "hub.secret": self.secret,
        }
        async with session.post(hub, data=form) as answer:
            return answer.status
