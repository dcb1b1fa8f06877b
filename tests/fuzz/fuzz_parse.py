"""Coverage-guided fuzzing of parse, normalise and detect_changes (atheris). Not part of `make test`.

    python -m tests.fuzz.fuzz_parse SEEDS... -max_total_time=1200 -rss_limit_mb=2048 -timeout=20

SEEDS are folders of documents to start from; what libFuzzer finds is written to the first. The first two bytes
of an input choose the content type and the feed's country; the rest is the document. A finding is an exception,
a hang (-timeout), too much memory, or an entry that breaks a promise of `aggregator.types.Entry`.
"""

from __future__ import annotations

import re
import sys
from dataclasses import replace
from datetime import UTC, datetime

import atheris

with atheris.instrument_imports(include=["aggregator", "feedparser"]):
    from aggregator.core.types import Entry, FeedState, Fetched, KnownEntry, PollError
    from aggregator.entries.changes import detect_changes
    from aggregator.entries.diff import diff
    from aggregator.entries.normalise import normalise
    from aggregator.entries.parse import parse
    from aggregator.entries.parse.discover import candidates

NOW = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
URL = "https://news.example/feed"
TYPES = (
    "", "text/xml", "application/rss+xml; charset=utf-8", "text/xml; charset=euc-kr", "text/html; charset=latin1",
    "application/feed+json", "text/plain; charset=shift_jis", "application/xml; charset=utf-16",
)  # fmt: skip
COUNTRIES = ("", "KR", "JP", "US", "CN")
UNSAFE = re.compile(
    r"<(?:script|style|iframe|object|embed|form|svg|math|base|meta|link)\b|<[^<>]*\son\w+=|<[^<>]*=\"\s*(?:javascript|data|vbscript):",
    re.IGNORECASE,
)


def one_input(data: bytes) -> None:
    """Run `data` through the stages and hold the results to their promises."""
    kind, place, body = data[:1] or b"\0", data[1:2] or b"\0", data[2:]
    feed = FeedState(1, URL, URL, country=COUNTRIES[place[0] % len(COUNTRIES)])
    answer = Fetched(feed, NOW, URL, 200, {"content-type": TYPES[kind[0] % len(TYPES)]}, body)
    parsed = parse(answer)
    if isinstance(parsed, PollError):
        assert parsed.code
        assert parsed.message
        candidates(body, URL)
        return
    entries = normalise(parsed, feed, NOW)
    assert [entry.id for entry in entries] == [entry.id for entry in normalise(parsed, feed, NOW)]
    assert len({entry.id for entry in entries}) == len(entries)
    for entry in entries:
        hold(entry)
    known = {
        entry.id: KnownEntry(entry.id, entry.hash, entry.title, entry.summary, "s") for entry in entries[::2]
    }
    changed = [replace(entry, hash="x" + entry.hash) for entry in entries]
    found = detect_changes(changed, known, {}, feed, NOW, first_poll=False)
    assert len(found.new) + len(found.revised) + found.unchanged == len(entries)
    for entry in entries[:3]:
        diff(entry.title, entry.summary)


def hold(entry: Entry) -> None:
    """The promises of `Entry`."""
    assert re.fullmatch(r"[0-9a-f]{16}", entry.id)
    assert not entry.url or entry.url.startswith(("http://", "https://")), entry.url
    assert entry.title
    assert "\n" not in entry.title, entry.title
    for text in (entry.title, entry.summary, entry.content, entry.text, entry.author, entry.guid, entry.url):
        text.encode()
        assert "\0" not in text
    for when in (entry.published, entry.updated, entry.seen):
        assert when is None or (when.tzinfo is UTC and when <= NOW), when
    assert not UNSAFE.search(entry.content), entry.content


if __name__ == "__main__":
    atheris.Setup(sys.argv, one_input)
    atheris.Fuzz()
