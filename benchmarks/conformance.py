"""How documents that others wrote come out of parse, normalise and changes.

    python benchmarks/conformance.py feedparser [--differences]   2,105 small feeds with expectations
    python benchmarks/conformance.py gofeed [--differences]       539 feeds with results as JSON
    python benchmarks/conformance.py real                         230 feeds as captured
    python benchmarks/conformance.py history                      the same feed captured again and again

Reads the reference data folder (AGGREGATOR_REFERENCE_DATA, default ../shared/data). docs/conformance.md holds
the figures and explains each class of difference.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import tarfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

from aggregator.core import urls
from aggregator.core.hashes import text_keys
from aggregator.core.types import Entry, FeedState, Fetched, KnownEntry, ParsedFeed, PollError, RawEntry
from aggregator.entries import dates, sanitise
from aggregator.entries.changes import RECENT_HASHES, detect_changes
from aggregator.entries.language import code
from aggregator.entries.normalise import normalise
from aggregator.entries.parse import parse
from aggregator.entries.titles import one_line_title

NOW = datetime(2026, 11, 1, tzinfo=UTC)


def data_folder() -> Path:
    """Where the reference data is, whether or not it exists."""
    default = Path(__file__).resolve().parents[2] / "shared" / "data"
    return Path(os.environ.get("AGGREGATOR_REFERENCE_DATA") or default)


def fetched(body: bytes, url: str, headers: Mapping[str, str] | None = None, at: datetime = NOW) -> Fetched:
    """An answer of 200 with `body`."""
    return Fetched(FeedState(1, url, url), at, url, 200, dict(headers or {}), body)


# --- feedparser's expectations, translated to our fields -------------------------------------------


class NotKept(Exception):
    """The expectation speaks of something we do not keep."""


class Markup(str):
    """HTML of ours. Equal to an expected HTML when our own cleaning makes the same of it."""

    base = ""

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, str):
            return False
        return _squeezed(sanitise.sanitise(other, self.base)) == _squeezed(str(self)) or (
            sanitise.to_text(other) == sanitise.to_text(str(self)) == other.strip()
        )

    __hash__ = str.__hash__


class Line(str):
    """One line of plain text of ours."""

    kind = "text/html"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, str) and str(self) in (
            one_line_title(other, self.kind),
            one_line_title(other, "text/html"),
            one_line_title(sanitise.to_text(other)),
        )

    __hash__ = str.__hash__


class Address(str):
    """A canonical URL of ours; "" where theirs is not one we accept."""

    base = ""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, str) and str(self) == (urls.canonical(other, self.base))

    __hash__ = str.__hash__


class Spoken(str):
    """A language of ours, without its region."""

    def __eq__(self, other: object) -> bool:
        return str(self) == code(str(other or ""))

    __hash__ = str.__hash__


class Moment:
    """A date of ours, equal to a 9-tuple in UTC."""

    def __init__(self, when: datetime | None) -> None:
        self.when = when

    def __eq__(self, other: object) -> bool:
        if self.when is None:
            return other is None
        return isinstance(other, tuple) and self.when.timetuple()[:6] == tuple(other)[:6]

    __hash__ = None  # type: ignore[assignment]  # compared only


class Kept(dict[str, Any]):
    """A record whose other keys we do not keep."""

    def __getitem__(self, key: str) -> Any:
        if key not in self:
            raise NotKept(key)
        return dict.__getitem__(self, key)

    __getattr__ = __getitem__

    def get(self, key: str, default: Any = None) -> Any:
        return self[key]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, dict) and all(self[key] == value for key, value in other.items())

    __hash__ = None  # type: ignore[assignment]  # compared only

    def has_key(self, key: str) -> bool:
        return bool(self[key])


def _squeezed(text: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"\s*(<[^>]*>)\s*", r"\1", text)).strip()


def _entry_view(raw: RawEntry, parsed: ParsedFeed, url: str) -> Kept:
    # A title stands in, so that an item made only to carry one field is not left out.
    stand_in = raw if raw.title or raw.summary or raw.content or raw.link else replace(raw, title="x")
    feed = FeedState(1, url, url)
    entries = normalise(replace(parsed, entries=(stand_in,)), feed, NOW)
    entry = entries[0] if entries else Entry("", 1, "", "", "")
    base = urls.canonical(raw.base, url) or url
    title = Line(entry.title if raw.title else "")
    title.kind = raw.title_type
    cleaned = Markup(sanitise.sanitise(raw.summary, base))
    content = Markup(entry.content if raw.content else sanitise.sanitise(raw.summary, base))
    cleaned.base = content.base = base
    link = Address(entry.url if raw.link else "")
    link.base = base
    guid = raw.guid
    spoken = Spoken(code(raw.language))
    place = Address(urls.canonical(raw.base, url))
    place.base = url
    summary = Kept(value=cleaned, language=spoken, base=place)
    return Kept(
        title=title,
        title_detail=Kept(value=title, language=spoken, base=place),
        summary=cleaned,
        description=cleaned,
        summary_detail=summary,
        description_detail=summary,
        content=[Kept(value=content, language=spoken, base=place)],
        link=link,
        id=Line(guid),
        guid=Line(guid),
        author=Line(one_line_title(raw.author, "text/html")),
        author_detail=Kept(name=Line(one_line_title(raw.author, "text/html"))),
        tags=[Kept(term=Line(name), label=Line(name)) for name in entry.categories],
        category=Line(entry.categories[0] if entry.categories else ""),
        published_parsed=Moment(raw.published),
        issued_parsed=Moment(raw.published),
        created_parsed=Moment(raw.published),
        updated_parsed=Moment(raw.updated or raw.published),
        modified_parsed=Moment(raw.updated or raw.published),
        date_parsed=Moment(raw.updated or raw.published),
        language=spoken,
        enclosures=[
            Kept(
                href=Address(each.url),
                url=Address(each.url),
                type=Line(each.type),
                length=str(each.length or ""),
            )
            for each in entry.enclosures
        ],
        source=Kept(
            title=Line(one_line_title(raw.source_title, "text/html")),
            href=Address(raw.source_url),
            link=Address(raw.source_url),
        ),
        image=Kept(href=Address(entry.image)),
        media_thumbnail=[Kept(url=Address(entry.image))],
    )


def _feed_view(parsed: ParsedFeed, url: str) -> Kept:
    title = Line(parsed.title)
    link = Address(urls.canonical(parsed.link, url) if parsed.link else "")
    link.base = url
    hints = parsed.hints
    return Kept(
        title=title,
        title_detail=Kept(value=title),
        link=link,
        language=Spoken(code(parsed.language)),
        ttl=str(hints.ttl // 60) if hints.ttl else "",
    )


def expectations() -> Iterator[tuple[str, bytes, dict[str, str], str]]:
    """Every file that has an `Expect:`: (name, body, headers, expression)."""
    root = data_folder() / "feeds" / "conformance" / "feedparser" / "tests"
    for path in sorted(root.rglob("*")):
        if path.is_file():
            body = path.read_bytes()
            head = _readable(body)
            found = re.search(r"Expect:\s*(.*)", head)
            if found:
                headers = {
                    name.strip().lower(): value.strip()
                    for name, _, value in (
                        line.partition(":") for line in re.findall(r"Header:\s*(.*)", head)
                    )
                }
                yield str(path.relative_to(root)), body, headers, found[1].partition(" -->")[0].strip()


def _readable(body: bytes) -> str:
    for marks, encoding in (
        ((b"\xff\xfe\x00\x00", b"<\x00\x00\x00"), "utf-32-le"),
        ((b"\x00\x00\xfe\xff", b"\x00\x00\x00<"), "utf-32-be"),
        ((b"\xff\xfe", b"<\x00"), "utf-16-le"),
        ((b"\xfe\xff", b"\x00<"), "utf-16-be"),
        ((b"\x4c\x6f\xa7\x94",), "cp037"),
    ):
        if body.startswith(marks):
            return body.decode(encoding, "replace")
    return body.decode("utf-8", "replace")


def feedparser_table() -> tuple[dict[str, Counter[str]], list[tuple[str, str, str]]]:
    """Counts by folder of holds, differs, not-kept, malformed-only; and what differs: (file, Expect, ours)."""
    table: dict[str, Counter[str]] = {}
    differences = []
    for name, body, headers, expression in expectations():
        folder = name.rpartition("/")[0]
        verdict, ours = _judge(name, body, headers, expression)
        table.setdefault(folder, Counter())[verdict] += 1
        if verdict == "differs":
            differences.append((name, expression, ours))
    return table, differences


def _judge(name: str, body: bytes, headers: dict[str, str], expression: str) -> tuple[str, str]:
    url = f"http://127.0.0.1:8097/tests/{name}"
    parsed = parse(
        fetched(body, url, {key: value for key, value in headers.items() if key != "content-location"})
    )
    claim = re.sub(r"^\(?(?:not )?bozo(?:\s+and\s+|$)", "", expression)
    if not claim:
        troubled = isinstance(parsed, PollError) or bool(parsed.problems)
        return ("holds" if troubled == (expression == "bozo") else "differs"), f"troubled={troubled}"
    if isinstance(parsed, PollError):
        parsed_error = parsed.code
        parsed = ParsedFeed()
    else:
        parsed_error = ""
    names = {
        "feed": _feed_view(parsed, url),
        "entries": [_entry_view(raw, parsed, url) for raw in parsed.entries],
        "version": parsed.format,
    }
    if re.search(
        r"\b(?:encoding|headers|namespaces|bozo_exception|etag|modified|locals)\b(?!\[)", claim.split("==")[0]
    ):
        return "not kept", ""
    try:
        verdict = eval(
            claim, {"__builtins__": {"len": len, "isinstance": isinstance, "str": str, "ord": ord}}, names
        )
    except NotKept:
        return "not kept", ""
    except (NameError, TypeError, AttributeError):
        return "not kept", ""
    except (IndexError, KeyError):
        verdict = False
    ours = parsed_error or repr(parsed.entries[:1] or (parsed.title, parsed.link, parsed.language))
    return ("holds" if verdict else "differs"), ours


# --- gofeed's results ------------------------------------------------------------------------------


def gofeed_pairs() -> Iterator[tuple[Path, Any]]:
    """Every feed that has its result as JSON beside it."""
    root = data_folder() / "feeds" / "conformance" / "gofeed" / "testdata"
    for path in sorted(root.rglob("*")):
        if path.suffix == ".xml" and path.with_suffix(".json").is_file():
            yield path, json.loads(path.with_suffix(".json").read_bytes())
        elif path.suffix == ".json" and (expected := path.with_name(f"{path.stem}_expected.json")).is_file():
            yield path, json.loads(expected.read_bytes())


def gofeed_table() -> tuple[dict[str, Counter[str]], list[tuple[str, str, str, str]]]:
    """Counts by field of equal and differs; and what differs: (file, field, expected, ours)."""
    table: dict[str, Counter[str]] = {}
    differences = []
    for path, expected in gofeed_pairs():
        url = "http://gofeed.example/feed"
        parsed = parse(fetched(path.read_bytes(), url))
        if isinstance(parsed, PollError):
            parsed = ParsedFeed(problems=(parsed.code,))
        for name, theirs, ours in _gofeed_fields(expected or {}, parsed, url):
            equal = ours == theirs
            table.setdefault(name, Counter())["equal" if equal else "differs"] += 1
            if not equal:
                differences.append((str(path.name), name, repr(theirs)[:160], repr(ours)[:160]))
    return table, differences


def _gofeed_fields(expected: dict[str, Any], parsed: ParsedFeed, url: str) -> Iterator[tuple[str, Any, Any]]:
    items = expected.get("items") or expected.get("entries") or []
    yield "number of items", len(items), len(parsed.entries)
    view = _feed_view(parsed, url)
    if expected.get("title"):
        yield "feed title", expected["title"], view["title"]
    if expected.get("language"):
        yield "feed language", expected["language"], view["language"]
    link = _link_of(expected)
    if link:
        yield "feed link", link, view["link"]
    for item, raw in zip(items, parsed.entries, strict=False):
        yield from _gofeed_item(item, _entry_view(raw, parsed, url), raw)


def _gofeed_item(item: dict[str, Any], ours: Kept, raw: RawEntry) -> Iterator[tuple[str, Any, Any]]:
    if item.get("title"):
        yield "title", item["title"], ours["title"]
    if _link_of(item):
        yield "link", _link_of(item), ours["link"]
    guid = item.get("guid") or item.get("id")
    if isinstance(guid, dict):
        guid = guid.get("value")
    if guid:
        yield "id", guid, raw.guid
    for theirs, mine in (
        ("pubDateParsed", raw.published),
        ("publishedParsed", raw.published or raw.updated),
        ("updatedParsed", raw.updated or raw.published),
        ("date_published", raw.published),
        ("date_modified", raw.updated),
    ):
        if item.get(theirs):
            yield "date", dates.read(item[theirs]), mine
    names = [
        _person(each) for each in item.get("authors") or ([item["author"]] if item.get("author") else [])
    ]
    names = [name for name in names if name]
    if names:
        yield "author", ", ".join(names), Line(one_line_title(raw.author, "text/html"))
    categories = [
        each if isinstance(each, str) else each.get("label") or each.get("value") or each.get("term") or ""
        for each in item.get("categories") or item.get("tags") or []
    ]
    if any(categories):
        yield (
            "categories",
            [one_line_title(each, "text/html") for each in dict.fromkeys(categories) if each],
            [str(tag["term"]) for tag in ours["tags"]],
        )
    files = (
        item.get("enclosures")
        or item.get("attachments")
        or [
            {"url": each.get("href"), "type": each.get("type"), "length": each.get("length")}
            for each in item.get("links") or []
            if isinstance(each, dict) and each.get("rel") == "enclosure"
        ]
    )
    if files:
        yield (
            "enclosures",
            [
                (
                    urls.canonical(each.get("url") or "", "http://gofeed.example/feed"),
                    each.get("type") or each.get("mime_type") or "",
                )
                for each in files
                if each.get("url")
            ],
            [(str(each["url"]), str(each["type"])) for each in ours["enclosures"]],
        )
    text = item.get("content") or item.get("content_html") or ""
    if isinstance(text, dict):
        text = text.get("value") or ""
    if text:
        yield "content", text, ours["content"][0]["value"]
    if item.get("description") or item.get("summary"):
        yield "summary", item.get("description") or item.get("summary"), ours["summary"]


def _person(each: Any) -> str:
    return each if isinstance(each, str) else str(each.get("name") or each.get("email") or "")


def _link_of(holder: dict[str, Any]) -> str:
    if holder.get("link"):
        return str(holder["link"])
    for each in holder.get("links") or []:
        if isinstance(each, dict) and each.get("rel", "alternate") == "alternate" and each.get("href"):
            return str(each["href"])
    return ""


# --- real feeds ------------------------------------------------------------------------------------


def real_table(step: int = 1) -> tuple[Counter[str], list[str]]:
    """Counts over every `step`-th real feed, and every broken promise in words."""
    counts: Counter[str] = Counter()
    broken = []
    for path in sorted((data_folder() / "feeds" / "real").iterdir())[::step]:
        url = f"http://real.example/{path.name}"
        body = path.read_bytes()
        feed = FeedState(1, url, url)
        counts["feeds"] += 1
        parsed = parse(fetched(body, url))
        if isinstance(parsed, PollError):
            counts[f"no feed: {parsed.code}"] += 1
            continue
        entries = normalise(parsed, feed, NOW)
        again = normalise(parse(fetched(body, url)), feed, NOW)  # type: ignore[arg-type]  # it parsed before
        counts["items"] += len(parsed.entries)
        counts["entries"] += len(entries)
        counts["repeated or empty items"] += len(parsed.entries) - len(entries)
        counts["with problems"] += bool(parsed.problems)
        if [entry.id for entry in entries] != [entry.id for entry in again] or len(
            {entry.id for entry in entries}
        ) != len(entries):
            broken.append(f"{path.name}: ids are not stable or not unique")
        for entry in entries:
            counts["without a date"] += entry.published is None
            counts["without a language"] += not entry.language
            broken += [f"{path.name}: {wrong}: {entry.title[:60]!r}" for wrong in _broken(entry)]
    return counts, broken


def _broken(entry: Entry) -> Iterator[str]:
    if not entry.title and not entry.summary:
        yield "neither title nor text"
    if not entry.url and not entry.guid and not entry.title:
        yield "neither link nor guid"
    if entry.url and not entry.url.startswith(("http://", "https://")):
        yield f"link {entry.url[:40]}"
    when = entry.time
    if when is None or when.tzinfo is not UTC or when > NOW:
        yield f"date {when}"
    if re.search(
        r"<\s*/?\s*(?:script|iframe|object|embed|style|form)\b|<[^<>]*\son\w+\s*=",
        entry.content,
        re.IGNORECASE,
    ):
        yield "unsafe markup"
    if re.search(r"<[^<>]*=\s*[\"']?\s*(?:javascript|vbscript|data):", entry.content, re.IGNORECASE):
        yield "unsafe link"
    if "\n" in entry.title or re.search(
        "[\x00-\x08\x0b-\x1f\u202e]", entry.title + entry.summary + entry.content
    ):
        yield "control characters"


# --- history ---------------------------------------------------------------------------------------


def captures(name: str) -> Iterator[tuple[datetime, bytes]]:
    """The captures of one archive in poll order: (time, body without the archive's prefix on links)."""
    with tarfile.open(data_folder() / "feeds" / "history" / f"{name}.tar.gz") as archive:
        members = sorted((int(Path(member.name).stem), member) for member in archive if member.isfile())
        for stamp, member in members:
            opened = archive.extractfile(member)
            assert opened is not None
            body = re.sub(rb"(?:https?://)?archive\.(?:is|ph|today)/newest/", b"", opened.read())
            yield datetime.fromtimestamp(stamp, UTC), body


def replay(name: str, most: int = 10_000) -> dict[str, int]:
    """Poll the first `most` captures in order with a dictionary as the store, and count."""
    url = f"https://{name}.example/feed"
    feed = FeedState(1, url, url)
    held: dict[str, KnownEntry] = {}
    keys: dict[int, str] = {}
    distinct: set[str] = set()
    latest: dict[str, str] = {}
    counts: Counter[str] = Counter()
    first = True
    for at, body in islice(captures(name), most):
        counts["polls"] += 1
        parsed = parse(fetched(body, url, at=at))
        if isinstance(parsed, PollError):
            counts[f"failed: {parsed.code}"] += 1
            continue
        for raw in parsed.entries:
            named = raw.guid or raw.link
            title = one_line_title(raw.title, raw.title_type)
            if named in latest and latest[named] != title:
                counts["headline changes in the archive"] += 1
            distinct.add(named)
            latest[named] = title
        entries = normalise(parsed, feed, at)
        found = detect_changes(
            entries, {e.id: held[e.id] for e in entries if e.id in held}, keys, feed, at, first
        )
        _store(entries, found, held, keys, counts)
        counts["gaps"] += found.gap
        counts["churned"] += found.churned
        feed = replace(
            feed,
            memory=replace(
                feed.memory, last_ids=found.ids or feed.memory.last_ids, overlap=bool(found.unchanged)
            ),
        )
        first = False
    counts["distinct items in the archive"] = len(distinct)
    counts["entries found"] = len(held)
    return dict(counts)


def _store(
    entries: tuple[Entry, ...],
    found: Any,
    held: dict[str, KnownEntry],
    keys: dict[int, str],
    counts: Counter[str],
) -> None:
    for entry in found.new:
        counts["stored twice"] += entry.id in held
        held[entry.id] = KnownEntry(entry.id, entry.hash, entry.title, entry.summary, entry.id)
        keys.update((key, entry.id) for key in text_keys(entry))
        counts["archived"] += entry.id in found.archived
    for revision in found.revised:
        before = held[revision.entry.id]
        counts["revisions"] += 1
        counts["revisions of the headline"] += before.title != revision.entry.title
        counts["flapping"] += revision.flapping
        held[before.id] = replace(
            before,
            hash=revision.entry.hash,
            title=revision.entry.title,
            summary=revision.entry.summary,
            revisions=before.revisions + 1,
            recent_hashes=(before.hash, *before.recent_hashes)[:RECENT_HASHES],
        )


# --- the command -----------------------------------------------------------------------------------


def _print(table: Mapping[str, Counter[str]], columns: tuple[str, ...]) -> None:
    width = max(map(len, table)) + 2
    print("".ljust(width) + "".join(column.rjust(12) for column in columns))
    for name, counts in sorted(table.items()):
        print(name.ljust(width) + "".join(str(counts[column]).rjust(12) for column in columns))
    total = sum(table.values(), Counter())
    print("total".ljust(width) + "".join(str(total[column]).rjust(12) for column in columns))


def main() -> None:
    """Measure what the arguments name and print it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=("feedparser", "gofeed", "real", "history"))
    parser.add_argument("--differences", action="store_true", help="print each difference")
    arguments = parser.parse_args()
    start = time.perf_counter()
    if arguments.what == "feedparser":
        table, differences = feedparser_table()
        _print(table, ("holds", "differs", "not kept"))
        for line in differences if arguments.differences else ():
            print("\n".join(part[:400] for part in line), end="\n\n")
    elif arguments.what == "gofeed":
        fields, unequal = gofeed_table()
        _print(fields, ("equal", "differs"))
        for each in unequal if arguments.differences else ():
            print(*each, sep="\n   ", end="\n\n")
    elif arguments.what == "real":
        counts, broken = real_table()
        for name, number in counts.items():
            print(f"{name}: {number}")
        print(f"broken promises: {len(broken)}", *broken[:50], sep="\n")
    else:
        for name in ("wsj_world", "ft-home"):
            print(name, *(f"  {key}: {value}" for key, value in sorted(replay(name).items())), sep="\n")
    print(f"{time.perf_counter() - start:.1f} s")


if __name__ == "__main__":
    main()
