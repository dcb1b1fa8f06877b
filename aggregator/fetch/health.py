"""What we think of a feed after a poll, and which alarms that raises. Pure.

A state's alarm is raised once, when the state begins; `recovered` follows only where an alarm was raised.
States in order of weight, the heaviest that holds counts:

    gone      it answered 410
    failing   poll.failing_after polls failed in a row
    degraded  it works with loss: malformed, entries missed, guids that change, floods
    quiet     no news for much longer than it ever took before
    moved     it is fetched elsewhere than config.toml says
    ok
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from aggregator.config.polling import PollConfig
from aggregator.config.secrets import mask
from aggregator.core.types import (
    Alarm,
    Changes,
    FeedMemory,
    FeedState,
    Fetched,
    Health,
    ParsedFeed,
    PollError,
)
from aggregator.fetch.network import BLAMELESS

_GAP_LASTS = timedelta(days=1)
_REPEAT = timedelta(days=1)
"""The same kind of alarm is not raised again sooner, gone and moved excepted."""
_LEAST_SILENCE = timedelta(days=2)
_BEFORE_QUIET = 5
"""Polls with news after which a feed's cadence is known well enough to miss it."""
_BAD = frozenset((Health.GONE, Health.FAILING, Health.DEGRADED, Health.QUIET))


@dataclass(frozen=True, slots=True)
class Assessment:
    """A feed's health after a poll. `memory` remembers which alarms were raised."""

    health: Health
    since: datetime
    why: str
    alarms: tuple[Alarm, ...]
    memory: FeedMemory


def assess(
    before: FeedState,
    after: FeedState,
    fetched: Fetched,
    parsed: ParsedFeed | PollError | None,
    changes: Changes | None,
    now: datetime,
    settings: PollConfig,
    *,
    network_down: bool = False,
) -> Assessment:
    """Judge a feed. `after` holds the new failures, location and memory; its health fields are not read."""
    error = fetched.error or (parsed if isinstance(parsed, PollError) else None)
    extra: dict[str, Any] = dict(after.memory.extra)
    if error is None:
        _remember(extra, parsed, changes, now)
    health, why = _state(before, after, error, extra, now, settings, network_down)
    alarms = _events(before, after, error, changes, extra, now)
    alarms += _transition(before, health, why, extra, now)
    if not network_down and not (error and error.code in BLAMELESS):
        extra["error"] = error.code if error else ""
        extra["last_error"] = mask(error.message)[:300] if error else ""
    since = before.health_since if health == before.health and before.health_since else now
    memory = replace(after.memory, extra={name: value for name, value in extra.items() if value})
    return Assessment(health, since, why, tuple(alarms), memory)


def _remember(
    extra: dict[str, Any], parsed: ParsedFeed | PollError | None, changes: Changes | None, now: datetime
) -> None:
    if isinstance(parsed, ParsedFeed):
        extra["problem"] = parsed.problems[0][:300] if parsed.problems else ""
    if changes is not None and changes.gap:
        extra["gap_at"] = now.isoformat()
    if changes is not None and changes.held_back:
        extra["flood_at"], extra["held_back"] = now.isoformat(), changes.held_back


def _state(
    before: FeedState,
    after: FeedState,
    error: PollError | None,
    extra: Mapping[str, Any],
    now: datetime,
    settings: PollConfig,
    network_down: bool,
) -> tuple[Health, str]:
    if error is not None:
        if error.code == "http-410":
            return Health.GONE, mask(error.message)
        if network_down or error.code in BLAMELESS:
            return before.health, before.health_why
        if after.failures >= settings.failing_after:
            return Health.FAILING, f"{after.failures} polls failed in a row; last: {mask(error.message)}"
        return before.health, before.health_why
    if extra.get("problem"):
        return Health.DEGRADED, f"the document has mistakes: {extra['problem']}"
    if after.memory.unstable_guids:
        return (
            Health.DEGRADED,
            "every poll brings new ids for old entries; entries are told apart by link and title",
        )
    gap_at = _moment(extra.get("gap_at"))
    if gap_at is not None and now - gap_at < _GAP_LASTS:
        return Health.DEGRADED, f"entries were missed before {gap_at:%Y-%m-%d %H:%M} UTC"
    flood_at = _moment(extra.get("flood_at"))
    if flood_at is not None and now - flood_at < _GAP_LASTS:
        return Health.DEGRADED, (
            f"it brought more than one feed may announce: {extra.get('held_back')} new entries of one document "
            f"went to the archive at {flood_at:%Y-%m-%d %H:%M} UTC"
        )
    silence = silent_for(after.memory, now)
    if silence is not None:
        return Health.QUIET, f"no new entry for {_days(silence)}, longer than this feed was ever silent"
    if after.location != after.url:
        return Health.MOVED, f"fetched from {_bare(after.location)}; put that URL into config.toml"
    return Health.OK, ""


def silent_for(memory: FeedMemory, now: datetime) -> timedelta | None:
    """How long a feed has been silent, when that is beyond its own cadence; None when it is not.

    Beyond means: over two days, twice its longest silence, and five times its usual gap.
    """
    if memory.last_new is None or memory.gap is None or int(memory.extra.get("seen", 0)) < _BEFORE_QUIET:
        return None
    silence = now - memory.last_new
    longest = timedelta(seconds=2 * float(memory.extra.get("longest", 0.0)))
    return silence if silence > max(_LEAST_SILENCE, longest, timedelta(seconds=5 * memory.gap)) else None


def _events(
    before: FeedState,
    after: FeedState,
    error: PollError | None,
    changes: Changes | None,
    extra: dict[str, Any],
    now: datetime,
) -> list[Alarm]:
    """Alarms about what happened at this poll, whatever state the feed is in."""
    alarms = []
    if after.location != before.location:
        alarms.append(_moved(before, after, now))
    if (
        error is not None
        and error.code == "html"
        and extra.get("error") != "html"
        and _due(extra, "html", now)
    ):
        alarms.append(Alarm(before.id, now, "html", mask(error.message)))
    if error is None and changes is not None and changes.gap and _due(extra, "gap", now):
        message = (
            "no entry in common with the last fetch, so some were missed; "
            "set a shorter interval for this feed if it publishes in bursts"
        )
        alarms.append(Alarm(before.id, now, "gap", message))
    return alarms


def _moved(before: FeedState, after: FeedState, now: datetime) -> Alarm:
    if after.location == after.url:
        message = (
            f"{_bare(before.location)} no longer works; fetching {_bare(after.url)} again, as configured"
        )
    else:
        message = (
            f"moved for good from {_bare(before.location)} to {_bare(after.location)}; "
            "fetched from there now, put that URL into config.toml when convenient"
        )
    return Alarm(before.id, now, "moved", message)


def _transition(
    before: FeedState, health: Health, why: str, extra: dict[str, Any], now: datetime
) -> list[Alarm]:
    """Alarms about a change of state."""
    if health == before.health:
        return []
    alarms = []
    opened = str(extra.get("open", ""))
    if health in _BAD:
        missed = health is Health.DEGRADED and extra.get("gap_at") == now.isoformat()  # has its own alarm
        if health is Health.GONE or (not missed and _due(extra, health.value, now)):
            advice = "; muted until its URL in config.toml changes" if health is Health.GONE else ""
            alarms.append(Alarm(before.id, now, health.value, why + advice))
            extra["open"] = health.value
        elif missed:
            extra["open"] = health.value
    worked_again = before.health in (Health.FAILING, Health.GONE) and health not in (
        Health.FAILING,
        Health.GONE,
    )
    if opened and (health not in _BAD or worked_again):
        message = f"{before.health.value} since {_when(before.health_since)}, works again"
        alarms.append(Alarm(before.id, now, "recovered", message))
        if health not in _BAD:
            extra["open"] = ""
    return alarms


def _due(extra: dict[str, Any], kind: str, now: datetime) -> bool:
    """Whether an alarm of this kind may be raised; notes that it was."""
    told: dict[str, str] = dict(extra.get("told") or {})
    last = _moment(told.get(kind))
    if last is not None and now - last < _REPEAT:
        return False
    told[kind] = now.isoformat()
    extra["told"] = told
    return True


def _moment(text: Any) -> datetime | None:
    return datetime.fromisoformat(text) if isinstance(text, str) and text else None


def _when(moment: datetime | None) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC" if moment else "its first poll"


def _days(span: timedelta) -> str:
    hours = span.total_seconds() / 3600
    return f"{hours / 24:.0f} days" if hours >= 48 else f"{hours:.0f} hours"


def _bare(url: str) -> str:
    """Without user name, password and query: alarms are read by more people than config.toml."""
    head, _, query = url.partition("?")
    scheme, sep, rest = head.partition("://")
    host, slash, path = rest.partition("/")
    return f"{scheme}{sep}{host.rpartition('@')[2]}{slash}{path}" + ("?…" if query else "")
