"""People's corrections of stories, as they come in from another database (`store.export.export_labels` writes them).

    {"together": true or false, "a": entry, "b": entry} -> held already? | set apart | join | keep as constraints

A correction says of two entries that they report one event, or two. `stories merge` and `stories split` leave such
pairs; imported, they are carried out on the stories as they are and kept, so that later grouping respects them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from aggregator.core.errors import NotFound
from aggregator.core.types import Constraint, Story
from aggregator.pipeline import corrections
from aggregator.pipeline.write_request import WriteRequest
from aggregator.pipeline.writer import Writer
from aggregator.store import Store


def is_correction(row: Mapping[str, Any] | str) -> bool:
    """Whether a row is a correction of stories rather than a judgement."""
    return not isinstance(row, str) and "together" in row


def read_correction(store: Store, row: Mapping[str, Any], at: datetime) -> Constraint:
    """A row as a correction. Raises ValueError, NotFound."""
    together = row.get("together")
    if not isinstance(together, bool):
        raise ValueError(f"`together` is {together!r}; it must be true or false")
    found = []
    for name in ("a", "b"):
        what = row.get(name)
        if not isinstance(what, str) or not what:
            raise ValueError(f"has no `{name}`: name both entries by their ids or URLs")
        entry, _ = store.find(what)
        if not entry:
            raise NotFound(f"{what!r} is a story; a correction names two entries")
        found.append(entry)
    if found[0] == found[1]:
        raise ValueError("names the same entry twice")
    return Constraint(min(found), max(found), together, at, str(row.get("by") or ""))


def apply_corrections(writer: Writer, rows: Sequence[Constraint]) -> int:
    """Carry corrections out and keep them; how many were not held already. Runs in the writer.

    Of several on one pair the last counts. Entries that are joined, directly or by way of others, are not set
    apart: a later merge overruled the earlier split.
    """
    held = writer.store.constraints()
    wanted = {(one.a, one.b): one for one in rows}
    new = [one for pair, one in wanted.items() if held.get(pair) != one.together]
    if not new:
        return 0
    joined = _Joined((one.a, one.b) for one in wanted.values() if one.together)
    apart: dict[str, set[str]] = defaultdict(set)
    for one in wanted.values():
        a, b = joined.name(one.a), joined.name(one.b)
        if not one.together and a != b:
            apart[a].add(b)
            apart[b].add(a)
    named = sorted({entry for pair in wanted for entry in pair})
    for story in writer.store.stories(sorted({writer.store.find(one)[1] for one in named})).values():
        for group in _parts(story, joined, apart)[1:]:
            corrections.split(writer, story.id, group)
    for one in wanted.values():
        if one.together and len({writer.store.find(entry)[1] for entry in (one.a, one.b)}) == 2:
            corrections.merge(writer, [one.a, one.b])
    writer.apply(WriteRequest(writer.clock.now(), constraints=tuple(new)))
    return len(new)


def _parts(story: Story, joined: _Joined, apart: Mapping[str, set[str]]) -> list[list[str]]:
    """A story's entries so that no two that were set apart are in one part; who nobody named stays in the first.

    Taking each in turn into the first part that will have it restores what splits made: everybody in one half
    was then set apart from everybody in the other.
    """
    parts: list[list[str]] = [[]]
    homes: dict[str, int] = {}
    for member in story.entries:
        name = joined.name(member.entry.id)
        if name not in homes:
            barred = {homes[other] for other in apart.get(name, ()) if other in homes}
            homes[name] = next(place for place in range(len(parts) + 1) if place not in barred)
        if homes[name] == len(parts):
            parts.append([])
        parts[homes[name]].append(member.entry.id)
    return parts


class _Joined:
    """Entries joined directly or by way of others go by one name (disjoint sets; Galler and Fischer, 1964)."""

    def __init__(self, pairs: Iterable[tuple[str, str]]) -> None:
        self._above: dict[str, str] = {}
        for a, b in pairs:
            first, second = sorted((self.name(a), self.name(b)))
            if first != second:
                self._above[second] = first

    def name(self, entry: str) -> str:
        """The same for all that are joined."""
        while entry in self._above:
            entry = self._above[entry]
        return entry
