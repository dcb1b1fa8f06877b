"""What was tried on a window, and how to undo it."""

from __future__ import annotations

from collections.abc import Callable

from aggregator.core.types import Grouping
from aggregator.stories.grouping.index import Index
from aggregator.stories.grouping.member import Member


class Trial:
    """Additions and merges, to be undone unless they are committed."""

    def __init__(
        self,
        index: Index,
        add: Callable[[Member], None],
        remove: Callable[[Member], None],
        newest: float,
        closed: frozenset[str],
    ) -> None:
        """`add` and `remove` are the window's; `newest` and `closed` too, to be put back."""
        self.newest, self.closed = newest, closed
        self.outcome: Grouping | None = None
        """What the trial led to, set by group.py at its end."""
        self.added: list[Member] = []
        self._index, self._add, self._remove = index, add, remove
        self._joined: list[tuple[int, str, str, list[Member]]] = []

    def add(self, member: Member) -> None:
        """Put a member into the window."""
        self._add(member)
        self.added.append(member)

    def joined(self, source: str, target: str, moved: list[Member]) -> None:
        """Note that `moved` went from one story into another."""
        self._joined.append((len(self.added), source, target, moved))

    def undo(self) -> None:
        """Leave the window as it was."""
        while self.added or self._joined:
            if self._joined and self._joined[-1][0] == len(self.added):
                _, source, target, moved = self._joined.pop()
                self._index.separate(moved, source, target)
            else:
                self._remove(self.added.pop())
