"""The records that travel between stages, one module per step of their life.

    feeds -> fetched -> documents -> entries -> pages -> stories -> polls, people -> batches

    FeedState -> Fetched -> ParsedFeed -> Entry -> Changes -> Candidate -> Assignment -> Story -> PollIntent -> Batch

All are frozen and hold plain values. Every datetime is time-zone aware and in UTC.

In: Plain values.
Out: Frozen records; import them from here.
May import: classifiers.
"""

from __future__ import annotations

from aggregator.core.types.batches import Batch
from aggregator.core.types.documents import Enclosure, ParsedFeed, RawEntry, ScheduleHints
from aggregator.core.types.entries import Changes, EarlierVersion, Entry, KnownEntry, Revision
from aggregator.core.types.feeds import DayStored, FeedMemory, FeedState, Health, HealthMemory, UsualRate
from aggregator.core.types.fetched import Fetched, PollError
from aggregator.core.types.pages import Extract, Page
from aggregator.core.types.people import Constraint, Feedback
from aggregator.core.types.polls import Alarm, Outcome, PollIntent, PollRecord
from aggregator.core.types.stories import (
    ALIKE,
    Assignment,
    Candidate,
    Corroboration,
    Fingerprint,
    Grouping,
    Story,
    StoryEntry,
    published_order,
)

__all__ = [
    "ALIKE",
    "Alarm",
    "Assignment",
    "Batch",
    "Candidate",
    "Changes",
    "Constraint",
    "Corroboration",
    "DayStored",
    "EarlierVersion",
    "Enclosure",
    "Entry",
    "Extract",
    "FeedMemory",
    "FeedState",
    "Feedback",
    "Fetched",
    "Fingerprint",
    "Grouping",
    "Health",
    "HealthMemory",
    "KnownEntry",
    "Outcome",
    "Page",
    "ParsedFeed",
    "PollError",
    "PollIntent",
    "PollRecord",
    "RawEntry",
    "Revision",
    "ScheduleHints",
    "Story",
    "StoryEntry",
    "UsualRate",
    "published_order",
]
