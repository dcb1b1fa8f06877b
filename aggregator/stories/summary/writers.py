"""Members of a story -> who first wrote each text: a copy is the first one's, or its agency's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from rapidfuzz import fuzz

from aggregator.core.types import StoryEntry
from aggregator.stories.features.headlines import compact, lead
from aggregator.stories.summary import credits
from aggregator.stories.summary.outlets import Origin, Origins

_COPY = 90.0
_COPY_LENGTH = 60
_COMPARED = 400


def writers(members: Sequence[StoryEntry], origins: Origins) -> list[Origin]:
    """For each member, in order, who first wrote its text.

    Copies share an origin, and so do reports that link to one page: the agency's that one of them credits, else that of
    the earliest whose publisher is described, else of the earliest. A publisher that nobody has described is one origin
    at most, whatever its texts claim to be.
    """
    texts = _Texts(members)
    claimed: dict[str, Origin] = {}
    order = sorted(
        range(len(members)), key=lambda i: (members[i].entry.public is None, members[i].entry.public, i)
    )
    for index in order:
        member = members[index]
        described = origins.described(member)
        slug, credit = credits.find(origins, member.entry, member.origin)
        own = origins.describe(slug, member)
        if not described:
            own = claimed.setdefault(member.origin, _bare(own))
        if len(members) == 1:
            return [own]
        texts.take(index, own, credited=bool(credit), described=described)
    return texts.writers()


@dataclass(slots=True)
class _Texts:
    """The texts of a story, each with its copies and who wrote it, as far as the members taken tell."""

    members: Sequence[StoryEntry]
    first: dict[int, int] = field(default_factory=dict)
    """Member to the first one of the same text."""
    wrote: dict[int, Origin] = field(default_factory=dict)
    """By the first ones."""
    proven: set[int] = field(default_factory=set)
    """First ones whose writer a described publisher told."""
    compared: list[tuple[int, str, str]] = field(default_factory=list)
    """Each first one with headline and text as they are compared."""
    pages: dict[str, int] = field(default_factory=dict)
    """Link to the first member that has it."""

    def take(self, index: int, own: Origin, *, credited: bool, described: bool) -> None:
        """Take in a member; `own`: who wrote it, by its own word."""
        member = self.members[index]
        title = compact(member.entry.title)
        text = compact(lead(member.entry.summary or member.entry.text))[:_COMPARED]
        earlier = next((i for i, *other in self.compared if _copied(title, text, *other)), None)
        if earlier is None:
            earlier = self._on_page(member)
        if member.entry.url:
            self.pages.setdefault(member.entry.url, index)
        first = index if earlier is None else self.first[earlier]
        if earlier is None:
            self.compared.append((index, title, text))
            self.wrote[index] = own
        elif described and self._wrote_it_rather(first, own, credited):
            if first in self.proven and self.wrote[first].wire:
                first = index  # the same text from two agencies
            self.wrote[first] = own  # the first to print it was not the one that wrote it
        self.first[index] = first
        if described:
            self.proven.add(first)

    def writers(self) -> list[Origin]:
        """For each member, in order, who wrote its text."""
        return [self.wrote[self.first[index]] for index in range(len(self.members))]

    def _wrote_it_rather(self, first: int, own: Origin, credited: bool) -> bool:
        """Whether the word of a described publisher outweighs who was taken for the writer of a text."""
        return first not in self.proven or credited or (own.wire and not self.wrote[first].wire)

    def _on_page(self, member: StoryEntry) -> int | None:
        """The earlier member that links to the same page, if that is what joined the two."""
        earlier = self.pages.get(member.entry.url)
        if earlier is None or "url" not in (member.basis, self.members[earlier].basis):
            return None
        return earlier


def _bare(claimed: Origin) -> Origin:
    """What somebody's bare claim is worth: the name, not the standing. State media are taken for what they are said to
    be, since that never makes more of a story."""
    return claimed if claimed.kind == "state-media" else replace(claimed, kind="", country="")


def _copied(title: str, text: str, other_title: str, other_text: str) -> bool:
    length = min(len(text), len(other_text))
    if length >= _COPY_LENGTH:
        return fuzz.ratio(text[:length], other_text[:length]) >= _COPY
    return len(title) >= 16 and title == other_title and text[:length] == other_text[:length]
