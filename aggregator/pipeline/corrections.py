"""What people say of stories, carried out: yes and no, apart and together. Each is one transaction.

All of it runs in the writer's thread: `await writer.run(corrections.merge, writer, ids)`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from aggregator.core.errors import NotFound
from aggregator.core.types import Assignment, Constraint, Feedback, Grouping, Story
from aggregator.core.urls import spellings
from aggregator.pipeline.write_request import WriteRequest, Written
from aggregator.pipeline.writer import Writer
from aggregator.stories.grouping.group import story_id

_TOLD = "corrected by a person"
"""What subscribers are told: their item for the story is no longer what it was."""


def judge(writer: Writer, judgements: Sequence[Feedback]) -> list[Story]:
    """Keep people's yes or no and let the stories follow; returns them as they are now."""
    stories = tuple(sorted({one.story for one in judgements if one.story}))
    request = WriteRequest(writer.clock.now(), judgements=tuple(judgements), refresh=stories)
    return list(writer.apply(request).stories)


def unjudge(
    writer: Writer, *, entry: str, story: str, topic: str, at: datetime | None = None
) -> tuple[Feedback, list[Story]] | None:
    """Take the newest judgement back and let its story follow.

    `at`: only the judgement of the story as a whole that was given at that moment, and only while none came after it.
    Returns the judgement, and the story as it is now; None when there was none.
    """
    judgements = writer.store.judgements
    if at is None:
        found = judgements.newest_about(story=story, entry=entry, topic=topic)
    else:
        found = judgements.newest(story=story, topic=topic)
    if found is None or (at is not None and found.at != at):
        return None
    request = WriteRequest(writer.clock.now(), taken_back=(found.n,), refresh=(story,))
    return found, list(writer.apply(request).stories)


def merge(writer: Writer, ids: Sequence[str], *, by: str = "") -> Story:
    """Make one story of several, for good: later grouping will not take them apart.

    The oldest story keeps its id; the others redirect to it. Raises NotFound.
    """
    found = _whole(writer, ids)
    kept, *others = sorted(found, key=lambda s: (s.first_seen, s.id))
    anchor = kept.entries[0].entry.id
    pairs = [(anchor, m.entry.id) for story in found for m in story.entries if m.entry.id != anchor]
    moves = Grouping(merges=tuple((story.id, kept.id) for story in others))
    return _correct(writer, moves, pairs, together=True, by=by).by_id()[kept.id]


def split(
    writer: Writer, story: str, named: Sequence[str], *, by: str = "", at: datetime | None = None
) -> tuple[Story, Story]:
    """Move entries of a story into a new one, for good; returns what stayed and what is new.

    `named`: the entries, by id or URL; of several with one URL all go. `at`: when it was said, if not now. Raises
    NotFound when an entry is not in the story, or none would stay.
    """
    (whole,) = _whole(writer, [story])
    inside = {m.entry.id for m in whole.entries}
    meant = {one: _entries_of(whole, one) for one in named}
    entry_ids = list(dict.fromkeys(entry for found in meant.values() for entry in found))
    if missing := [one for one, found in meant.items() if not found]:
        raise NotFound(
            f"story {whole.id} has no entry {', '.join(missing)}; see `aggregator explain {whole.id}`"
        )
    stay = inside - set(entry_ids)
    if not stay or not entry_ids:
        raise NotFound(f"a split must leave entries on both sides; story {whole.id} has {len(inside)}")
    new = story_id(f"{whole.id}/{min(entry_ids)}")
    pairs = [(a, b) for a in entry_ids for b in sorted(stay)]
    moves = Grouping(assignments=tuple(Assignment(entry, new, "person") for entry in entry_ids))
    after = _correct(writer, moves, pairs, together=False, by=by, at=at).by_id()
    return after[whole.id], after[new]


def unsplit(writer: Writer, story: str, entry_ids: Sequence[str], at: datetime) -> bool:
    """Take the split of that moment back: the entries' story and `story` become one again. Raises NotFound.

    False when somebody has said something else of these entries since, or they are one story already.
    """
    named = set(entry_ids)
    said = (one for one in writer.store.corrections() if not one.together and one.at == at)
    if not any(one.a in named or one.b in named for one in said):
        return False
    others = {writer.store.find(entry)[1] for entry in entry_ids} - {story}
    if not others:
        return False
    merge(writer, [story, *sorted(others)], by="undo")
    return True


def _correct(
    writer: Writer,
    moves: Grouping,
    pairs: Sequence[tuple[str, str]],
    *,
    together: bool,
    by: str,
    at: datetime | None = None,
) -> Written:
    now = writer.clock.now()
    constraints = tuple(Constraint(min(pair), max(pair), together, at or now, by) for pair in pairs)
    return writer.apply(WriteRequest(now, moves=moves, constraints=constraints, change=_TOLD))


def _whole(writer: Writer, ids: Sequence[str]) -> list[Story]:
    wanted = [writer.store.find(one)[1] for one in ids]
    return list(writer.store.stories(list(dict.fromkeys(wanted))).values())


def _entries_of(story: Story, named: str) -> list[str]:
    """The ids of a story's entries with that id or URL."""
    addresses = spellings(named)
    return [m.entry.id for m in story.entries if m.entry.id == named or m.entry.url in addresses]
