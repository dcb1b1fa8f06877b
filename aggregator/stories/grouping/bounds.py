"""What of a batch went beyond what one feed may bring to stories, in words for its health."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from aggregator.core.types import ALIKE, Candidate, Grouping


def bounded(grouping: Grouping, candidates: Sequence[Candidate]) -> Mapping[int, str]:
    """Feed to what went beyond; feeds that kept within every bound are not named."""
    feeds = {candidate.entry.id: candidate.entry.feed_id for candidate in candidates}
    alike = Counter(feeds[a.entry] for a in grouping.assignments if a.basis == ALIKE)
    refused = Counter(grouping.refused)
    found: dict[int, str] = {}
    for feed in alike.keys() | refused.keys():
        told = []
        if count := alike[feed]:
            told.append(
                f"of one document {count:,} entries were much like what their story has from it already: they were "
                "counted there, without their text"
            )
        if count := refused[feed]:
            told.append(
                f"its entries would have joined {count:,} pairs of stories more than one publisher may in a day; those "
                "that are one event can be joined with `aggregator stories merge`"
            )
        found[feed] = "; ".join(told)
    return found
