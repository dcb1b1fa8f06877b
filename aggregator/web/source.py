"""What the web server needs from the rest of the program, as small Protocols."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Protocol

from aggregator.config.outputs import OutputConfig
from aggregator.core.types import FeedState, Story
from aggregator.publish.source import StorySource

VerdictKind = Literal["relevant", "not_relevant", "wrong_story"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """A person's answer to an item."""

    story: str
    topic: str
    kind: VerdictKind
    entries: tuple[str, ...] = ()
    """wrong_story only: the entries that do not belong in this story."""
    at: datetime | None = None
    """When it was given (aware)."""
    by: str = "link"
    """Where it came from: `link` (from an item), or who gave it."""


class SecretLookup(Protocol):
    """Finds secrets by name: systemd credentials, the environment."""

    def get(self, name: str) -> str | None:
        """The secret, or None when there is none of that name."""
        ...


class WebSource(StorySource, Protocol):
    """The few reads and writes behind the pages. Synchronous; called in threads, except where it says otherwise."""

    def outputs(self) -> Sequence[OutputConfig]:
        """The configured outputs, in their order. Called on the event loop: must not block."""
        ...

    def generation(self) -> int:
        """A number that changes whenever anything published may have changed: a batch that touched stories,
        feedback, a reload. Called for every request on the event loop: must be no more than reading an attribute.
        """
        ...

    def next_change(self) -> datetime | None:
        """When something may change next (the next due poll); None: unknown. Called on the event loop."""
        ...

    def notices(self) -> Sequence[str]:
        """What whoever opens a page must know first: sentences in plain text, none while all is well. Called on
        the event loop.
        """
        ...

    def story(self, id: str) -> Story | str | None:
        """A story, whole; the id of the story it was merged into; or None when nothing has that id."""
        ...

    def search(self, words: str, limit: int) -> Sequence[Story]:
        """Stories with an entry that has all these words (a phrase in quotation marks: as written), newest first."""
        ...

    def feeds(self) -> Sequence[FeedState]:
        """Every feed that is polled."""
        ...

    def held_back(self) -> Mapping[int, int]:
        """How many entries of each feed, by its id, were more than it may announce; feeds without any are left out."""
        ...

    def release(self, feed: str) -> int:
        """Announce what was held back of the feed with that URL; how many entries. Raises NotFound."""
        ...

    def health(self) -> Mapping[str, Any]:
        """JSON values for monitors, with `ok` (a bool) and whatever explains it."""
        ...

    def record_feedback(self, verdict: Verdict) -> datetime:
        """Keep an answer, and return when the one that counts was given: the same one twice is one, the first.

        Raises NotFound when the story is gone.
        """
        ...

    def undo_feedback(self, verdict: Verdict) -> bool:
        """Take the very answer back that was given at `verdict.at`; False when it is not the one that counts now."""
        ...

    def secret(self) -> bytes:
        """Key for signing links, made at first start and kept. Called once."""
        ...

    def installation(self) -> str:
        """Random id of this installation, made at first start and kept. Called once."""
        ...
