"""One entry's way to its story: what the window offers, best evidence first."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from aggregator.config.stories import StoriesConfig
from aggregator.core.hashes import hash64, text_key
from aggregator.core.types import Assignment, Entry
from aggregator.stories.grouping.agreement import agreement
from aggregator.stories.grouping.member import Member
from aggregator.stories.grouping.merge import SAME_TEXT
from aggregator.stories.grouping.near_duplicate import same_text
from aggregator.stories.grouping.similarity import with_story
from aggregator.stories.grouping.standing import standing_for
from aggregator.stories.grouping.traits import Profile
from aggregator.stories.grouping.window import Window

_LOOKED_UP = 14
"""Rarest features of an entry that are looked up."""
_CANDIDATES = 6
"""Stories compared in full."""
_CLAIMED = 8
"""Stories whose link or guid an entry has that are compared."""
_FEWEST = 3
"""Features an entry must have to be compared at all: "Editorial cartoon" reports nothing."""
_LEAST_SHARED = 0.05
"""Share of its own weight that an entry must have in common with a story."""
_CLAIM = 0.999
"""The most that a link or a guid counts for, however well the texts agree: it is no proof of one text."""


@dataclass(slots=True)
class Decision:
    """One candidate's way to its story."""

    member: Member
    window: Window
    settings: StoriesConfig
    barred: frozenset[str]
    """Stories that a person set it apart from."""
    alternatives: tuple[tuple[str, float], ...] = ()
    """Stories it would have fitted too, with their likelihood (SAME_TEXT: they have its text)."""

    def by_person(self, partners: Sequence[str]) -> Assignment | None:
        """The story of an entry that a person joined it with."""
        for partner in sorted(partners):
            held = self.window.get(partner)
            if held is not None:
                return Assignment(self.member.id, held.story, "person")
        return None

    def by_key(
        self,
        entry: Entry,
        seen: Mapping[int, str],
        held: Mapping[str, Sequence[Member]],
        resolve: Callable[[str], str],
    ) -> Assignment | None:
        """The story that holds an exact key; others that hold one are alternatives.

        The key of a text is the text. A guid or a link counts where the texts agree with it. `seen` and `held` are for
        stories that have left the window: of each key the story, and of each story those who hold such a key.
        """
        found: dict[str, tuple[str, float]] = {}
        profile: Profile | None = None
        for key in self.member.keys:
            basis = _basis(entry, key)
            for story, holders in self._holders(key, seen, held, resolve).items():
                if story in self.barred or story in found:
                    continue
                if basis == "text":
                    found[story] = basis, SAME_TEXT
                    continue
                profile = profile or self.window.profile(self.member)
                if score := agreement(profile, self.member, holders):
                    found[story] = basis, min(score, _CLAIM)
        if not found:
            return None
        best = max(found, key=lambda story: found[story][1])  # of equals the first key's
        self.alternatives = tuple(
            (story, SAME_TEXT if basis == "text" else _CLAIM)
            for story, (basis, _) in found.items()
            if story != best
        )
        return Assignment(self.member.id, best, found[best][0])

    def _holders(
        self,
        key: int,
        seen: Mapping[int, str],
        held: Mapping[str, Sequence[Member]],
        resolve: Callable[[str], str],
    ) -> dict[str, Sequence[Member]]:
        """Stories that have a key, with the members that have it."""
        inside = self.window.with_key(key)
        if not inside:
            return {resolve(seen[key]): held.get(seen[key], ())} if key in seen else {}
        found: dict[str, list[Member]] = {}
        for other in inside:
            if other.story in found or len(found) < _CLAIMED:
                found.setdefault(other.story, []).append(other)
        return dict(found)

    def by_text(self) -> Assignment | None:
        """The story of the likest text among those that share a MinHash band."""
        scores: dict[str, float] = {}
        checked: set[str] = set()
        earliest, latest = self._span()
        for band in self.member.bands:
            for other in self.window.with_band(band):
                if other.id not in checked and earliest <= other.time <= latest:
                    checked.add(other.id)
                    score = same_text(self.member, other)
                    if score > scores.get(other.story, 0.0) and other.story not in self.barred:
                        scores[other.story] = score
        if not scores:
            return None
        story = max(scores, key=lambda one: (scores[one], one))
        self.alternatives = tuple((other, SAME_TEXT) for other in sorted(scores) if other != story)
        return Assignment(self.member.id, story, "near", scores[story])

    def by_event(self) -> Assignment | None:
        """The story that most likely reports the same event, if that is likely enough."""
        if len(self.member.features) < _FEWEST:
            return None
        window = self.window
        profile = window.profile(self.member)
        least = self.settings.likelihood
        earliest, latest = self._span()
        likely: list[tuple[str, float]] = []
        for story in self._candidates(profile):
            members = window.story(story)
            if window.closed(story) or not earliest <= members[0].time <= latest:
                continue
            if members[-1].time > latest:
                members = [other for other in members if other.time <= latest]
            score = with_story(profile, [other.traits for other in standing_for(members)], least)
            if score >= least:
                likely.append((story, score))
        likely.sort(key=lambda item: (-item[1], item[0]))
        if not likely:
            return None
        self.alternatives = tuple(likely[1:])
        return Assignment(self.member.id, likely[0][0], "event", likely[0][1])

    def _candidates(self, profile: Profile) -> list[str]:
        """Stories that share most of the rarest features, best first; found through the index, bounded."""
        places = profile.traits.features
        rarest = sorted([(-value * places[feature], feature) for feature, value in profile.values.items()])[
            :_LOOKED_UP
        ]
        votes: dict[str, float] = defaultdict(float)
        for weight, feature in rarest:
            square = weight * weight
            for story in {other.story for other in self.window.with_feature(feature)}:
                votes[story] += square
        least = _LEAST_SHARED * profile.norms.all**2
        likely = [
            (-vote, story) for story, vote in votes.items() if vote >= least and story not in self.barred
        ]
        return [story for _, story in sorted(likely)[:_CANDIDATES]]

    def _span(self) -> tuple[float, float]:
        """The times between which another entry can be of the same event."""
        span = self.settings.window.total_seconds()
        return self.member.time - span, self.member.time + span


def _basis(entry: Entry, key: int) -> str:
    """Which of the entry's keys it is."""
    if key == text_key(entry.title, entry.summary):
        return "text"
    return "guid" if key == hash64("g", str(entry.feed_id), entry.guid) else "url"
