"""How many entries a story keeps whole. What comes beyond is counted, and its text is not stored.

Far above what honest feeds bring to one event: over 19,993 entries of eleven outlets, the most of one outlet in one
story are 21, of which 7 are versions of texts that were there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from aggregator.core.types import Assignment
from aggregator.stories.grouping.window import Window

COPIES_OF_ONE = 60
"""Versions of texts that a story already has, from one publisher."""
ENTRIES_OF_ONE = 250
"""Entries of one publisher."""
ENTRIES = 1500
"""Entries of all together."""
_COPIES = frozenset(("guid", "url", "text", "near"))


class Fullness:
    """Counts what stories keep whole, those outside the window too, while a batch is decided."""

    def __init__(self, window: Window, kept: Mapping[tuple[str, str], int]) -> None:
        """`kept`: (story, publisher) to entries kept whole, of stories outside the window."""
        self._window = window
        self._kept = kept
        self._added: Counter[tuple[str, str]] = Counter()

    def is_full(self, publisher: str, found: Assignment) -> bool:
        """Whether the story has enough already to which an entry of `publisher` was assigned."""
        if found.basis in ("new", "person"):
            return False
        story = found.story
        members = self._window.story(story)
        own = sum(member.publisher == publisher for member in members)
        outside = self._kept.get((story, publisher), 0) + self._added[story, publisher]
        most = COPIES_OF_ONE if found.basis in _COPIES else ENTRIES_OF_ONE
        return max(own, outside) >= most or len(members) >= ENTRIES

    def add(self, publisher: str, found: Assignment) -> None:
        """Note that an entry of `publisher` is kept whole."""
        self._added[found.story, publisher] += 1
