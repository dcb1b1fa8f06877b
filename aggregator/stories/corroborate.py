"""Members of a story -> who reports it, independently of each other. A first cut: counts origins and kinds."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from aggregator.types import Corroboration, StoryEntry


def corroborate(
    members: Sequence[StoryEntry], previous: Corroboration | None, now: datetime
) -> Corroboration:
    """The state the evidence supports, with the history of `previous` carried on."""
    origins = tuple(dict.fromkeys(member.origin or member.entry.origin for member in members))
    kinds = tuple(dict.fromkeys(member.kind for member in members if member.kind))
    countries = tuple(dict.fromkeys(member.country for member in members if member.country))
    if len(origins) <= 1:
        state = "state-media-only" if kinds == ("state-media",) else "single-source"
    else:
        state = "state-media-only" if kinds == ("state-media",) else "reported-by-several"
    history = previous.history if previous else ()
    since = previous.since if previous and previous.state == state else now
    if not history or history[-1][1] != state:
        history = (*history, (now, state))
    return Corroboration(state, since, origins, kinds, countries, (), history)
