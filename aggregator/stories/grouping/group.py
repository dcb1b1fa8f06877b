"""Candidates + window -> Grouping: which story each new entry belongs to, and which stories prove to be one.

    for each candidate, oldest first:
        a person's constraint       -> that story                          person
        an exact key known          -> the story that has it               guid, url, text
                                       (a guid or link: if the texts agree)
        a band shared, verified     -> the story of the likest text        near
        rare features shared        -> the likeliest story, if likely      event
        else                        -> a story of its own                  new
        enough there of one kind    -> counted, not kept whole             alike
        other stories as likely     -> merged, when they are like each other

Stories that a person set apart are never joined, by no evidence.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from hashlib import blake2b

from aggregator.config.stories import StoriesConfig
from aggregator.core.types import ALIKE, Assignment, Candidate, Grouping
from aggregator.stories.grouping.decision import Decision
from aggregator.stories.grouping.fullness import Fullness
from aggregator.stories.grouping.member import order_of
from aggregator.stories.grouping.merge import Merger
from aggregator.stories.grouping.past import NOTHING, Past
from aggregator.stories.grouping.window import Window


def story_id(entry: str) -> str:
    """The id of the story that begins with an entry: the same for ever, on every machine."""
    return "s" + blake2b(entry.encode(), digest_size=8).hexdigest()[:15]


def group(
    candidates: Sequence[Candidate],
    seen: Mapping[int, str],
    window: Window,
    constraints: Mapping[tuple[str, str], bool],
    settings: StoriesConfig,
    past: Past = NOTHING,
) -> Grouping:
    """Assign every candidate to a story.

    `seen`: exact keys already stored, in all history, to the story that has them (merged ids resolved).
    `constraints`: people's corrections, (entry, entry) to whether they belong together. `past`: what else is held that
    the window does not know. The window is as before when this returns. Candidates are decided in order of time,
    however they come.
    """
    apart, together = _corrections(constraints)
    assigned: dict[str, Assignment] = {}
    with window.trial() as trial:
        merger = Merger(window, trial, apart, settings, past.merges_left)
        fullness = Fullness(window, past.kept)
        for candidate in sorted(candidates, key=order_of):
            entry = candidate.entry
            if entry.id in assigned:
                continue
            member = window.member("", entry, candidate.fingerprint)
            barred = frozenset(
                held.story for other in apart.get(entry.id, ()) if (held := window.get(other)) is not None
            )
            decision = Decision(member, window, settings, barred)
            found = (
                decision.by_person(together.get(entry.id, ()))
                or decision.by_key(entry, seen, past.holders, merger.resolve)
                or decision.by_text()
                or (decision.by_event() if settings.same_event else None)
                or Assignment(entry.id, story_id(entry.id), "new")
            )
            if fullness.is_full(member.publisher, found):
                assigned[entry.id] = Assignment(entry.id, found.story, ALIKE, found.score)
                continue
            fullness.add(member.publisher, found)
            assigned[entry.id] = found
            member.story = found.story
            if entry.time is not None:
                trial.add(member)
                merger.consider(member, entry.feed_id, decision.alternatives)
        trial.outcome = Grouping(
            tuple(_resolved(assignment, merger) for assignment in assigned.values()),
            merger.merges(),
            merger.brought(),
            tuple(merger.refused),
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
