"""What a name is, and all of them together: plain frozen records."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

KINDS = ("person", "place", "org", "act", "thing", "words")
"""Kinds of names, as the files' tables are called."""

WORDS = "words"
"""The kind of a list that topics use and that names no single thing."""

LIST = "w:@"
"""What the feature of a list begins with."""

TOPICS, GROUPING = "topics", "grouping"
"""The two uses, where a name is for one of them only."""


def is_plain(spelling: str) -> bool:
    """Return whether a spelling is written out: no exception, reference, expression, bracket or wildcard."""
    return spelling[:1] not in ("", "-", "@", "/", "=") and not set("(*") & set(spelling)


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
    headline: tuple[str, ...] = ()
    """Single characters that stand for it in Korean headlines."""
    implies: tuple[str, ...] = ()
    """Slugs of what is named along with it."""
    frame: bool = False
    """Reports of different events share it all the same."""
    weapon: bool = False
    """Reports of one event name the same one."""
    only: str = ""
    """"topics" or "grouping": the other leaves it out."""

    @property
    def feature(self) -> str:
        """What grouping calls it, as in "person:kim-jong-un"; a list is a word like any other, "w:@north-weapons"."""
        return f"{LIST}{self.slug}" if self.kind == WORDS else f"{self.kind}:{self.slug}"

    @property
    def for_topics(self) -> tuple[str, ...]:
        """What `@slug` finds. A Korean syllable of a headline is a common word too, so topics must ask for it."""
        signs = (sign for sign in self.headline if not "\uac00" <= sign <= "\ud7a3")
        return () if self.only == GROUPING else (*self.names, *signs, *self.topics)

    @property
    def for_grouping(self) -> tuple[str, ...]:
        """What grouping finds. Of a list only what is written out: a pattern stands for words, not for a name."""
        if self.only == TOPICS:
            return ()
        found = (*self.names, *self.grouping)
        return tuple(item for item in found if is_plain(item)) if self.kind == WORDS else found


@dataclass(frozen=True, slots=True)
class Gazetteer:
    """All names by slug, and the words that name several at once."""

    names: Mapping[str, Name] = field(default_factory=dict)
    compounds: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Word -> slugs of what it names."""

    def aliases(self) -> dict[str, tuple[str, ...]]:
        """Return what `@name` stands for in topics, by name."""
        return {slug: name.for_topics for slug, name in self.names.items() if name.only != GROUPING}

    def features(self, mark: str) -> frozenset[str]:
        """Return the features of all names that are marked: `mark` is "frame" or "weapon"."""
        return frozenset(name.feature for name in self.names.values() if getattr(name, mark))
