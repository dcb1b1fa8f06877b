"""Notifications by mail through a real SMTP server, and what must never be said about their URLs."""

from __future__ import annotations

import asyncio
import email
import email.policy
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage

import pytest
import structlog
from aiohttp import web
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from aggregator.core.types import Story
from aggregator.publish.push import notify
from aggregator.publish.push.plan import plan_deliveries
from aggregator.publish.push.types import Delivery
from aggregator.store.outbox import SqlOutbox

from .servers import closed_port, dispatcher, output, serving

NOW = datetime(2026, 11, 23, 4, 30, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
Make = Callable[..., Delivery]
# Apprise falls back to a module that Python 3.11 and 3.12 warn about.
pytestmark = pytest.mark.filterwarnings("ignore:.imghdr. is deprecated:DeprecationWarning")

MAIL = {"kind": "notify", "name": "mail", "url_env": "MAIL"}


class Mailbox:
    """Takes mail, except where `answers` says otherwise."""

    def __init__(self, answers: Callable[[int], str] = lambda number: "") -> None:
        self.answers = answers
        self.asked = 0
        self.mails: list[EmailMessage] = []
        self.recipients: list[str] = []

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        self.asked += 1
        if refusal := self.answers(self.asked):
            return refusal
        assert isinstance(envelope.content, bytes)
        parsed = email.message_from_bytes(envelope.content, policy=email.policy.default)
        assert isinstance(parsed, EmailMessage)
        self.mails.append(parsed)
        self.recipients += envelope.rcpt_tos
        return "250 OK"


@contextmanager
def smtp(mailbox: Mailbox) -> Iterator[str]:
    """A mail server on loopback; yields the Apprise URL that leads there."""
    port = closed_port()
    controller = Controller(mailbox, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield f"mailto://127.0.0.1:{port}?from=aggregator@example.org&to=desk@example.org&mode=insecure"
    finally:
        controller.stop()


def drain(outbox: SqlOutbox, url: str, times: list[datetime], **push: object) -> list[str]:
    """Rounds at these times; what was logged."""

    async def run() -> list[str]:
        with structlog.testing.capture_logs() as logs:
            async with dispatcher(output({**MAIL, **push}), {"MAIL": url}) as one:
                for now in times:
                    await one.drain(outbox, now)
        return [str(entry) for entry in logs]

    return asyncio.run(run())


def text_of(mail: EmailMessage) -> str:
    part = mail.get_body(("plain", "html"))
    assert part is not None
    return str(part.get_content())


def test_a_story_arrives_as_a_mail(outbox: SqlOutbox, story: Callable[..., Story]) -> None:
    mailbox = Mailbox()
    out = output(MAIL)
    outbox.queue(plan_deliveries(out, [story()], NOW, base_url="https://me.example"))
    with smtp(mailbox) as url:
        assert drain(outbox, url, [NOW, NOW + HOUR]) == []
    (mail,) = mailbox.mails
    assert mailbox.recipients == ["desk@example.org"]
    assert mail["Subject"] == '합참 "북한, 단거리 탄도미사일 발사" 🚀'
    text = text_of(mail)
    assert "Three missiles flew 420 km." in text
    assert "https://me.example/story/s1" in text
    assert "Korea watch" in text


def test_a_headline_cannot_add_headers(outbox: SqlOutbox, story: Callable[..., Story]) -> None:
    mailbox = Mailbox()
    evil = story(title="News\r\nBcc: victim@example.org\r\n\r\n<b>injected</b>")
    outbox.queue(plan_deliveries(output(MAIL), [evil], NOW))
    with smtp(mailbox) as url:
        drain(outbox, url, [NOW])
    (mail,) = mailbox.mails
    assert mail["Bcc"] is None
    assert mailbox.recipients == ["desk@example.org"]
    assert str(mail["Subject"]).startswith("News Bcc: victim")


def test_a_storm_is_one_mail_at_the_end_of_the_budget(outbox: SqlOutbox, delivery: Make) -> None:
    mailbox = Mailbox()
    outbox.queue([delivery(f"k{n}", channel="notify:mail") for n in range(12)])
    with smtp(mailbox) as url:
        drain(outbox, url, [NOW + n * MINUTE for n in range(10)], max_per_hour=3)
    assert [str(mail["Subject"]) for mail in mailbox.mails] == [
        "New: Story k0",
        "New: Story k1",
        "Korea watch: 10 stories",
    ]
    assert all(f"Story k{n}" in text_of(mailbox.mails[2]) for n in range(2, 12))


def test_a_mail_server_in_trouble_loses_nothing(outbox: SqlOutbox, delivery: Make) -> None:
    mailbox = Mailbox(lambda number: "451 try again later" if number in {2, 3, 5} else "")
    outbox.queue([delivery(f"k{n}", channel="notify:mail") for n in range(6)])
    with smtp(mailbox) as url:
        logs = drain(outbox, url, [NOW + n * MINUTE for n in range(20)])
    assert sorted(str(mail["Subject"]) for mail in mailbox.mails) == [f"New: Story k{n}" for n in range(6)]
    assert len(logs) == 3
    assert outbox.dead_letters() == []


def test_a_mail_server_that_is_away_is_tried_again(outbox: SqlOutbox, delivery: Make) -> None:
    outbox.queue([delivery("a", channel="notify:mail")])
    away = f"mailto://127.0.0.1:{closed_port()}?from=a@example.org&to=b@example.org&mode=insecure"
    (said,) = drain(outbox, away, [NOW, NOW + timedelta(seconds=5)])
    assert "the notification failed" in said
    mailbox = Mailbox()
    with smtp(mailbox) as url:
        drain(outbox, url, [NOW + MINUTE])
    assert len(mailbox.mails) == 1


@pytest.fixture
def everything_logged() -> Iterator[list[str]]:
    """What a root logger at DEBUG with a handler of its own is told; pytest's caplog would also see what is
    kept from it."""
    lines: list[str] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(f"{record.name} {record.getMessage()}")

    root, handler = logging.getLogger(), Keep()
    before = root.level
    root.setLevel(logging.DEBUG)
    root.addHandler(handler)
    yield lines
    root.removeHandler(handler)
    root.setLevel(before)


@pytest.mark.parametrize(
    "url",
    [
        "mailto://geheimuser:geheimpass@127.0.0.1:{port}?from=geheim@example.org&to=geheim@example.org&mode=insecure",
        "json://geheimuser:geheimpass@127.0.0.1:{port}/geheimpath?-geheim=geheim",
        "ntfy://geheimuser:geheimpass@127.0.0.1:{port}/geheimtopic",
        "geheim://geheim/geheim",
        "nothing like a URL: geheim",
        "json://[geheim",
    ],
)
def test_secrets_reach_no_log_no_error_and_no_stream(
    outbox: SqlOutbox,
    delivery: Make,
    url: str,
    everything_logged: list[str],
    capfd: pytest.CaptureFixture[str],
) -> None:
    outbox.queue([delivery("a", channel="notify:mail")])
    logs = drain(outbox, url.replace("{port}", str(closed_port())), [NOW, NOW + 4 * timedelta(days=1)])
    (letter,) = outbox.dead_letters()
    captured = capfd.readouterr()
    assert letter.error
    assert "geheim" not in str(logs) + letter.error + str(everything_logged) + captured.out + captured.err


def test_what_is_left_of_a_reason_is_still_of_use() -> None:
    url = "json://user:pass%20word@host.example:80/to/ken?x=abc"
    said = "Failed for user with 'pass word' at host.example: token ken, abc, error=401"
    cleaned = notify.without_secrets(said, url)
    assert "error=401" in cleaned
    assert not any(secret in cleaned for secret in ("pass word", "host.example", "abc", "user"))
    assert notify.without_secrets("anything", "json://[broken") == "the notification failed"


def test_long_texts_are_cut_for_the_service_not_refused(outbox: SqlOutbox, delivery: Make) -> None:
    bodies: list[str] = []

    async def receive(request: web.Request) -> web.Response:
        body = await request.json()
        if len(body["message"]) > 32768:
            return web.Response(status=413)
        bodies.append(body["message"])
        return web.Response()

    async def run() -> None:
        async with serving(hook=receive) as url:
            long = delivery("a", channel="notify:mail")
            long = delivery("a", channel="notify:mail", body={**long.body, "lead": "word " * 20_000})
            outbox.queue([long])
            target = url.replace("http://", "json://") + "/hook"
            async with dispatcher(output(MAIL), {"MAIL": target}) as one:
                assert (await one.drain(outbox, NOW)).sent == 1

    asyncio.run(run())
    assert len(bodies) > 1
    assert sum(body.count("word") for body in bodies) >= 19_990
