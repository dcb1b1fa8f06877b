"""What we asked of each host: the proof of good manners, from the poll log."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

from aggregator.core.types import Outcome, PollRecord
from aggregator.store.feed_register import Feeds


@dataclass(frozen=True, slots=True)
class HostReport:
    """One host's requests over a span of time."""

    host: str
    requests: int = 0
    not_modified: int = 0
    received: int = 0
    """Bytes on the wire."""
    refused: int = 0
    """Answers 429 and 503: the host asked us to slow down."""
    errors: int = 0
    shortest_gap: float | None = None
    """Seconds between the end of one request and the start of the next, at the least; None after a single one."""

    def as_dict(self) -> dict[str, Any]:
        """For `--json`."""
        return asdict(self)


def by_host(feeds: Feeds, *, since: datetime) -> list[HostReport]:
    """The ledger of every host polled since then, busiest first."""
    return ledger(feeds.polls(since=since, limit=1_000_000))


def ledger(records: list[PollRecord]) -> list[HostReport]:
    """Add up poll records by host, busiest host first."""
    groups: dict[str, list[PollRecord]] = {}
    for record in records:
        # Polls without a status never reached the host.
        if record.host and (record.status or not record.error):
            groups.setdefault(record.host, []).append(record)
    rows = [_row(host, sorted(group, key=lambda r: r.at)) for host, group in groups.items()]
    return sorted(rows, key=lambda row: (-row.requests, row.host))


def _row(host: str, records: list[PollRecord]) -> HostReport:
    gaps = [(after.at - before.at).total_seconds() - before.seconds for before, after in pairwise(records)]
    return HostReport(
        host=host,
        requests=len(records),
        not_modified=sum(r.outcome == Outcome.NOT_MODIFIED for r in records),
        received=sum(r.received for r in records),
        refused=sum(r.status in {429, 503} for r in records),
        errors=sum(bool(r.error) for r in records),
        shortest_gap=max(0.0, min(gaps)) if gaps else None,
    )
