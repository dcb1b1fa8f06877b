"""Late evidence: when one entry fits two stories and the stories fit each other, they were one all along."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from aggregator.config.stories import StoriesConfig
from aggregator.stories.grouping.similarity import likelihood
from aggregator.stories.grouping.window import Member, Trial, Window

_COMPARED = 5
"""Members of each story that are compared when two are held against each other."""
_SAME_TEXT = 0.25
"""Two stories that share a text need only be this likely one event."""


class Merger:
    """Decides merges within one batch, and answers which story an id stands for since."""

    def __init__(
        self, window: Window, trial: Trial, apart: Mapping[str, Sequence[str]], settings: StoriesConfig
    ) -> None:
        """`apart`: entry to the entries that a person set it apart from."""
        self._window = window
        self._trial = trial
        self._apart = apart
        self._settings = settings
        self._into: dict[str, str] = {}

    def resolve(self, story: str) -> str:
        """The story's id after the merges of this batch."""
        while story in self._into:
            story = self._into[story]
        return story

    def merges(self) -> tuple[tuple[str, str], ...]:
        """(from, into), each `into` final."""
        return tuple((source, self.resolve(source)) for source in self._into)

    def consider(self, member: Member, alternatives: Sequence[tuple[str, float]]) -> None:
        """`member` was put into its story; `alternatives` are stories it fitted too, with their likelihood."""
        for other, score in alternatives:
            if self._one_event(self._window.story(member.story), self._window.story(other), score):
                self._merge(member.story, other)

    def _one_event(self, a: Sequence[Member], b: Sequence[Member], score: float) -> bool:
        if not a or not b or a[0].story == b[0].story:
            return False
        if max(a[-1].time, b[-1].time) - min(a[0].time, b[0].time) > self._settings.window.total_seconds():
            return False
        if any(other.id in self._apart.get(one.id, ()) for one in a for other in b):
            return False
        needed = _SAME_TEXT if score >= 1.0 else self._settings.merge_likelihood
        if needed >= 1.0 or score < needed:
            return False
        profiles = [self._window.profile(one) for one in a[-_COMPARED:]]
        pairs = [likelihood(one, other.traits) for one in profiles for other in b[-_COMPARED:]]
        return sum(pairs) / len(pairs) >= needed

    def _merge(self, a: str, b: str) -> None:
        """The story that began earlier keeps its id."""
        first, second = sorted((a, b), key=lambda story: (self._window.story(story)[0], story))
        self._trial.join(second, first)
        self._into[second] = first
