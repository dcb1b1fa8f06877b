"""What we think of a feed after a poll, and which alarms that raises. Pure.

A state's alarm is raised once, when the state begins; `recovered` follows only where an alarm was raised.
States in order of weight, the heaviest that holds counts:

    gone      it answered 410
    failing   poll.failing_after polls failed in a row
    degraded  it works with loss: malformed, entries missed, guids that change, more than one feed may bring
    quiet     no news for much longer than it ever took before
    moved     it is fetched elsewhere than config.toml says
    ok
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from aggregator.config.polling import PollConfig
from aggregator.config.secrets import mask
from aggregator.core.types import (
    Alarm,
    FeedMemory,
    FeedState,
    Health,
    HealthMemory,
)
from aggregator.fetch.finished_poll import FinishedPoll
from aggregator.fetch.http.urls import shown

_LOSS_SHOWN = timedelta(days=1)
"""So long a feed counts as degraded after entries were missed or held back."""
_REPEAT = timedelta(days=1)
"""The same kind of alarm is not raised again sooner, gone and moved excepted."""
_LEAST_SILENCE = timedelta(days=2)
_BEFORE_QUIET = 5
"""Polls with news after which a feed's cadence is known well enough to miss it."""
_NO_ANSWER = frozenset((Health.FAILING, Health.GONE))
_BAD = _NO_ANSWER | {Health.DEGRADED, Health.QUIET}


@dataclass(frozen=True, slots=True)
class Assessment:
    """A feed's health after a poll. `memory` remembers which alarms were raised."""

    health: Health
    since: datetime
    why: str
    alarms: tuple[Alarm, ...]
    memory: HealthMemory


def assess(poll: FinishedPoll, after: FeedState, settings: PollConfig) -> Assessment:
    """Judge a feed. `after` holds the new failures, location and memory; its health fields are not read."""
    before, now, error = poll.feed, poll.now, poll.error
    memory = after.memory.health
    if error is None:
        memory = _remember(memory, poll)
    after = replace(after, memory=replace(after.memory, health=memory))
    health, why = _state(poll, after, settings)
    alarms = [*_events(poll, after, memory), *_transition(poll, health, why, memory)]
    memory = replace(
        memory,
        alarm=_standing_alarm(poll, health, memory, alarms),
        raised={**memory.raised, **{alarm.kind: now for alarm in alarms}},
    )
    if not poll.blameless:
        memory = replace(
            memory,
            error_code=error.code if error else "",
            error_message=mask(error.message)[:300] if error else "",
        )
    since = before.health_since if health == before.health and before.health_since else now
    return Assessment(health, since, why, tuple(alarms), memory)


def _remember(memory: HealthMemory, poll: FinishedPoll) -> HealthMemory:
    if poll.document is not None:
        problems = poll.document.problems
        memory = replace(memory, problem=problems[0][:300] if problems else "")
    if poll.changes is not None and poll.changes.gap:
        memory = replace(memory, missed_at=poll.now)
    first = poll.feed.last_success is None  # the past that a first document brings is no flood
    if poll.changes is not None and poll.changes.held_back and not first:
        memory = replace(memory, flooded_at=poll.now, held_back=len(poll.changes.held_back))
    if poll.changes is not None and poll.changes.bounded:
        memory = replace(memory, bounded_at=poll.now, bounded=poll.changes.bounded)
    return memory


def _state(poll: FinishedPoll, after: FeedState, settings: PollConfig) -> tuple[Health, str]:
    before, error, now = poll.feed, poll.error, poll.now
    if error is not None:
        if error.code == "http-410":
            return Health.GONE, mask(error.message)
        if not poll.blameless and after.failures >= settings.failing_after:
            return Health.FAILING, f"{after.failures} polls failed in a row; last: {mask(error.message)}"
        return before.health, before.health_why
    if loss := _loss(after.memory, now):
        return Health.DEGRADED, loss
    silence = silent_for(after.memory, now)
    if silence is not None:
        return Health.QUIET, f"no new entry for {_days(silence)}, longer than this feed was ever silent"
    if after.location != after.url:
        return Health.MOVED, f"fetched from {shown(after.location)}; put that URL into config.toml"
    return Health.OK, ""


def _loss(memory: FeedMemory, now: datetime) -> str:
    """What is lost of a feed that works, in words; empty when nothing is."""
    found = memory.health
    if found.problem:
        return f"the document has mistakes: {found.problem}"
    if memory.unstable_guids:
        return "every poll brings new ids for old entries; entries are told apart by link and title"
    if found.missed_at is not None and now - found.missed_at < _LOSS_SHOWN:
        return f"entries were missed before {_when(found.missed_at)}"
    if found.flooded_at is not None and now - found.flooded_at < _LOSS_SHOWN:
        return (
            f"it brought more than one feed may announce: {found.held_back} new entries of one document "
            f"went to the archive at {_when(found.flooded_at)}"
        )
    if found.bounded_at is not None and now - found.bounded_at < _LOSS_SHOWN:
        return f"{found.bounded} (last at {_when(found.bounded_at)})"
    return ""


def silent_for(memory: FeedMemory, now: datetime) -> timedelta | None:
    """How long a feed has been silent, when that is beyond its own cadence; None when it is not.

    Beyond means: over two days, twice its longest silence, and five times its usual gap.
    """
    if memory.last_new is None or memory.gap is None or memory.polls_with_news < _BEFORE_QUIET:
        return None
    silence = now - memory.last_new
    longest = timedelta(seconds=2 * memory.longest_silence)
    return silence if silence > max(_LEAST_SILENCE, longest, timedelta(seconds=5 * memory.gap)) else None


def _events(poll: FinishedPoll, after: FeedState, memory: HealthMemory) -> list[Alarm]:
    """Alarms about what happened at this poll, whatever state the feed is in."""
    before, error, now = poll.feed, poll.error, poll.now
    alarms = []
    if after.location != before.location:
        alarms.append(_moved(before, after, now))
    html = error is not None and error.code == "html"
    if error is not None and html and memory.error_code != "html" and _may_raise(memory, "html", now):
        alarms.append(Alarm(before.id, now, "html", mask(error.message)))
    if _missed(poll) and _may_raise(memory, "gap", now):
        message = (
            "no entry in common with the last fetch, so some were missed; "
            "set a shorter interval for this feed if it publishes in bursts"
        )
        alarms.append(Alarm(before.id, now, "gap", message))
    return alarms


def _missed(poll: FinishedPoll) -> bool:
    """Whether this very poll found that entries had been missed."""
    return poll.error is None and poll.changes is not None and poll.changes.gap


def _moved(before: FeedState, after: FeedState, now: datetime) -> Alarm:
    if after.location == after.url:
        message = (
            f"{shown(before.location)} no longer works; fetching {shown(after.url)} again, as configured"
        )
    else:
        message = (
            f"moved for good from {shown(before.location)} to {shown(after.location)}; "
            "fetched from there now, put that URL into config.toml when convenient"
        )
    return Alarm(before.id, now, "moved", message)


def _transition(poll: FinishedPoll, health: Health, why: str, memory: HealthMemory) -> list[Alarm]:
    """Alarms about a change of state."""
    before, now = poll.feed, poll.now
    if health == before.health:
        return []
    alarms = []
    if health is Health.GONE:
        alarms.append(
            Alarm(before.id, now, health.value, f"{why}; muted until its URL in config.toml changes")
        )
    elif health in _BAD and not _told_as_gap(poll, health) and _may_raise(memory, health.value, now):
        alarms.append(Alarm(before.id, now, health.value, why))
    worked_again = before.health in _NO_ANSWER and health not in _NO_ANSWER
    if memory.alarm and (health not in _BAD or worked_again):
        message = f"{before.health.value} since {_when(before.health_since)}, works again"
        alarms.append(Alarm(before.id, now, "recovered", message))
    return alarms


def _may_raise(memory: HealthMemory, kind: str, now: datetime) -> bool:
    """Whether an alarm of this kind may be raised again."""
    last = memory.raised.get(kind)
    return last is None or now - last >= _REPEAT


def _standing_alarm(poll: FinishedPoll, health: Health, memory: HealthMemory, alarms: Sequence[Alarm]) -> str:
    """The state whose alarm stands after this poll; empty when none does."""
    if health == poll.feed.health:
        return memory.alarm
    if health not in _BAD:
        return ""
    raised = _told_as_gap(poll, health) or any(alarm.kind == health.value for alarm in alarms)
    return health.value if raised else memory.alarm


def _told_as_gap(poll: FinishedPoll, health: Health) -> bool:
    """Whether the state began with missed entries, which have an alarm of their own."""
    return health is Health.DEGRADED and _missed(poll)


def _when(moment: datetime | None) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC" if moment else "its first poll"


def _days(span: timedelta) -> str:
    hours = span.total_seconds() / 3600
    return f"{hours / 24:.0f} days" if hours >= 48 else f"{hours:.0f} hours"
