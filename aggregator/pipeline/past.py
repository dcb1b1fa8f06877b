"""What grouping must know of stories that have left its window, read from the store."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence

from aggregator.core.types import Candidate
from aggregator.store import Store
from aggregator.stories.features.fingerprint import fingerprint
from aggregator.stories.grouping.member import Member
from aggregator.stories.grouping.past import Past
from aggregator.stories.grouping.window import Window


def read_past(
    store: Store,
    candidates: Sequence[Candidate],
    seen: Mapping[int, str],
    window: Window,
    publisher: Callable[[int], str],
    merges_left: Mapping[str, int],
) -> Past:
    """For a batch: who in a story outside the window has a link or guid of it, and how much such stories hold.

    `seen`: each exact key of the batch that is stored, with its story.
    """
    outside = sorted({story for story in seen.values() if not window.story(story)})
    if not outside:
        return Past(merges_left=merges_left)
    urls = sorted({c.entry.url for c in candidates if c.entry.url})
    guids = sorted({c.entry.guid for c in candidates if c.entry.guid})
    rows = store.entries.holders(outside, urls, guids)
    counts = store.entries.kept_by_feed(outside)
    holders: dict[str, list[Member]] = defaultdict(list)
    for story, entry in rows:
        holders[story].append(window.member(story, entry, fingerprint(entry)))
    kept: dict[tuple[str, str], int] = defaultdict(int)
    for (story, feed), count in counts.items():
        kept[story, publisher(feed)] += count
    return Past(holders, kept, merges_left)
