"""The daemon tells a webhook, a mailbox and a hub, all real, through a kill and a webhook that is down at first."""

from __future__ import annotations

import email
import email.policy
import json
import os
import signal
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from .subscriber import Subscriber
from .world import Loop, Running, daemon, demo_site, free_port, write_config

TOPIC = "korean-peninsula-security"
PUSH = """
[[outputs.push]]
kind = "webhook"
name = "desk"
url = "{receiver}/desk"
secret_env = "DESK_KEY"
allow_private = true
max_per_hour = 1000

[[outputs.push]]
kind = "webhook"
name = "away"
url_env = "AWAY"
allow_private = true
max_per_hour = 1000

[[outputs.push]]
kind = "notify"
name = "mail"
url_env = "MAIL"
max_per_hour = 3
when = "new"

[[outputs.push]]
kind = "websub"
name = "hub"
url = "{receiver}/hub"
allow_private = true
max_per_hour = 1000
"""


class World:
    """What the daemon told, and whom."""

    def __init__(self) -> None:
        self.desk: list[dict[str, Any]] = []
        self.away: list[dict[str, Any]] = []
        self.pinged: list[str] = []
        self.mails: list[tuple[str, str]] = []
        self.away_answers = 500
        self.desk_limit = 0
        """The message at which the desk kills the daemon; 0: none."""
        self.kill: Callable[[], None] = lambda: None

    async def to_desk(self, request: web.Request) -> web.Response:
        assert request.headers["webhook-signature"].startswith("v1,")
        self.desk.append(await request.json())
        if len(self.desk) == self.desk_limit:
            self.kill()
        return web.Response()

    async def to_away(self, request: web.Request) -> web.Response:
        if self.away_answers == 200:
            self.away.append(await request.json())
        return web.Response(status=self.away_answers)

    async def to_hub(self, request: web.Request) -> web.Response:
        self.pinged.append(str((await request.post())["hub.url"]))
        return web.Response(status=202)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        assert isinstance(envelope.content, bytes)
        mail = email.message_from_bytes(envelope.content, policy=email.policy.default)
        part = mail.get_body(("plain", "html"))  # type: ignore[attr-defined] # of EmailMessage, which the policy makes
        self.mails.append((str(mail["Subject"]), str(part.get_content())))
        return "250 OK"


@contextmanager
def receivers(world: World) -> Iterator[tuple[str, str]]:
    """The HTTP and the mail server; yields their URLs."""
    loop = Loop()

    async def start() -> web.AppRunner:
        application = web.Application()
        handlers: dict[str, Callable[[web.Request], Awaitable[web.Response]]] = {
            "/desk": world.to_desk,
            "/away": world.to_away,
            "/hub": world.to_hub,
        }
        for path, handler in handlers.items():
            application.router.add_post(path, handler)
        runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        return runner

    runner = loop.run(start())
    mail = Controller(world, hostname="127.0.0.1", port=free_port())
    mail.start()
    try:
        yield (
            f"http://127.0.0.1:{runner.addresses[0][1]}",
            f"mailto://127.0.0.1:{mail.port}?from=a@example.org&to=b@example.org&mode=insecure",
        )
    finally:
        mail.stop()
        loop.run(runner.cleanup())
        loop.close()


def told(documents: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [story for document in documents for story in document["stories"]]


def shown(running: Running) -> dict[str, str]:
    """Stories in the output: id to title."""
    status, _, body = running.get(f"/feeds/{TOPIC}.json")
    assert status == 200
    return {item["_aggregator"]["story"]: item["title"] for item in json.loads(body)["items"]}


@pytest.mark.slow
def test_everything_is_told_through_a_kill(tmp_path: Path) -> None:
    world, port = World(), free_port()
    with demo_site() as site, receivers(world) as (http, mail):
        topics = f'topics = ["{TOPIC}"]\n'
        config = write_config(
            tmp_path,
            site,
            port=port,
            replace=[(topics, topics + PUSH.format(receiver=http)), ('ceiling = "30s"', 'ceiling = "6s"')],
        )
        secrets = {"DESK_KEY": "s3cret-key", "AWAY": f"{http}/away", "MAIL": mail}
        reader = Subscriber(f"http://127.0.0.1:{port}/feeds/{TOPIC}.atom")

        world.desk_limit = 4
        with daemon(config, port=port, **secrets) as running:
            world.kill = lambda: os.kill(running.process.pid, signal.SIGKILL)
            assert running.process.wait(60) == -signal.SIGKILL
        assert len(world.desk) == 4

        site.step()
        world.away_answers = 200
        with daemon(config, port=port, **secrets) as running:
            reader.poll()

            def quiet() -> bool:
                reader.poll()
                stories = {story["story"] for story in told(world.desk)}
                return len(shown(running)) > 8 and set(shown(running)) <= stories

            running.wait(quiet, "every story at the desk", 60)
            running.wait(
                lambda: set(shown(running)) <= {s["story"] for s in told(world.away)}, "all at the other"
            )
            running.wait(lambda: len(world.mails) >= 3, "three mails")
            assert running.stop() < 10

        keys = [story["key"] for story in told(world.desk)]
        assert len(keys) - len(set(keys)) <= 1, "a kill repeats at most the message under way"
        assert len(world.mails) <= 3
        assert any(title.endswith("stories") for title, _ in world.mails)
        assert set(world.pinged) == {
            f"http://127.0.0.1:{port}/feeds/{TOPIC}.{form}" for form in ("atom", "rss", "json")
        }
        assert reader.faults == []
        log = running.text()
        assert "s3cret-key" not in log
        assert "mailto" not in log
        assert "/away" not in log
