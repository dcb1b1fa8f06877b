"""Whether an entry's text bears out the guid or link that it shares with others.

A link or a guid is a claim: whoever writes a feed can put any link into it. So it joins an entry to a story only if what
the entry says could be what those say who have the same link. Much less is asked than of an entry without one: the
aggregator's headline over another outlet's page need not look like the page's own.
"""

from __future__ import annotations

from collections.abc import Sequence

from aggregator.stories.grouping.member import Member
from aggregator.stories.grouping.near_duplicate import same_text
from aggregator.stories.grouping.similarity import likelihood_at_any_time
from aggregator.stories.grouping.traits import Profile

AGREES = 0.15
"""The least likelihood of one event, time apart, at which two texts can be over one page: docs/stories.md has how many
pairs of one event and of two reach it."""
_COMPARED = 12
"""Members compared, the oldest and the latest: a link on a thousand items costs no more."""


def agreement(profile: Profile, member: Member, holders: Sequence[Member]) -> float:
    """How well an entry agrees with the best of those that hold a key it claims: 0 to 1, 0 if with none.

    `profile` is the entry's own, weighed now; `holders` in order of time.
    """
    if len(holders) > _COMPARED:
        holders = [*holders[: _COMPARED // 2], *holders[-_COMPARED // 2 :]]
    best = max((_alike(profile, member, other) for other in holders), default=0.0)
    return best if best >= AGREES else 0.0


def _alike(profile: Profile, member: Member, other: Member) -> float:
    if (member.title, member.lead) == (other.title, other.lead):
        return 1.0
    return same_text(member, other) or likelihood_at_any_time(profile, other.traits)
