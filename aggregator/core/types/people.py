"""What people say: of stories and topics, and of entries that report one event or two."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Feedback:
    """A person's yes or no on a story or one of its entries, for a topic."""

    entry: str
    """Empty when the story as a whole is meant."""
    story: str
    topic: str
    relevant: bool
    facet: str
    at: datetime
    by: str
    n: int = 0
    """Its number in the store; 0 before it is stored."""


@dataclass(frozen=True, slots=True)
class Constraint:
    """A person's word on two entries: they report one event (`together`), or two."""

    a: str
    b: str
    together: bool
    at: datetime
    by: str = ""
