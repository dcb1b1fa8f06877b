"""URL parameters of an output -> `Request`, every mistake reported at once.

They can only narrow what the configuration selects: a topic the output does not have is a mistake, and
conditions are added to the output's own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from difflib import get_close_matches
from typing import Any, get_args
from urllib.parse import urlencode

from aggregator.config.outputs import OutputConfig, StateName
from aggregator.config.polling import FeedKind
from aggregator.config.values import parse_duration
from aggregator.publish.archive import span_of
from aggregator.publish.selection import Cursor, Selection, for_archive, selection_of

MAX_LIMIT = 1000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LISTS = {
    "topic": "topics",
    "facet": "facets",
    "language": "languages",
    "kind": "kinds",
    "state": "states",
    "country": "countries",
}
_FORMS = {
    "language": r"[a-z]{2,3}",
    "country": r"[A-Z]{2}",
    "topic": r"[a-z0-9-]{1,64}",
    "facet": r"[a-z0-9-]{1,64}",
}
_CHOICES = {
    "state": get_args(StateName),
    "kind": tuple(kind for kind in get_args(FeedKind) if kind),
    "unit": ("story", "entry"),
    "order": ("changed", "published", "score"),
}
KNOWN = (*_LISTS, "min_score", "unit", "order", "limit", "since", "before", "archive", "withdrawn")
"""Every parameter, in the order of a canonical query."""
_MEANT = {
    "health": ("since", "limit"),
    "digest": (*_LISTS, "min_score", "since", "limit"),
    "alerts": (*_LISTS, "min_score", "since", "limit"),
}
"""What can be asked of outputs whose items are not stories. (An archive or list they do not have is said elsewhere.)"""
WITHDRAWN_QUERY = "withdrawn=yes"


class BadParameters(ValueError):
    """The URL asks for something impossible; `mistakes` says all of it, for people."""

    def __init__(self, mistakes: Sequence[str]) -> None:
        self.mistakes = tuple(mistakes)
        super().__init__("\n".join(self.mistakes))


class NoSuchArchive(LookupError):
    """The archive asked for is not closed yet, or not of this output."""


@dataclass(frozen=True, slots=True)
class Request:
    """What one URL asks of an output."""

    selection: Selection
    narrowed: str = ""
    """Canonical query string of what narrows the output; empty when nothing does."""
    before: Cursor | None = None
    """A page: what comes after this. A part of an archive: what was first seen before this."""
    archive: str = ""
    """An archive document's key."""
    rolling: bool = False
    """Whether the document changes by the mere passing of time."""
    limited: bool = False
    """Whether the URL itself sets a limit."""
    withdrawn: bool = False
    """The list of what was withdrawn, instead of what is held."""

    def page(self, **extra: str) -> str:
        """Return the canonical query string of another page of the same narrowed feed."""
        tail = urlencode(extra)
        return "&".join(part for part in (self.narrowed, tail) if part)

    @property
    def query(self) -> str:
        """The canonical query string of this very document."""
        extra = {"archive": self.archive} if self.archive else {}
        if self.before:
            extra["before"] = write_cursor(self.before)
        return self.page(**extra)


def plain_request(output: OutputConfig, now: datetime) -> Request:
    """What the plain URL of an output asks."""
    return Request(selection_of(output, now), rolling=output.since is not None)


def read_parameters(pairs: Sequence[tuple[str, str]], output: OutputConfig, now: datetime) -> Request:
    """Return what the pairs of a query string ask. Raises BadParameters, NoSuchArchive."""
    mistakes: list[str] = []
    given = _given(pairs, mistakes)
    meant = (*_MEANT.get(output.kind, KNOWN), "archive", "withdrawn")
    mistakes.extend(
        f"{name}: means nothing to the output {output.slug}" for name in given if name not in meant
    )
    changes = _read_lists(given, output, mistakes) | _read_values(given, now, mistakes)
    before = changes.pop("before", None)
    if "withdrawn" in given:
        mistakes.extend(_withdrawn_mistakes(given, output, now))
    if mistakes:
        raise BadParameters(mistakes)
    if "withdrawn" in given:
        return Request(selection_of(output, now), narrowed=WITHDRAWN_QUERY, withdrawn=True)
    selection = _narrowed(output, changes, now)
    narrowing = [(name, value) for name in KNOWN[:-3] for value in sorted(set(given.get(name, ())))]
    archive = given.get("archive", [""])[0]
    if archive:
        selection = for_archive(selection, _closed(archive, output, now))
    relative = "since" in given and not re.match(r"\d{4}-", given["since"][0])
    return Request(
        selection=selection,
        narrowed=urlencode(narrowing),
        before=before,
        archive=archive,
        rolling=relative or (output.since is not None and not archive),
        limited="limit" in given,
    )


def _read_lists(given: Mapping[str, list[str]], output: OutputConfig, mistakes: list[str]) -> dict[str, Any]:
    """The conditions that are lists, by the field of the selection."""
    changes: dict[str, Any] = {}
    for name, field in _LISTS.items():
        if name in given:
            values = tuple(sorted(set(given[name])))
            mistakes.extend(_list_mistakes(name, values))
            own: tuple[str, ...] = getattr(output, field)
            if own and (strange := [value for value in values if value not in own]):
                mistakes.append(f"{name}: this output has only {', '.join(own)}, got {', '.join(strange)}")
            changes[field] = values
    return changes


def _read_values(given: Mapping[str, list[str]], now: datetime, mistakes: list[str]) -> dict[str, Any]:
    """The conditions that are one value, and the page, by name."""
    readers: Mapping[str, Callable[[str], Any]] = {
        "min_score": _score,
        "unit": _choice("unit"),
        "order": _choice("order"),
        "limit": _limit,
        "since": lambda text: _since(text, now),
        "before": read_cursor,
    }
    changes: dict[str, Any] = {}
    for name, reader in readers.items():
        if name in given:
            try:
                changes[name] = reader(given[name][0])
            except ValueError as error:
                mistakes.append(f"{name}: {error}")
    return changes


def _narrowed(output: OutputConfig, changes: dict[str, Any], now: datetime) -> Selection:
    """The output's own selection with conditions added: none of them may widen it."""
    selection = selection_of(output, now)
    if "min_score" in changes:
        changes["min_score"] = max(changes["min_score"], output.min_score)
    if "since" in changes and selection.since is not None:
        changes["since"] = max(changes["since"], selection.since)
    return replace(selection, **changes)


def withdraws(output: OutputConfig, selection: Selection) -> bool:
    """Whether stories can be withdrawn from what is selected of an output: its items are stories."""
    return output.kind in ("stories", "near-misses") and selection.unit == "story"


def write_cursor(cursor: Cursor) -> str:
    """Return a cursor as a parameter's value: microseconds since 1970, "-", the story's id, "~" and the entry, if any."""
    place = f"{(cursor.at - _EPOCH) // timedelta(microseconds=1)}-{cursor.story}"
    return f"{place}~{cursor.entry}" if cursor.entry else place


def read_cursor(text: str) -> Cursor:
    """Return the cursor a value stands for. Raises ValueError."""
    match = re.fullmatch(r"(\d{1,17})-([A-Za-z0-9_.:\-]{1,128})(?:~([0-9a-f]{16}))?", text, re.ASCII)
    if match is None:
        raise ValueError("not a page of this feed; follow its `next` links")
    return Cursor(_EPOCH + timedelta(microseconds=int(match[1])), match[2], match[3] or "")


def _given(pairs: Sequence[tuple[str, str]], mistakes: list[str]) -> dict[str, list[str]]:
    given: dict[str, list[str]] = {}
    for name, value in pairs:
        if name not in KNOWN:
            close = get_close_matches(name, KNOWN, 1)
            hint = f"did you mean {close[0]}?" if close else f"known are {', '.join(KNOWN)}"
            mistakes.append(f"unknown parameter {name[:40]!r}; {hint}")
        elif name in _LISTS:
            given.setdefault(name, []).extend(part for part in value.split(",") if part)
            if not given[name]:
                mistakes.append(f"{name}: is empty")
        elif name in given:
            mistakes.append(f"{name}: may be given only once")
        else:
            given[name] = [value]
    return {name: values for name, values in given.items() if values}


def _withdrawn_mistakes(given: Mapping[str, list[str]], output: OutputConfig, now: datetime) -> list[str]:
    if given["withdrawn"] != ["yes"]:
        return [f"withdrawn: must be yes, got {given['withdrawn'][0][:40]!r}"]
    if not withdraws(output, selection_of(output, now)):
        return ["withdrawn: nothing is withdrawn from this output"]
    return ["withdrawn: goes with no other parameter"] if len(given) > 1 else []


def _list_mistakes(name: str, values: Sequence[str]) -> list[str]:
    if len(values) > 20:
        return [f"{name}: at most 20 values"]
    if name in _CHOICES:
        bad = [value for value in values if value not in _CHOICES[name]]
        return [f"{name}: must be one of {', '.join(_CHOICES[name])}, got {value[:40]!r}" for value in bad]
    bad = [value for value in values if not re.fullmatch(_FORMS[name], value)]
    forms = {"language": "an ISO 639 code such as ko", "country": "an ISO 3166 code such as KR"}
    return [f"{name}: must be {forms.get(name, 'a slug')}, got {value[:40]!r}" for value in bad]


def _choice(name: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text not in _CHOICES[name]:
            raise ValueError(f"must be one of {', '.join(_CHOICES[name])}, got {text[:40]!r}")
        return text

    return read


def _score(text: str) -> float:
    if not re.fullmatch(r"0(\.\d{1,6})?|1(\.0{1,6})?|\.\d{1,6}", text):
        raise ValueError(f"must be a number between 0 and 1, got {text[:40]!r}")
    return float(text)


def _limit(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,4}", text) or not 1 <= int(text) <= MAX_LIMIT:
        raise ValueError(f"must be a whole number from 1 to {MAX_LIMIT}, got {text[:40]!r}")
    return int(text)


def _since(text: str, now: datetime) -> datetime:
    if re.match(r"\d{4}-", text):
        try:
            at = datetime.fromisoformat(text)
            return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
        except (ValueError, OverflowError):  # a zone can carry the first or last day out of the calendar
            raise ValueError(f"must be a date, a moment or a duration, got {text[:40]!r}") from None
    length = parse_duration(text)
    if not timedelta(0) < length <= timedelta(days=3660):
        raise ValueError(f"must be a duration of at most ten years, got {text[:40]!r}")
    return now.astimezone(UTC).replace(second=0, microsecond=0) - length


def _closed(key: str, output: OutputConfig, now: datetime) -> tuple[datetime, datetime]:
    try:
        span = span_of(key, output.archive)
    except (ValueError, OverflowError):
        raise NoSuchArchive(f"This output has no archive called {key[:40]!r}.") from None
    if span[1] > now or output.kind not in ("stories", "near-misses"):
        raise NoSuchArchive(f"There is no archive {key[:40]!r} yet.")
    return span
