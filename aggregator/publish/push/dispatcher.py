"""Takes what is due from the outbox to the channels: at least once, and each channel by itself.

A delivery leaves the outbox only after its message was accepted; a process that died in between sends it again, under
the same key. Within a channel messages go one after the other, and the first that fails ends the round.
"""

from __future__ import annotations

import asyncio
import traceback
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import structlog

from aggregator.publish.push.backoff import is_over, next_attempt, rest_until
from aggregator.publish.push.batching import arrange
from aggregator.publish.push.types import Message, Outbox, Sender, SendFailed, Waiting

_log = structlog.get_logger()

Address = tuple[str, str]
"""An output's slug and its channel."""

_WINDOW = timedelta(hours=1)
_TOLERATED = 3
"""Messages refused one after the other before the channel rests."""
_ROUND = 60.0
"""Seconds after which a slow channel's round ends; the rest waits for the next one."""


@dataclass(frozen=True, slots=True)
class Channel:
    """A channel, ready to be used."""

    sender: Sender
    max_per_hour: int = 20
    give_up: timedelta = timedelta(days=3)
    merge: bool = False
    """Whether all that waits is one message (pings). Such messages are spaced evenly over the hour."""

    def budget(self, sent: Sequence[datetime], now: datetime) -> int:
        """How many messages may be sent now, after those of the last hour."""
        if self.merge:
            return int(all(now - at >= _WINDOW / self.max_per_hour for at in sent))
        return self.max_per_hour - len(sent)


@dataclass(slots=True)
class Drained:
    """What one round did, in deliveries."""

    sent: int = 0
    messages: int = 0
    failed: int = 0
    dead: int = 0


@dataclass(slots=True)
class _Rest:
    failures: int
    until: datetime


@dataclass(slots=True)
class Dispatcher:
    """Drains an outbox into channels, round after round.

    What it remembers between rounds is only which channels rest after failures; a restart forgets that and
    costs each one attempt more.
    """

    channels: Mapping[Address, Channel]
    concurrency: int = 8
    """Channels served at once."""
    batch: int = 200
    """Most deliveries of one channel taken in one round."""
    _resting: dict[Address, _Rest] = field(default_factory=dict)

    async def drain(self, outbox: Outbox, now: datetime) -> Drained:
        """Send what is due at `now`. Never raises for a channel: its failures are recorded in the outbox.

        Not to be run twice at once on the same outbox.
        """
        due = await asyncio.to_thread(outbox.due, now, self.batch)
        by_channel: defaultdict[Address, list[Waiting]] = defaultdict(list)
        for one in due:
            by_channel[one.delivery.output, one.delivery.channel].append(one)
        sent = await asyncio.to_thread(outbox.sent_since, now - _WINDOW) if by_channel else {}
        total = Drained()
        places = asyncio.Semaphore(self.concurrency)

        async def serve(address: Address, waiting: list[Waiting]) -> None:
            async with places:
                await self._serve(address, waiting, sent.get(address, ()), outbox, now, total)

        async with asyncio.TaskGroup() as group:
            for address, waiting in by_channel.items():
                group.create_task(serve(address, waiting))
        return total

    def resting(self, now: datetime) -> Mapping[Address, datetime]:
        """Channels left alone after failures, and until when; for the status page."""
        return {address: rest.until for address, rest in self._resting.items() if rest.until > now}

    async def _serve(
        self,
        address: Address,
        waiting: list[Waiting],
        sent: Sequence[datetime],
        outbox: Outbox,
        now: datetime,
        total: Drained,
    ) -> None:
        channel = self.channels.get(address)
        if channel is None:
            error = f"{address[1]} of the output {address[0]} is not in config.toml any more"
            await asyncio.to_thread(outbox.dead, [one.n for one in waiting], error)
            total.dead += len(waiting)
            return
        rest = self._resting.get(address)
        if rest is not None and rest.until > now:
            return
        clock = asyncio.get_running_loop().time
        end = clock() + _ROUND
        for message in arrange(waiting, channel.budget(sent, now), merge=channel.merge):
            if not await self._send(address, channel, message, outbox, now, total) or clock() > end:
                return

    async def _send(
        self,
        address: Address,
        channel: Channel,
        message: Message,
        outbox: Outbox,
        now: datetime,
        total: Drained,
    ) -> bool:
        """Send one message and record what came of it; False when the channel should be left alone."""
        numbers = [part.n for part in message.parts]
        try:
            await channel.sender.send(message, now)
        except SendFailed as failure:
            return await self._failed(address, channel, message, failure, outbox, now, total)
        except Exception as error:
            # A defect in one sender must not take the other channels down with it; the message stays. Neither
            # the exception's text nor its traceback is logged, since both may hold a secret URL.
            broken = SendFailed(f"the sender broke: {type(error).__name__} {_place(error)}")
            return await self._failed(address, channel, message, broken, outbox, now, total)
        await asyncio.to_thread(outbox.done, numbers, now)
        self._resting.pop(address, None)
        total.messages += 1
        total.sent += len(numbers)
        return True

    async def _failed(
        self,
        address: Address,
        channel: Channel,
        message: Message,
        failure: SendFailed,
        outbox: Outbox,
        now: datetime,
        total: Drained,
    ) -> bool:
        error = str(failure)
        # A summary may be refused for what it is (too long, say), which tells nothing about its parts.
        hopeless = failure.permanent and not message.summary
        given_up = [
            part
            for part in message.parts
            if hopeless or is_over(part.attempts + 1, part.delivery.created, now, channel.give_up)
        ]
        kept = [part for part in message.parts if part not in given_up]
        if given_up:
            await asyncio.to_thread(outbox.dead, [part.n for part in given_up], error)
            total.dead += len(given_up)
        if kept:
            attempts = max(part.attempts for part in kept) + 1
            due = next_attempt(attempts, message.key, now, failure.retry_at)
            await asyncio.to_thread(outbox.retry, [part.n for part in kept], due, error)
            total.failed += len(kept)
        _log.warning(
            "push.failed",
            output=address[0],
            channel=address[1],
            error=error,
            again=len(kept),
            dead=len(given_up),
        )
        before = self._resting.get(address)
        failures = before.failures + 1 if before else 1
        # What is wrong with one message says little about the next, unless it goes on and on.
        tolerated = hopeless and failures < _TOLERATED
        until = now if tolerated else rest_until(failures, now, failure.retry_at)
        self._resting[address] = _Rest(failures, until)
        return tolerated


def _place(error: Exception) -> str:
    """Where an exception was raised, as `file:line`."""
    frames = traceback.extract_tb(error.__traceback__)
    return f"at {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
