"""A feed reader with a perfect memory: polls one Atom output as a polite reader does and notes every fault.

It asks conditionally, remembers each id for ever, and follows the feed's pages (RFC 5005) when a document has
nothing in common with what it knows, so that it can say for certain what was missed or came twice.
"""

from __future__ import annotations

import gzip
import http.client
import urllib.error
import urllib.request
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2b
from typing import Any
from urllib.parse import urljoin

from lxml import etree

_ATOM = "{http://www.w3.org/2005/Atom}"
_DELETED = "{http://purl.org/atompub/tombstones/1.0}deleted-entry"
_WITHDRAWN = "urn:x-aggregator:withdrawn"
_MOST_PAGES = 100


@dataclass(frozen=True, slots=True)
class Item:
    """An entry as it stood in a document."""

    id: str
    title: str
    link: str
    published: datetime
    updated: datetime
    content: str
    """Hash of the body."""


@dataclass(frozen=True, slots=True)
class Polled:
    """What one poll brought, as a reader would show it."""

    status: int
    """Of the answer; 0 when the server could not be reached."""
    new: tuple[str, ...] = ()
    """Ids never seen before."""
    updated: tuple[str, ...] = ()
    """Ids seen before whose `updated` is later now."""
    withdrawn: tuple[str, ...] = ()
    pages: int = 0
    """Documents read."""


@dataclass
class Subscriber:
    """Subscribed to `url`, an Atom document of an output."""

    url: str
    items: dict[str, Item] = field(default_factory=dict)
    """Every entry ever seen, as last seen."""
    updates: Counter[str] = field(default_factory=Counter)
    """How often each was updated in place."""
    retitled: Counter[str] = field(default_factory=Counter)
    """How often each got another title without being updated: RFC 4287 leaves to the publisher what is worth it."""
    gone: dict[str, datetime] = field(default_factory=dict)
    """Withdrawn entries."""
    faults: list[str] = field(default_factory=list)
    """What no output may do, in words."""
    statuses: Counter[int] = field(default_factory=Counter)
    _feed_id: str = ""
    _etag: str = ""
    _modified: str = ""
    _body: bytes = b""

    def poll(self, timeout: float = 20) -> Polled:
        """Ask once, conditionally. A server that cannot be reached is no fault: the next poll makes up for it."""
        conditions = {"If-None-Match": self._etag, "If-Modified-Since": self._modified}
        status, headers, body = _get(self.url, {k: v for k, v in conditions.items() if v}, timeout)
        self.statuses[status] += 1
        if status != 200:
            if status not in {0, 304, 503}:
                self.faults.append(f"answered {status}")
            return Polled(status)
        etag = headers.get("etag", "")
        if body == self._body and (self._etag or self._modified):
            self.faults.append("sent a document again that had not changed")
        elif etag and etag == self._etag:
            self.faults.append(f"changed the document but not its ETag {etag}")
        known_before = set(self.items)
        documents = [self._read(body, self.url)]
        if known_before and documents[0] is not None:
            documents += self._older(documents[0], known_before, timeout)
        if documents[0] is not None and documents[0].withdrawn:
            documents.append(self._withdrawals(documents[0].withdrawn, timeout))
        if any(document is None for document in documents):
            return Polled(status)  # cut off on the way: the validators stay, so the next poll reads it again
        self._etag, self._modified, self._body = etag, headers.get("last-modified", ""), body
        return self._take([document for document in documents if document is not None])

    def missed(self, expected: Iterable[str]) -> set[str]:
        """Which of these ids never came (those withdrawn meanwhile apart)."""
        return set(expected) - set(self.items) - set(self.gone)

    def twice(self) -> Mapping[str, set[str]]:
        """Links to originals that came under more than one id: a story told twice."""
        by_link: defaultdict[str, set[str]] = defaultdict(set)
        for item in self.items.values():
            by_link[item.link].add(item.id)
        return {link: ids for link, ids in by_link.items() if len(ids) > 1}

    def _older(self, head: _Document, known: set[str], timeout: float) -> list[_Document | None]:
        """The pages after the first, as far back as something known stands; none when the first has it."""
        pages: list[_Document | None] = []
        page = head
        while page.next and not known & {item.id for item in page.items}:
            if len(pages) >= _MOST_PAGES:
                self.faults.append(f"has more than {_MOST_PAGES} pages")
                break
            status, _, body = _get(page.next, {}, timeout)
            found = self._read(body, page.next) if status == 200 else None
            pages.append(found)
            if found is None:
                break
            page = found
        return pages

    def _withdrawals(self, url: str, timeout: float) -> _Document | None:
        """The linked list of what was withdrawn, a feed of its own; its entries are for people."""
        status, _, body = _get(url, {}, timeout)
        found = Subscriber(url)._read(body, url) if status == 200 else None
        return _Document((), {}, "", listed=found.deleted) if found else None

    def _read(self, body: bytes, url: str) -> _Document | None:
        try:
            root = etree.fromstring(body, etree.XMLParser(resolve_entities=False, no_network=True))
        except etree.XMLSyntaxError as error:
            self.faults.append(f"is not well-formed: {error}")
            return None
        feed_id = root.findtext(f"{_ATOM}id") or ""
        if self._feed_id not in {"", feed_id}:
            self.faults.append(f"the feed's id changed from {self._feed_id} to {feed_id}")
        self._feed_id = feed_id
        items = tuple(_item(entry) for entry in root.iterfind(f"{_ATOM}entry"))
        for id_, times in Counter(item.id for item in items).items():
            if times > 1:
                self.faults.append(f"{id_} stands {times} times in one document")
        deleted = {stone.get("ref", ""): _moment(stone.get("when")) for stone in root.iterfind(_DELETED)}
        links = {link.get("rel"): link.get("href", "") for link in root.iterfind(f"{_ATOM}link")}
        older = links.get("next") or links.get("prev-archive") or ""
        withdrawn = links.get(_WITHDRAWN, "")
        return _Document(
            items, deleted, urljoin(url, older) if older else "", urljoin(url, withdrawn) if withdrawn else ""
        )

    def _take(self, documents: list[_Document]) -> Polled:
        new: dict[str, None] = {}
        updated: dict[str, None] = {}
        withdrawn = []
        for document in documents:
            for item in document.items:
                before = self.items.get(item.id)
                if before is None:
                    new[item.id] = None
                elif self._compare(before, item):
                    updated[item.id] = None
                # An older page may have been read after a newer one: keep the latest.
                if before is None or item.updated >= before.updated:
                    self.items[item.id] = item
                self.gone.pop(item.id, None)
        for id_, at in documents[0].deleted.items():
            if id_ in {item.id for item in documents[0].items}:
                self.faults.append(f"{id_} is withdrawn and there in one document")
            elif id_ not in self.gone:
                self.gone[id_] = at
                withdrawn.append(id_)
        for id_, at in (documents[-1].listed or {}).items():
            if id_ not in self.gone and id_ not in {item.id for item in documents[0].items}:
                self.gone[id_] = at
                withdrawn.append(id_)
        fresh = [id_ for id_ in updated if id_ not in new]
        self.updates.update(fresh)
        return Polled(
            200, tuple(new), tuple(fresh), tuple(withdrawn), sum(d.listed is None for d in documents)
        )

    def _compare(self, before: Item, after: Item) -> bool:
        """Whether an entry was updated; notes what must not change."""
        if after.published != before.published:
            self.faults.append(f"{after.id}: published moved from {before.published} to {after.published}")
        if after.updated < before.updated:
            self.faults.append(f"{after.id}: updated went back from {before.updated} to {after.updated}")
        if after.updated == before.updated and after.title != before.title:
            self.retitled[after.id] += 1
        return after.updated > before.updated


@dataclass(frozen=True, slots=True)
class _Document:
    items: tuple[Item, ...]
    deleted: Mapping[str, datetime]
    next: str
    """URL of the page of older entries; empty: none."""
    withdrawn: str = ""
    """URL of the list of what was withdrawn; empty: none, or it stands here."""
    listed: Mapping[str, datetime] | None = None
    """What that list holds, when this is it."""


def _item(entry: Any) -> Item:
    link = next(
        (link.get("href", "") for link in entry.iterfind(f"{_ATOM}link") if link.get("rel") == "alternate"),
        "",
    )
    body = entry.findtext(f"{_ATOM}content") or ""
    return Item(
        id=entry.findtext(f"{_ATOM}id") or "",
        title=entry.findtext(f"{_ATOM}title") or "",
        link=link,
        published=_moment(entry.findtext(f"{_ATOM}published")),
        updated=_moment(entry.findtext(f"{_ATOM}updated")),
        content=blake2b(body.encode(), digest_size=8).hexdigest(),
    )


def _moment(text: str | None) -> datetime:
    """RFC 3339, or ValueError: an output without a usable date is a failed test, not a fault to count."""
    return datetime.fromisoformat((text or "").replace("Z", "+00:00"))


def _get(url: str, headers: Mapping[str, str], timeout: float) -> tuple[int, Mapping[str, str], bytes]:
    request = urllib.request.Request(url, headers={"Accept-Encoding": "gzip", **headers})
    try:
        with urllib.request.urlopen(request, timeout=timeout) as response:
            found = {name.lower(): value for name, value in response.headers.items()}
            body = response.read()
            return (
                response.status,
                found,
                gzip.decompress(body) if found.get("content-encoding") == "gzip" else body,
            )
    except urllib.error.HTTPError as error:
        with error:
            return error.code, {}, b""
    except (OSError, http.client.HTTPException, EOFError):
        # Killed in the middle of an answer, or not there at all.
        return 0, {}, b""
