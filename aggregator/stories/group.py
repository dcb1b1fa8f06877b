"""Candidates + window -> Grouping: which story each new entry belongs to, and which stories prove to be one.

for each candidate, oldest first:
    a person's constraint       -> that story                      basis "person"
    an exact key known          -> its story                       guid, url, text
    a band shared, verified     -> its story                       near
    rare features shared        -> the likeliest story, if likely  event
    else                        -> a story of its own              new
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from hashlib import blake2b

from aggregator.config.stories import StoriesConfig
from aggregator.stories.sametext import same_text
from aggregator.stories.similarity import to_story
from aggregator.stories.window import Member, Window, member_of, order_of
from aggregator.types import Assignment, Candidate, Grouping

_CANDIDATES = 10
_RARE = 10
_THRESHOLD = 0.30


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
    assignments: list[Assignment] = []
    merges: list[tuple[str, str]] = []
    with window.trial() as trial:
        for candidate in sorted(candidates, key=order_of):
            entry = candidate.entry
            assignment = _decide(candidate, seen, window, settings)
            assignments.append(assignment)
            if entry.time is not None:
                trial.add(member_of(assignment.story, entry, candidate.fingerprint))
    return Grouping(tuple(assignments), tuple(merges))


def _decide(
    candidate: Candidate, seen: Mapping[int, str], window: Window, settings: StoriesConfig
) -> Assignment:
    entry = candidate.entry
    for key in candidate.fingerprint.keys:
        known = window.with_key(key)
        if known:
            return Assignment(entry.id, known[0].story, "text")
        if key in seen:
            return Assignment(entry.id, seen[key], "text")
    if entry.time is not None:
        member = member_of("", entry, candidate.fingerprint)
        span = settings.window.total_seconds()
        found = _near(member, window, span)
        if found is None and settings.same_event:
            found = _event(member, window, span)
        if found is not None:
            return found
    return Assignment(entry.id, story_id(entry.id), "new")


def _near(member: Member, window: Window, span: float) -> Assignment | None:
    best: tuple[float, Member] | None = None
    checked: set[str] = set()
    for band in member.bands:
        for other in window.with_band(band):
            if other.id in checked or abs(other.time - member.time) > span:
                continue
            checked.add(other.id)
            score = same_text(member, other)
            if score and (best is None or score > best[0]):
                best = (score, other)
    return Assignment(member.id, best[1].story, "near", best[0]) if best else None


def _event(member: Member, window: Window, span: float) -> Assignment | None:
    rarity = window.rarity
    rare = sorted(member.features, key=lambda f: (-rarity.of(f), f))[:_RARE]
    votes: Counter[str] = Counter()
    for feature in rare:
        weight = rarity.of(feature)
        for other in window.with_feature(feature):
            if abs(other.time - member.time) <= span:
                votes[other.story] += weight  # type: ignore[assignment]
    best: tuple[float, str] | None = None
    for story, _ in sorted(votes.items(), key=lambda item: (-item[1], item[0]))[:_CANDIDATES]:
        score = to_story(member, window.story(story), rarity)
        if best is None or score > best[0]:
            best = (score, story)
    if best is None or best[0] < _THRESHOLD:
        return None
    return Assignment(member.id, best[1], "event", best[0])
