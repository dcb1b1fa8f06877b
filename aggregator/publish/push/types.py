"""The records of pushing, and the two edges: the outbox and the senders."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from aggregator.core.errors import DeliveryError


@dataclass(frozen=True, slots=True)
class Delivery:
    """Something that one channel of one output must be told."""

    output: str
    """Slug of the output."""
    channel: str
    """Kind and name: `webhook:desk`."""
    story: str
    """Id of the story; empty for a ping about the whole output."""
    key: str
    """Of output, channel, story and change: the same event has the same key, however often it is planned."""
    body: Mapping[str, Any]
    """What to say, as JSON values: a story's document (`document.story_document`), or `{"urls": [...]}` for a hub."""
    created: datetime


@dataclass(frozen=True, slots=True)
class Waiting:
    """A delivery in the outbox that is due."""

    n: int
    """Its number there."""
    delivery: Delivery
    attempts: int = 0
    """How often it was tried in vain."""


@dataclass(frozen=True, slots=True)
class Message:
    """What is sent at once: one delivery, or several as a summary."""

    key: str
    """Of the one delivery, or of all of them; the same whenever the same message is sent again."""
    parts: tuple[Waiting, ...]
    """At least one."""

    @property
    def summary(self) -> bool:
        """Whether it holds more than one delivery."""
        return len(self.parts) > 1


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A delivery that was given up."""

    n: int
    output: str
    channel: str
    story: str
    body: Mapping[str, Any]
    created: datetime
    attempts: int
    error: str


class SendFailed(DeliveryError):
    """A message was not accepted."""

    def __init__(self, error: str, *, permanent: bool = False, retry_at: datetime | None = None) -> None:
        """`error`: what happened, for people, without secrets. `permanent`: trying again is no use.
        `retry_at`: not before this moment, as the other side asked."""
        super().__init__(error)
        self.permanent = permanent
        self.retry_at = retry_at


class Sender(Protocol):
    """Takes messages to one channel."""

    async def send(self, message: Message, now: datetime) -> None:
        """Hand the message over. Raises SendFailed when it was not, or may not have been, accepted."""
        ...


class Outbox(Protocol):
    """Where deliveries are kept until they have arrived. Called from worker threads."""

    def queue(self, deliveries: Sequence[Delivery]) -> int:
        """Add those whose key was never queued before; how many those were."""
        ...

    def due(self, now: datetime, limit: int) -> list[Waiting]:
        """Waiting deliveries that are due, longest due first, at most `limit` of each channel of each output."""
        ...

    def sent_since(self, since: datetime) -> Mapping[tuple[str, str], Sequence[datetime]]:
        """When messages were sent after `since`, by output and channel; a summary counts once."""
        ...

    def done(self, numbers: Sequence[int], at: datetime) -> None:
        """These arrived, together in one message."""
        ...

    def retry(self, numbers: Sequence[int], due: datetime, error: str) -> None:
        """These were tried in vain; try again at `due`."""
        ...

    def dead(self, numbers: Sequence[int], error: str) -> None:
        """Give these up; they are kept and listed."""
        ...

    def dead_letters(self, limit: int = 100) -> list[DeadLetter]:
        """What was given up, newest first."""
        ...
