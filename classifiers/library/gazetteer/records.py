"""What a name is, and all of them together: plain frozen records."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

KINDS = ("person", "place", "org", "act", "thing", "words")
"""Kinds of names, as the files' tables are called."""

WORDS = "words"
"""The kind of a list that topics use and that names no single thing."""


@dataclass(frozen=True, slots=True)
class Name:
    """One entry: everything that a person, a place, a body, a thing or an act is called."""

    slug: str
    kind: str
    names: tuple[str, ...] = ()
    """Spellings for topics and grouping, in the term language."""
    topics: tuple[str, ...] = ()
    """Spellings for topics alone; may be exceptions (`-`) and other names (`@`)."""
    grouping: tuple[str, ...] = ()
    """Spellings for grouping alone."""
    implies: tuple[str, ...] = ()
    """Slugs of what is named along with it."""
    frame: bool = False
    """Reports of different events share it all the same."""
    weapon: bool = False
    """Reports of one event name the same one."""
    only_grouping: bool = False
    """Topics cannot use it."""

    @property
    def feature(self) -> str:
        """What grouping calls it, as in "person:kim-jong-un"."""
        return f"{self.kind}:{self.slug}"

    @property
    def for_topics(self) -> tuple[str, ...]:
        """What `@slug` finds."""
        return () if self.only_grouping else (*self.names, *self.topics)

    @property
    def for_grouping(self) -> tuple[str, ...]:
        """What grouping finds."""
        return () if self.kind == WORDS else (*self.names, *self.grouping)


@dataclass(frozen=True, slots=True)
class Gazetteer:
    """All names by slug, and the words that name several at once."""

    names: Mapping[str, Name] = field(default_factory=dict)
    compounds: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Word -> slugs of what it names."""

    def aliases(self) -> dict[str, tuple[str, ...]]:
        """Return what `@name` stands for in topics, by name."""
        return {slug: name.for_topics for slug, name in self.names.items() if not name.only_grouping}

    def features(self, mark: str) -> frozenset[str]:
        """Return the features of all names that are marked: `mark` is "frame" or "weapon"."""
        return frozenset(name.feature for name in self.names.values() if getattr(name, mark))
