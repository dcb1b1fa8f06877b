"""What one step writes to the store."""

from __future__ import annotations

from dataclasses import dataclass, field

from aggregator.core.types.entries import Revision
from aggregator.core.types.people import Constraint, Feedback
from aggregator.core.types.polls import PollIntent
from aggregator.core.types.stories import Candidate, Fingerprint, Grouping, Story
from classifiers.types import Label


@dataclass(frozen=True, slots=True)
class Batch:
    """Everything one step writes, in one transaction."""

    polls: tuple[PollIntent, ...] = ()
    candidates: tuple[Candidate, ...] = ()
    revisions: tuple[Revision, ...] = ()
    grouping: Grouping = field(default_factory=Grouping)
    """An assignment of an entry that was stored before moves it: what a person said of it and what its text leads to
    (`store.seen`) go with it, and the story it goes to stands for itself again if it was merged away."""
    stories: tuple[Story, ...] = ()
    """Every story the batch touched, as it is now."""
    labels: tuple[tuple[str, tuple[Label, ...]], ...] = ()
    """(entry, its labels) for entries that were stored before and were classified anew."""
    fingerprints: tuple[tuple[str, Fingerprint], ...] = ()
    """(entry, its fingerprint) for stored entries whose text changed."""
    pages: tuple[tuple[str, str, str], ...] = ()
    """(entry, full text, `done` or why there is none) for entries whose page was asked for."""
    constraints: tuple[Constraint, ...] = ()
    """People's corrections of grouping; of a pair the latest word counts."""
    judgements: tuple[Feedback, ...] = ()
    """People's yes and no to keep."""
    taken_back: tuple[int, ...] = ()
    """`Feedback.n` of stored judgements that a person takes back."""
    released: tuple[str, ...] = ()
    """Entries held back until now, that a person lets through: they are announced as any other."""
