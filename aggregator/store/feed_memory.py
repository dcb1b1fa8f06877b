"""What a feed taught us, as the JSON value of one column: written whole, and read from whatever version wrote it. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, fields
from datetime import datetime
from typing import Any

from aggregator.core.types import DayStored, FeedMemory, HealthMemory, ScheduleHints, UsualRate

_MOMENTS = frozenset(
    (
        "last_new",
        "last_unconditional",
        "first_read",
        "spent_until",
        "retry_at",
        "missed_at",
        "flooded_at",
        "bounded_at",
    )
)
_FROM_EXTRA = {"longest": "longest_silence", "seen": "polls_with_news", "retry_at": "retry_at"}
_HEALTH_FROM_EXTRA = {
    "problem": "problem",
    "gap_at": "missed_at",
    "flood_at": "flooded_at",
    "held_back": "held_back",
    "error": "error_code",
    "last_error": "error_message",
    "open": "alarm",
    "told": "raised",
}
_HINTS_FROM_EXTRA = {"ttl": "ttl", "period": "update_period", "hours": "skip_hours", "days": "skip_days"}


def memory_to_json(memory: FeedMemory) -> str:
    """Compact JSON: moments as ISO strings, sets as sorted lists."""
    return json.dumps(asdict(memory), ensure_ascii=False, separators=(",", ":"), default=_encode)


def memory_from_json(text: str) -> FeedMemory:
    """The record that `memory_to_json` wrote, or that an older version wrote; fields nobody knows are left out.

    Raises ValueError or TypeError where the text is no such value.
    """
    value = json.loads(text)
    value = {**_of_extra(value.get("extra") or {}), **value}
    hints = _known(ScheduleHints, value.pop("hints", {}))
    for name in ("skip_hours", "skip_days"):
        hints[name] = frozenset(hints.get(name) or ())
    health = _known(HealthMemory, value.pop("health", {}))
    health["raised"] = {kind: datetime.fromisoformat(at) for kind, at in (health.get("raised") or {}).items()}
    memory = _known(FeedMemory, value)
    memory["usual"] = UsualRate(**_known(UsualRate, memory.get("usual") or {}))
    memory["stored"] = DayStored(**_known(DayStored, memory.get("stored") or {}))
    memory["last_ids"] = tuple(memory.get("last_ids") or ())
    return FeedMemory(**memory, hints=ScheduleHints(**hints), health=HealthMemory(**health))


def _of_extra(extra: Mapping[str, Any]) -> dict[str, Any]:
    """What earlier versions kept under `extra`, by the names it has now; they left out what was empty."""
    return {
        **_renamed(extra, _FROM_EXTRA),
        "hints": _renamed(extra.get("hints") or {}, _HINTS_FROM_EXTRA),
        "health": _renamed(extra, _HEALTH_FROM_EXTRA),
    }


def _renamed(value: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    return {new: value[old] for old, new in names.items() if value.get(old)}


def _known(
    record: type[FeedMemory | HealthMemory | ScheduleHints | UsualRate | DayStored], value: Mapping[str, Any]
) -> dict[str, Any]:
    """The fields of `record` in a JSON object, moments read."""
    names = {field.name for field in fields(record)}
    return {
        name: datetime.fromisoformat(held) if held and name in _MOMENTS else held
        for name, held in value.items()
        if name in names
    }


def _encode(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, frozenset):
        return sorted(value)
    raise TypeError(f"{type(value).__name__} is not JSON")
