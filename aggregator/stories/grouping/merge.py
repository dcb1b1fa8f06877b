"""Late evidence: when one entry fits two stories and the stories fit each other, they were one all along.

The entry itself has no vote, and the stories must fit each other whichever one publisher is left out: nobody can bring
two stories of others together by what they put into them. What a publisher may bring about is rationed as well.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from aggregator.config.stories import StoriesConfig
from aggregator.stories.grouping.member import Member
from aggregator.stories.grouping.similarity import likelihood
from aggregator.stories.grouping.standing import voters
from aggregator.stories.grouping.trial import Trial
from aggregator.stories.grouping.window import Window

_COMPARED = 5
"""Members of each story that are compared when two are held against each other."""
SAME_TEXT = 1.0
"""The score of a story that has the very text of an entry that fits two."""
_SAME_TEXT_NEEDS = 0.25
"""Two stories that share a text need only be this likely one event."""
_WITHOUT_ANY_ONE = 0.7
"""Share of what is needed that must be left without any one publisher: the mean of fewer reports varies more."""


class Merger:
    """Decides merges within one batch, and answers which story an id stands for since."""

    def __init__(
        self,
        window: Window,
        trial: Trial,
        apart: Mapping[str, Sequence[str]],
        settings: StoriesConfig,
        allowed: Mapping[str, int],
    ) -> None:
        """`apart`: entry to the entries that a person set it apart from; `allowed`: publisher to how many merges it may
        still bring about, where there is a bound."""
        self._window = window
        self._trial = trial
        self._apart = apart
        self._settings = settings
        self._allowed = allowed
        self._used: Counter[str] = Counter()
        self._into: dict[str, str] = {}
        self._by: dict[str, int] = {}
        self.refused: list[int] = []
        """The feed of each merge beyond what its publisher may bring about."""

    def resolve(self, story: str) -> str:
        """The story's id after the merges of this batch."""
        while story in self._into:
            story = self._into[story]
        return story

    def merges(self) -> tuple[tuple[str, str], ...]:
        """(from, into), each `into` final."""
        return tuple((source, self.resolve(source)) for source in self._into)

    def brought(self) -> tuple[int, ...]:
        """The feed whose entry brought about each of `merges`."""
        return tuple(self._by[source] for source in self._into)

    def consider(self, member: Member, feed: int, alternatives: Sequence[tuple[str, float]]) -> None:
        """`member` of `feed` was put into its story; `alternatives` are stories it fitted too, with their likelihood."""
        for other, score in alternatives:
            if self._one_event(member, self._window.story(other), score):
                allowed = self._allowed.get(member.publisher)
                if allowed is not None and self._used[member.publisher] >= allowed:
                    self.refused.append(feed)
                else:
                    self._used[member.publisher] += 1
                    self._merge(member.story, other, feed)

    def _one_event(self, member: Member, b: Sequence[Member], score: float) -> bool:
        a = self._window.story(member.story)
        if not a or not b or a[0].story == b[0].story:
            return False
        if max(a[-1].time, b[-1].time) - min(a[0].time, b[0].time) > self._settings.window.total_seconds():
            return False
        if any(other.id in self._apart.get(one.id, ()) for one in a for other in b):
            return False
        needed = _SAME_TEXT_NEEDS if score >= SAME_TEXT else self._settings.merge_likelihood
        if needed >= 1.0 or score < needed:
            return False
        ours = voters([one for one in a if one is not member], _COMPARED)
        theirs = voters(b, _COMPARED)
        if not ours:
            return False
        profiles = [(one, self._window.profile(one)) for one in ours]
        votes = [
            (one.publisher, other.publisher, likelihood(profile, other.traits))
            for one, profile in profiles
            for other in theirs
        ]
        return _stands(votes, needed)

    def _merge(self, a: str, b: str, feed: int) -> None:
        """The story that began earlier keeps its id."""
        first, second = sorted((a, b), key=lambda story: (self._window.story(story)[0], story))
        self._window.join(second, first)
        self._into[second] = first
        self._by[second] = feed


def _stands(votes: Sequence[tuple[str, str, float]], needed: float) -> bool:
    """Whether the mean of the votes is enough, and nearly so without any one publisher, as far as anything is left.

    A vote is (publisher on one side, on the other, likelihood). Who wrote the whole of a story speaks for it.
    """
    if _mean(votes) < needed:
        return False
    ours, theirs = {one for one, _, _ in votes}, {other for _, other, _ in votes}
    for publisher in ours | theirs:
        left = [
            vote
            for vote in votes
            if (vote[0] != publisher or len(ours) == 1) and (vote[1] != publisher or len(theirs) == 1)
        ]
        if _mean(left) < needed * _WITHOUT_ANY_ONE:
            return False
    return True


def _mean(votes: Sequence[tuple[str, str, float]]) -> float:
    return sum(vote[2] for vote in votes) / len(votes)
