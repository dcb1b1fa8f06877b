"""Candidates + window -> Grouping: which story each new entry belongs to, and which stories prove to be one.

    for each candidate, oldest first:
        a person's constraint       -> that story                          person
        an exact key known          -> the story that has it               guid, url, text
        a band shared, verified     -> the story of the likest text        near
        rare features shared        -> the likeliest story, if likely      event
        else                        -> a story of its own                  new
        other stories as likely     -> merged, when they are like each other

Stories that a person set apart are never joined, by no evidence.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b

from aggregator.config.stories import StoriesConfig
from aggregator.core.hashes import hash64, text_key
from aggregator.core.types import Assignment, Candidate, Entry, Grouping
from aggregator.stories.grouping.merge import Merger
from aggregator.stories.grouping.near_duplicate import same_text
from aggregator.stories.grouping.similarity import Profile, with_story
from aggregator.stories.grouping.window import Member, Window, member_of, order_of

_LOOKED_UP = 14
"""Rarest features of an entry that are looked up."""
_CANDIDATES = 6
"""Stories compared in full."""
_FEWEST = 3
"""Features an entry must have to be compared at all: "Editorial cartoon" reports nothing."""
_LEAST_SHARED = 0.05
"""Share of its own weight that an entry must have in common with a story."""
_FIRST, _LATEST = 3, 7
"""Members of a large story that stand for it."""


def story_id(entry: str) -> str:
    """The id of the story that begins with an entry: the same for ever, on every machine."""
    return "s" + blake2b(entry.encode(), digest_size=8).hexdigest()[:15]


def group(
    candidates: Sequence[Candidate],
    seen: Mapping[int, str],
    window: Window,
    constraints: Mapping[tuple[str, str], bool],
    settings: StoriesConfig,
) -> Grouping:
    """Assign every candidate to a story.

    `seen`: exact keys already stored, in all history, to the story that has them (merged ids resolved).
    `constraints`: people's corrections, (entry, entry) to whether they belong together.
    The window is as before when this returns. Candidates are decided in order of time, however they come.
    """
    apart, together = _corrections(constraints)
    assigned: dict[str, Assignment] = {}
    with window.trial() as trial:
        merger = Merger(window, trial, apart, settings)
        for candidate in sorted(candidates, key=order_of):
            entry = candidate.entry
            if entry.id in assigned:
                continue
            member = member_of("", entry, candidate.fingerprint)
            barred = frozenset(
                held.story for other in apart.get(entry.id, ()) if (held := window.get(other)) is not None
            )
            decision = _Decision(member, window, settings, barred)
            found = (
                decision.by_person(together.get(entry.id, ()))
                or decision.by_key(entry, seen, merger.resolve)
                or decision.by_text()
                or (decision.by_event() if settings.same_event else None)
            )
            assigned[entry.id] = found or Assignment(entry.id, story_id(entry.id), "new")
            member.story = assigned[entry.id].story
            if entry.time is not None:
                trial.add(member)
                merger.consider(member, decision.alternatives)
        trial.outcome = Grouping(
            tuple(_resolved(assignment, merger) for assignment in assigned.values()), merger.merges()
        )
        return trial.outcome


def _corrections(
    constraints: Mapping[tuple[str, str], bool],
) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    apart: dict[str, list[str]] = defaultdict(list)
    together: dict[str, list[str]] = defaultdict(list)
    for (a, b), joined in constraints.items():
        side = together if joined else apart
        side[a].append(b)
        side[b].append(a)
    return apart, together


def _resolved(assignment: Assignment, merger: Merger) -> Assignment:
    story = merger.resolve(assignment.story)
    if story == assignment.story:
        return assignment
    return Assignment(assignment.entry, story, assignment.basis, assignment.score)


@dataclass(slots=True)
class _Decision:
    """One candidate's way to its story."""

    member: Member
    window: Window
    settings: StoriesConfig
    barred: frozenset[str]
    """Stories that a person set it apart from."""
    alternatives: tuple[tuple[str, float], ...] = ()
    """Stories it would have fitted too, with their likelihood (1: same text)."""

    def by_person(self, partners: Sequence[str]) -> Assignment | None:
        """The story of an entry that a person joined it with."""
        for partner in sorted(partners):
            held = self.window.get(partner)
            if held is not None:
                return Assignment(self.member.id, held.story, "person")
        return None

    def by_key(
        self, entry: Entry, seen: Mapping[int, str], resolve: Callable[[str], str]
    ) -> Assignment | None:
        """The story that holds an exact key; others that hold one are alternatives."""
        found: dict[str, str] = {}
        for key in self.member.keys:
            held = self.window.with_key(key)
            story = held[0].story if held else resolve(seen[key]) if key in seen else None
            if story is not None and story not in self.barred:
                found.setdefault(story, _basis(entry, key))
        if not found:
            return None
        story, basis = next(iter(found.items()))
        self.alternatives = tuple((other, 1.0) for other in found if other != story)
        return Assignment(self.member.id, story, basis)

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
        self.alternatives = tuple((other, 1.0) for other in sorted(scores) if other != story)
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
            if len(members) > _FIRST + _LATEST:
                members = [*members[:_FIRST], *members[-_LATEST:]]
            score = with_story(profile, [other.traits for other in members], least)
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
