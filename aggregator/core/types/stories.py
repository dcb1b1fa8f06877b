"""Entries on their way to a story, and the stories they make."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from aggregator.core.types.entries import Entry
from classifiers.types import Label

ALIKE = "alike"
"""Basis of an entry of which a story has enough from one publisher: it is counted there, and stored without its text."""


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What grouping needs of an entry, computed once in a worker."""

    keys: tuple[int, ...] = ()
    """Signed 64-bit hashes that mean the same text when equal: guid, canonical URL, text."""
    bands: tuple[int, ...] = ()
    """Signed 64-bit hashes of MinHash bands: candidates for the same text."""
    features: Mapping[str, float] = field(default_factory=dict)
    """Weighted features for same-event comparison: entities, places, numbers, rare words."""
    text: str = ""
    """Normalised headline and lead, a tab between them, capped: what candidates for the same text are verified on."""
    vector: bytes = b""
    """What an embedding model makes of the text, where one is configured."""
    model: str = ""
    """Hash of that model."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """An entry on its way to a story."""

    entry: Entry
    fingerprint: Fingerprint
    labels: tuple[Label, ...] = ()
    archived: bool = False
    held_back: bool = False
    """Archived because it was more than its feed may announce: a person may let it through."""


@dataclass(frozen=True, slots=True)
class Assignment:
    """Which story an entry belongs to, and why."""

    entry: str
    story: str
    basis: str
    """new, guid, url, text, near, event or person; or ALIKE."""
    score: float = 1.0


@dataclass(frozen=True, slots=True)
class Grouping:
    """The outcome of the group stage for one batch."""

    assignments: tuple[Assignment, ...] = ()
    merges: tuple[tuple[str, str], ...] = ()
    """(from, into): two stories proved to be one. The first id redirects for ever."""
    brought: tuple[int, ...] = ()
    """The feed whose entry brought about each of `merges`."""
    refused: tuple[int, ...] = ()
    """A feed for each merge that its entries would have brought about beyond what it may."""


@dataclass(frozen=True, slots=True)
class Corroboration:
    """Who reports a story, independently of each other."""

    state: str = "single-source"
    """single-source, state-media-only, reported-by-several, confirmed."""
    since: datetime | None = None
    origins: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    attributions: tuple[str, ...] = ()
    """The words that led to the state ("KCNA said", "could not be independently verified")."""
    history: tuple[tuple[datetime, str], ...] = ()
    """Each state with the moment it began, oldest first."""


@dataclass(frozen=True, slots=True)
class StoryEntry:
    """An entry as a member of a story."""

    entry: Entry
    basis: str
    feed_title: str = ""
    origin: str = ""
    kind: str = ""
    country: str = ""
    labels: tuple[Label, ...] = ()
    archived: bool = False
    features: tuple[str, ...] | None = None
    """Names of its fingerprint's features while it is new; None for an entry read from the store."""
    feed_url: str = ""
    """Of the feed it came from; empty on import. Outputs name it as their source."""


def published_order(member: StoryEntry) -> tuple[datetime, str]:
    """Key that sorts a story's entries by when they can have been public, ties by id."""
    time = member.entry.public
    assert time is not None, "normalise sets `seen`"
    return time, member.entry.id


@dataclass(frozen=True, slots=True)
class Story:
    """One event and everything we hold on it."""

    id: str
    """Stable for ever."""
    title: str
    lead: str
    url: str
    """The link to the original: the best source's entry."""
    language: str
    first_seen: datetime
    published: datetime
    """When the first of its entries can have been public."""
    changed: datetime
    """Last change worth telling subscribers."""
    change: str = ""
    """What that change was, in words."""
    entries: tuple[StoryEntry, ...] = ()
    """In order of publication."""
    alike: tuple[tuple[str, int], ...] = ()
    """(feed, how many more of its entries are counted here and not kept whole), most first."""
    labels: tuple[Label, ...] = ()
    corroboration: Corroboration = Corroboration()
    burst: bool = False
    announced: bool = True
    """False for old news that only fills the archive: never in an output's head."""
    tokens: tuple[str, ...] = ()
    memory: Mapping[str, Any] = field(default_factory=dict)
    """What summarise() needs to remember from one time to the next; JSON values."""
