"""What grouping must know of what is stored and not in the window. Built by whoever can read the store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from aggregator.stories.grouping.member import Member


@dataclass(frozen=True, slots=True)
class Past:
    """What the store holds beyond the window, as far as a batch needs it."""

    holders: Mapping[str, Sequence[Member]] = field(default_factory=dict)
    """Story outside the window to members of it that hold a link or guid of the batch."""
    kept: Mapping[tuple[str, str], int] = field(default_factory=dict)
    """(story outside the window, publisher) to how many of its entries are kept whole there."""
    merges_left: Mapping[str, int] = field(default_factory=dict)
    """Publisher to how many merges it may still bring about; who is not named, any number."""


NOTHING = Past()
