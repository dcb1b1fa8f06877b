"""Members by story, feature, MinHash band and exact key, each list in order of time."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable, Sequence
from typing import Any

from aggregator.stories.grouping.member import Member


class Index:
    """The lists, and nothing else: what is added can be removed, what is joined can be separated."""

    def __init__(self) -> None:
        self.members: dict[str, Member] = {}
        self.stories: dict[str, list[Member]] = {}
        self.features: dict[str, list[Member]] = {}
        self.bands: dict[int, list[Member]] = {}
        self.keys: dict[int, list[Member]] = {}

    def add(self, member: Member) -> None:
        """Put a member into every list it belongs to."""
        self.members[member.id] = member
        order = member.order
        for lists, keys in self._lists(member):
            for key in keys:
                members = lists.get(key)
                if members is None:
                    lists[key] = [member]
                elif members[-1].order < order:
                    members.append(member)
                else:
                    insort(members, member)

    def remove(self, member: Member) -> None:
        """Undo `add`."""
        del self.members[member.id]
        for lists, keys in self._lists(member):
            for key in keys:
                members = lists[key]
                if len(members) == 1:
                    del lists[key]
                elif members[0] is member:  # the oldest goes first
                    del members[0]
                else:
                    del members[bisect_left(members, member)]

    def join(self, source: str, target: str) -> list[Member]:
        """Put all members of one story into another; returns those that moved."""
        moved = self.stories.pop(source, [])
        for member in moved:
            member.story = target
            insort(self.stories.setdefault(target, []), member)
        return moved

    def separate(self, moved: Sequence[Member], source: str, target: str) -> None:
        """Undo `join`."""
        for member in moved:
            members = self.stories[target]
            del members[bisect_left(members, member)]
            member.story = source
            insort(self.stories.setdefault(source, []), member)

    def _lists(self, member: Member) -> tuple[tuple[dict[Any, list[Member]], Iterable[Any]], ...]:
        return (
            (self.stories, (member.story,)),
            (self.features, member.features),
            (self.bands, member.bands),
            (self.keys, member.keys),
        )
