"""A topic that is being written, tried on stories at hand: `aggregator try`. Nothing is changed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from classifiers.evaluation.tryout_records import Find, Taken, TermUse, Tryout

FINDS = 3
"""How many terms and groups are shown of one story: what weighed most."""


def spell_out(tryout: Tryout, *, most: int, missed: int) -> Iterator[str]:
    """What a topic takes, as lines: the doubtful stories first, then those held back and those that just miss."""
    doubts = Counter(doubt for story in tryout.taken for doubt in story.doubts)
    if doubts:
        yield f"Doubts: {', '.join(f'{doubt} {number}' for doubt, number in doubts.most_common())}"
        yield ""
    yield f"Taken, the doubtful ones first ({min(most, len(tryout.taken))} of {len(tryout.taken)} different titles):"
    yield from _stories(tryout.taken[:most])
    if tryout.missed and missed:
        yield f"Just missed, the nearest first ({min(missed, len(tryout.missed))} of {len(tryout.missed)}):"
        yield from _stories(tryout.missed[:missed])
    if tryout.held and missed:
        yield f"Held back, though the points suffice ({min(missed, len(tryout.held))} of {len(tryout.held)}):"
        yield from _stories(tryout.held[:missed], why="by ")


def titles(tryout: Tryout) -> Iterator[str]:
    """The titles of all that a topic takes, the doubtful ones first: to be read in one go."""
    yield f"All {len(tryout.taken)} titles, the doubtful ones first:"
    for number, story in enumerate(tryout.taken, 1):
        yield f"{number:4}  {story.score:.2f}  {'?' if story.doubts else ' '} {story.title}"
    yield ""


def changes(before: Tryout, after: Tryout) -> Iterator[str]:
    """What another version of the topic takes and does not, as lines: titles only."""
    entered, left = _changes(before, after)
    for sign, stories, what in (("+", entered, "entered"), ("-", left, "left")):
        yield f"{len(stories)} {what}{':' if stories else ''}"
        yield from (f"   {sign} {story.score:.2f}  {story.title}" for story in stories)
    yield ""


def changes_as_dict(before: Tryout, after: Tryout) -> dict[str, object]:
    """The same for JSON: what entered and what left."""
    entered, left = _changes(before, after)
    return {"entered": [story.as_dict() for story in entered], "left": [story.as_dict() for story in left]}


def _changes(before: Tryout, after: Tryout) -> tuple[list[Taken], list[Taken]]:
    old, new = {story.title for story in before.taken}, {story.title for story in after.taken}
    entered = [story for story in after.taken if story.title not in old]
    return entered, [story for story in before.taken if story.title not in new]


def _stories(stories: Sequence[Taken], why: str = "doubtful: ") -> Iterator[str]:
    for number, story in enumerate(stories, 1):
        yield f"{number:4}  {story.score:.2f}  {story.title}"
        if story.doubts:
            yield f"{'':12}{why}{', '.join(story.doubts)}"
        shown = ""
        for find in story.finds[:FINDS]:
            yield f"{'':12}{find.points:+.2f}  {_find(find, shown)}"
            shown = find.sentence
        yield f"{'':12}{story.id}  {story.url}".rstrip()
    yield ""


def _find(find: Find, shown: str) -> str:
    """One find; its sentence only where that of the find before is another one and not the title."""
    what = f'"{find.what}"' if find.kind == "group" else find.what
    place = find.where + (", in passing" if find.passing else "")
    words = find.sentence if find.where != "title" and find.sentence != shown else f"«{find.found}»"
    return f"{what}  {place}: {words or find.found}"


def term_rows(uses: Sequence[TermUse]) -> list[tuple[str, str, str, str, str]]:
    """Each term that was found, for a table: the most often decisive first."""
    ordered = sorted(
        (use for use in uses if use.found), key=lambda use: (-use.decisive, -use.taken, -use.found)
    )
    return [
        (
            f'"{use.what}"' if use.kind == "group" else use.what,
            str(use.found),
            str(use.taken),
            str(use.decisive),
            ", ".join(f"{word} {count}" for word, count in use.spellings),
        )
        for use in ordered
    ]


def unfound(uses: Sequence[TermUse]) -> list[str]:
    """Terms and groups that were found in no story."""
    return [use.what for use in uses if not use.found]


def unfound_names(tryout: Tryout) -> Iterator[str]:
    """The names inside entities that stand in no story, a line an entity."""
    for entity, names in tryout.unfound:
        yield f"names of @{entity} found nowhere: {', '.join(names)}"
