"""Rounds of deliveries, with channels that fail in every way: nothing lost, nothing in a storm."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
import structlog

from aggregator.publish.push.dispatcher import Channel, Dispatcher, Drained
from aggregator.publish.push.types import Delivery, Message, SendFailed
from aggregator.store.outbox import SqlOutbox

NOW = datetime(2026, 11, 23, 4, 30, tzinfo=UTC)
SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DESK = ("korea", "webhook:desk")
MAIL = ("korea", "notify:mail")
Make = Callable[..., Delivery]


class Recorder:
    """A sender that notes what reaches it, after asking `fault` whether it may."""

    def __init__(self, fault: Callable[[Message, datetime], Awaitable[None] | None] | None = None) -> None:
        self.fault = fault
        self.tries: list[datetime] = []
        self.sent: list[datetime] = []
        self.messages: list[tuple[str, ...]] = []

    async def send(self, message: Message, now: datetime) -> None:
        self.tries.append(now)
        if self.fault is not None:
            waiting = self.fault(message, now)
            if waiting is not None:
                await waiting
        self.sent.append(now)
        self.messages.append(tuple(part.delivery.key for part in message.parts))

    @property
    def arrived(self) -> Counter[str]:
        return Counter(key for message in self.messages for key in message)


def most_in_an_hour(moments: list[datetime]) -> int:
    return max(sum(at <= other < at + HOUR for other in moments) for at in moments)


def refuse(message: Message, now: datetime) -> None:
    raise SendFailed("connection refused")


def reject(message: Message, now: datetime) -> None:
    raise SendFailed("answered 400", permanent=True)


def drain(dispatcher: Dispatcher, outbox: SqlOutbox, now: datetime) -> Drained:
    return asyncio.run(dispatcher.drain(outbox, now))


def run(
    dispatcher: Dispatcher, outbox: SqlOutbox, start: datetime, until: timedelta, every: timedelta
) -> datetime:
    now = start
    while now < start + until:
        drain(dispatcher, outbox, now)
        now += every
    return now


def test_one_bad_channel_never_harms_another(outbox: SqlOutbox, delivery: Make) -> None:
    def explode(message: Message, now: datetime) -> None:
        raise RuntimeError("https://secret.example/token")

    async def hang() -> None:
        await asyncio.sleep(0.2)
        raise SendFailed("timeout")

    senders = {
        DESK: Recorder(),
        ("korea", "webhook:down"): Recorder(refuse),
        ("korea", "webhook:broken"): Recorder(explode),
        ("korea", "webhook:slow"): Recorder(lambda message, now: hang()),
    }
    outbox.queue(
        [
            delivery(f"{n}{channel}", channel=channel)
            for n in range(5)
            for _, channel in [*senders, ("", "x:gone")]
        ]
    )
    dispatcher = Dispatcher({address: Channel(sender) for address, sender in senders.items()})
    with structlog.testing.capture_logs() as logs:
        done = drain(dispatcher, outbox, NOW)
    assert senders[DESK].arrived.total() == 5
    assert (done.sent, done.messages, done.failed, done.dead) == (5, 5, 3, 5)
    assert {letter.error for letter in outbox.dead_letters()} == {
        "x:gone of the output korea is not in config.toml any more"
    }
    assert len(logs) == 3
    assert "secret" not in str(logs)
    assert "RuntimeError at test_courier.py:" in str(logs)
    assert set(dispatcher.resting(NOW)) == set(senders) - {DESK}


def test_a_dead_server_is_asked_ever_more_seldom_and_gets_everything_in_the_end(
    outbox: SqlOutbox, delivery: Make
) -> None:
    down_until = NOW + timedelta(hours=5)

    def down(message: Message, now: datetime) -> None:
        if now < down_until:
            refuse(message, now)

    desk = Recorder(down)
    dispatcher = Dispatcher({DESK: Channel(desk, max_per_hour=20)})
    now = NOW
    names = []
    while now < NOW + timedelta(hours=9):
        if (now - NOW) % (10 * MINUTE) == timedelta(0):
            names.append(f"k{len(names)}")
            outbox.queue([delivery(names[-1], created=now)])
        drain(dispatcher, outbox, now)
        now += MINUTE
    tried = [at for at in desk.tries if at < down_until]
    assert len(tried) < 5 * 4 + 8
    assert max(b - a for a, b in pairwise(tried)) <= 16 * MINUTE
    assert desk.arrived == Counter(names)
    assert most_in_an_hour(desk.sent) == 20


def test_a_storm_becomes_a_summary(outbox: SqlOutbox, delivery: Make) -> None:
    mail = Recorder()
    dispatcher = Dispatcher({MAIL: Channel(mail, max_per_hour=5)})
    outbox.queue([delivery(f"k{n}", channel="notify:mail") for n in range(60)])
    drain(dispatcher, outbox, NOW)
    assert [len(message) for message in mail.messages] == [1, 1, 1, 1, 56]
    outbox.queue([delivery("more", channel="notify:mail", created=NOW + MINUTE)])
    run(dispatcher, outbox, NOW + MINUTE, 58 * MINUTE, MINUTE)
    assert len(mail.messages) == 5
    run(dispatcher, outbox, NOW + HOUR, 5 * MINUTE, MINUTE)
    assert mail.messages[5:] == [("more",)]
    assert mail.arrived.total() == len(mail.arrived) == 61


def test_more_than_a_batch_is_not_lost(outbox: SqlOutbox, delivery: Make) -> None:
    mail = Recorder()
    dispatcher = Dispatcher({MAIL: Channel(mail, max_per_hour=2)}, batch=10)
    outbox.queue([delivery(f"k{n}", channel="notify:mail") for n in range(35)])
    run(dispatcher, outbox, NOW, 5 * HOUR, 10 * MINUTE)
    assert mail.arrived == Counter({f"k{n}": 1 for n in range(35)})


def test_pings_merge_and_keep_their_distance(outbox: SqlOutbox, delivery: Make) -> None:
    hub = Recorder()
    dispatcher = Dispatcher({("korea", "websub:hub"): Channel(hub, max_per_hour=20, merge=True)})
    for n in range(120):
        now = NOW + n * 10 * SECOND
        outbox.queue([delivery(f"v{n}", channel="websub:hub", created=now)])
        drain(dispatcher, outbox, now)
    assert hub.tries[:2] == [NOW, NOW + 3 * MINUTE]
    assert len(hub.tries) == 7
    run(dispatcher, outbox, NOW + 20 * MINUTE, 5 * MINUTE, MINUTE)
    assert hub.arrived == Counter({f"v{n}": 1 for n in range(120)})


def test_a_refused_message_is_a_dead_letter_and_the_next_goes_on(outbox: SqlOutbox, delivery: Make) -> None:
    def picky(message: Message, now: datetime) -> None:
        if message.parts[0].delivery.key == "bad":
            reject(message, now)

    desk = Recorder(picky)
    outbox.queue([delivery(name) for name in ("bad", "good", "fine")])
    done = drain(Dispatcher({DESK: Channel(desk)}), outbox, NOW)
    assert (done.sent, done.dead) == (2, 1)
    assert [(letter.story, letter.error) for letter in outbox.dead_letters()] == [("bad", "answered 400")]


def test_a_server_that_refuses_everything_is_left_alone(outbox: SqlOutbox, delivery: Make) -> None:
    desk = Recorder(reject)
    dispatcher = Dispatcher({DESK: Channel(desk)})
    outbox.queue([delivery(f"k{n}") for n in range(15)])
    run(dispatcher, outbox, NOW, 10 * MINUTE, 10 * SECOND)
    assert len(desk.tries) <= 8
    assert len(outbox.dead_letters()) == len(desk.tries)


def test_a_refused_summary_kills_none_of_its_parts(outbox: SqlOutbox, delivery: Make) -> None:
    mail = Recorder(reject)
    outbox.queue([delivery(f"k{n}") for n in range(9)])
    dispatcher = Dispatcher({DESK: Channel(mail, max_per_hour=1)})
    drain(dispatcher, outbox, NOW)
    assert outbox.dead_letters() == []
    mail.fault = None
    run(dispatcher, outbox, NOW + MINUTE, 5 * MINUTE, MINUTE)
    assert mail.arrived.total() == 9


def test_hopeless_ones_are_given_up_with_the_last_error(outbox: SqlOutbox, delivery: Make) -> None:
    outbox.queue([delivery("a")])
    dispatcher = Dispatcher({DESK: Channel(Recorder(refuse), give_up=timedelta(hours=2))})
    run(dispatcher, outbox, NOW, timedelta(hours=5), MINUTE)
    (letter,) = outbox.dead_letters()
    assert letter.error == "connection refused"
    assert 5 <= letter.attempts <= 12


def test_retry_after_is_obeyed(outbox: SqlOutbox, delivery: Make) -> None:
    def busy(message: Message, now: datetime) -> None:
        if now < NOW + HOUR:
            raise SendFailed("answered 429", retry_at=NOW + HOUR)

    desk = Recorder(busy)
    outbox.queue([delivery("a"), delivery("b")])
    run(Dispatcher({DESK: Channel(desk)}), outbox, NOW, 2 * HOUR, MINUTE)
    assert desk.tries[:2] == [NOW, NOW + HOUR]
    assert desk.arrived == Counter("ab")


def test_one_that_was_cancelled_is_sent_again(outbox: SqlOutbox, delivery: Make) -> None:
    async def forever() -> None:
        await asyncio.sleep(60)

    async def interrupted() -> None:
        dispatcher = Dispatcher({DESK: Channel(Recorder(lambda message, now: forever()))})
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await dispatcher.drain(outbox, NOW)

    outbox.queue([delivery("a"), delivery("b")])
    asyncio.run(interrupted())
    desk = Recorder()
    drain(Dispatcher({DESK: Channel(desk)}), outbox, NOW)
    assert desk.arrived == Counter("ab")


@pytest.mark.parametrize("seed", range(3))
def test_nothing_is_lost_whatever_happens(outbox: SqlOutbox, delivery: Make, seed: int) -> None:
    def moody(channel: str) -> Callable[[Message, datetime], None]:
        chance = random.Random(f"{seed} {channel}")

        def fault(message: Message, now: datetime) -> None:
            fate = chance.random()
            if fate < 0.3:
                raise SendFailed("answered 500")
            if fate < 0.35:
                raise OSError("broken pipe")
            if fate < 0.4:
                raise SendFailed("busy", retry_at=now + chance.randrange(300) * SECOND)

        return fault

    chance = random.Random(seed)
    senders = {("korea", f"webhook:c{n}"): Recorder(moody(f"c{n}")) for n in range(3)}
    dispatcher = Dispatcher(
        {address: Channel(sender, max_per_hour=15) for address, sender in senders.items()}
    )
    queued: Counter[str] = Counter()
    now = NOW
    for step in range(300):
        busy = step < 120
        now += MINUTE if busy else 10 * MINUTE
        if busy and chance.random() < 0.4:
            batch = [
                delivery(f"{step}-{n}-{channel}", channel=channel, created=now)
                for _, channel in senders
                for n in range(chance.randrange(4))
            ]
            outbox.queue(batch)
            queued.update(one.key for one in batch)
        if chance.random() < 0.05:
            dispatcher = Dispatcher(dispatcher.channels)  # a restart
        drain(dispatcher, outbox, now)
    assert sum((sender.arrived for sender in senders.values()), Counter[str]()) == queued
    assert outbox.dead_letters() == []
    assert all(most_in_an_hour(sender.sent) <= 15 for sender in senders.values())
