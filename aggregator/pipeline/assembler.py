"""Between the pure story stages and the store: fetch what they need, keep the window in step.

Runs only in the pipeline's writer thread, so that each batch sees all that the ones before it stored.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from aggregator.config import Config
from aggregator.core.types import (
    ALIKE,
    Candidate,
    Entry,
    Feedback,
    FeedState,
    Grouping,
    Story,
    StoryEntry,
    published_order,
)
from aggregator.pipeline.past import read_past
from aggregator.pipeline.worker import Analysis
from aggregator.pipeline.write_request import WriteRequest
from aggregator.store import Store, public_url
from aggregator.stories.grouping.group import group
from aggregator.stories.grouping.publisher import publisher_of
from aggregator.stories.grouping.ration import MergeRation
from aggregator.stories.grouping.window import Window
from aggregator.stories.summary.bursts import usual_growth
from aggregator.stories.summary.summarise import rules_for, summarise

_USUAL_SPAN = timedelta(days=14)
_USUAL_KEPT = timedelta(hours=1)
_SET_BACK = timedelta(minutes=1)
"""A clock that goes back further was wrong before: the window it led to is built anew."""


class Assembler:
    """Groups candidates into stories and rebuilds the stories that were touched."""

    def __init__(self, config: Config, store: Store) -> None:
        self._settings = config.stories
        self._store = store
        self._window: Window | None = None
        self._constraints: dict[tuple[str, str], bool] | None = None
        self._feeds: dict[int, FeedState] = {}
        self._rules = rules_for(config.stories, config.origins)
        self._usual: dict[str, float] = {}
        self._usual_at: datetime | None = None
        self._ration = MergeRation()
        self._latest: datetime | None = None
        """When the last batch was grouped."""

    def forget_caches(self) -> None:
        """Read window and corrections anew at the next batch: after a correction by a person, or a failed write."""
        self._window = None
        self._constraints = None

    def group(self, candidates: Sequence[Candidate], now: datetime, *, polled: bool = True) -> Grouping:
        """Assign each candidate to a story, new or stored. What was `polled`, not imported by a person, is rationed in
        the merges it brings about."""
        if not candidates:
            return Grouping()
        window = self._window_at(now)
        if self._constraints is None:
            self._constraints = self._store.constraints()
        seen = self._store.seen([key for c in candidates for key in c.fingerprint.keys])
        publishers = {self._publisher(c.entry.feed_id) for c in candidates} if polled else ()
        left = self._ration.left(publishers, now)
        past = read_past(self._store, candidates, seen, window, self._publisher, left)
        return group(candidates, seen, window, self._constraints, self._settings, past)

    def commit(self, grouping: Grouping, candidates: Sequence[Candidate], now: datetime) -> None:
        """The batch is stored: let the window know."""
        self._ration.note(map(self._publisher, grouping.brought), now)
        if self._window is not None and candidates:
            self._window.commit(grouping, candidates)

    def _window_at(self, now: datetime) -> Window:
        """The window, read from the store where there is none, or where the clock that it was built by was wrong."""
        if self._latest is not None and now < self._latest - _SET_BACK:
            self._window = None
        self._latest = now
        if self._window is None:
            self._window = Window(self._settings, self._publisher)
            self._window.set_clock(now)
            self._window.load(self._store.window(now - 2 * self._settings.window))
        self._window.set_clock(now)
        return self._window

    def _publisher(self, feed_id: int) -> str:
        return publisher_of(self._feed(feed_id).url)

    def summarise(
        self, request: WriteRequest, candidates: Sequence[Candidate], grouping: Grouping
    ) -> tuple[list[Story], dict[str, Story]]:
        """Every story the request touches, as it will be; and those that were there before, as they were.

        Assignments of stored entries move them.
        """
        into = dict(grouping.merges)
        assigned = {a.entry: a for a in grouping.assignments}
        moved = assigned.keys() - {c.entry.id for c in candidates}
        revised = request.revised()
        released = frozenset(request.released)
        members: dict[str, list[StoryEntry]] = defaultdict(list)
        for c in candidates:
            a = assigned[c.entry.id]
            if a.basis == ALIKE:
                continue
            members[_follow(a.story, into)].append(self._member(c, a.basis))
        # Those founded in this batch are asked for too: an id may stand for a stored story, once they are merged.
        touched = {*members, *into, *into.values(), *request.refresh, *(assigned[one].story for one in moved)}
        if stored_entries := [*revised, *moved]:
            touched.update(held.story for held in self._store.known(stored_entries).values())
        stored = self._store.stories(sorted(touched))
        for story in stored.values():
            for member in story.entries:
                target = assigned[member.entry.id].story if member.entry.id in moved else story.id
                if member.entry.id in released:
                    member = replace(member, archived=False)
                members[_follow(target, into)].append(_revise(member, revised))
        said = self._said_of([*members, *into], request)
        words: dict[str, list[Feedback]] = defaultdict(list)
        for story_id, feedback in said.items():
            for word in feedback:
                home = assigned[word.entry].story if word.entry in moved else story_id
                words[_follow(home, into)].append(word)
        after = [
            self._summary(id, _ordered(found), stored.get(id), words.get(id, ()), request.now)
            for id, found in members.items()
        ]
        if request.change:
            after = [replace(story, changed=request.now, change=request.change) for story in after]
        return after, stored

    def rebuild(self, stored: Mapping[str, Story], now: datetime) -> list[Story]:
        """The stories summarised anew from the entries they are given with."""
        judged = self._store.judged(list(stored))
        return [
            self._summary(story.id, story.entries, story, judged.get(story.id, ()), now)
            for story in stored.values()
        ]

    def _summary(
        self,
        id: str,
        members: Sequence[StoryEntry],
        before: Story | None,
        judged: Sequence[Feedback],
        now: datetime,
    ) -> Story:
        usual = self._usual_growth(now)
        return summarise(id, members, before, now, self._settings, judged, self._rules, usual)

    def _said_of(self, ids: Sequence[str], request: WriteRequest) -> dict[str, list[Feedback]]:
        """What people have said of the stories, with what the request adds and takes back."""
        said = {
            id: [word for word in words if word.n not in request.taken_back]
            for id, words in self._store.judged(ids).items()
        }
        for word in request.judgements:
            said.setdefault(word.story, []).append(word)
        return said

    def _usual_growth(self, now: datetime) -> dict[str, float]:
        """How fast each topic's stories grew in the last two weeks; worked out once an hour."""
        if self._usual_at is None or not self._usual_at <= now < self._usual_at + _USUAL_KEPT:
            self._usual = usual_growth(self._store.growth(now - _USUAL_SPAN))
            self._usual_at = now
        return self._usual

    def _member(self, candidate: Candidate, basis: str) -> StoryEntry:
        feed = self._feed(candidate.entry.feed_id)
        return StoryEntry(
            entry=candidate.entry,
            basis=basis,
            feed_title=feed.title,
            feed_url=public_url(feed.url),
            origin=feed.origin,
            kind=feed.kind,
            country=feed.country,
            labels=candidate.labels,
            archived=candidate.archived,
            features=tuple(candidate.fingerprint.features),
        )

    def _feed(self, feed_id: int) -> FeedState:
        if feed_id not in self._feeds:
            self._feeds = self._store.feeds_by_id()
        return self._feeds[feed_id]

    def feeds_changed(self) -> None:
        """Read the feeds' identities anew: the configuration was reloaded."""
        self._feeds = {}


def _follow(story: str, into: Mapping[str, str]) -> str:
    while story in into:
        story = into[story]
    return story


def _revise(member: StoryEntry, revised: Mapping[str, tuple[Entry, Analysis]]) -> StoryEntry:
    change = revised.get(member.entry.id)
    if change is None:
        return member
    entry, analysis = change
    # When it came, and who wrote it first, are facts of the first version.
    first = member.entry
    entry = replace(
        entry,
        seen=first.seen,
        published=first.published or entry.published,
        listed_after=first.listed_after,
        origin=first.origin,
        credit=first.credit,
    )
    return replace(member, entry=entry, labels=analysis.labels)


def _ordered(members: Sequence[StoryEntry]) -> list[StoryEntry]:
    return sorted(members, key=published_order)
