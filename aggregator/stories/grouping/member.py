"""An entry as the window holds it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from sys import intern
from typing import Protocol

from aggregator.core.types import Candidate, Fingerprint
from aggregator.stories.grouping.traits import Traits, traits
from classifiers.model.embedding import unpacked


class EntryLike(Protocol):
    """What the window needs of an entry; `Entry` and slimmer rows both do."""

    @property
    def id(self) -> str: ...
    @property
    def feed_id(self) -> int: ...
    @property
    def language(self) -> str: ...
    @property
    def time(self) -> datetime | None: ...


@dataclass(slots=True, eq=False)
class Member:
    """An entry in the window."""

    id: str
    story: str
    publisher: str
    """Whose feed it came by (publisher.py); feeds of one publisher have one voice."""
    time: float
    """Seconds since 1970."""
    language: str
    title: str
    lead: str
    features: Mapping[str, float]
    keys: tuple[int, ...]
    bands: tuple[int, ...]
    vector: bytes = b""
    model: str = ""
    """Hash of the model that made the vector."""
    traits: Traits = field(init=False)
    order: tuple[float, str] = field(init=False)

    def __post_init__(self) -> None:
        self.traits = traits(self.title, self.language, self.time, self.features)
        self.traits.vector, self.traits.model = unpacked(self.vector), self.model
        self.order = (self.time, self.id)

    def __lt__(self, other: Member) -> bool:
        return self.order < other.order


def member_of(
    story: str, entry: EntryLike, fingerprint: Fingerprint, publisher: str = "", latest: float = math.inf
) -> Member:
    """The window's record of an entry; one without any time counts as infinitely old, none as newer than `latest`
    (seconds since 1970)."""
    time = entry.time
    title, _, lead = fingerprint.text.partition("\t")
    return Member(
        entry.id,
        story,
        publisher or str(entry.feed_id),
        min(time.timestamp(), latest) if time is not None else -math.inf,
        entry.language,
        title,
        lead,
        {intern(feature): weight for feature, weight in fingerprint.features.items()},
        fingerprint.keys,
        fingerprint.bands,
        fingerprint.vector,
        fingerprint.model,
    )


def order_of(candidate: Candidate) -> tuple[float, str]:
    """By time, then id: the order in which a batch is decided."""
    time = candidate.entry.time
    return (time.timestamp() if time is not None else -math.inf, candidate.entry.id)
