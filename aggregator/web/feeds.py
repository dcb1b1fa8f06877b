"""`/feeds/...`: finds the output, reads the parameters, renders in a thread, keeps the document in memory."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from urllib.parse import parse_qsl

from starlette.concurrency import run_in_threadpool

from aggregator.config.outputs import OutputConfig
from aggregator.publish.formats.render import render
from aggregator.publish.items.digest import next_close
from aggregator.publish.parameters import BadParameters, NoSuchArchive, Request, read_parameters
from aggregator.publish.produce import produce
from aggregator.publish.types import FORMATS, MEDIA_TYPES, Format, OutputFeed, Publication
from aggregator.web.access import private_output
from aggregator.web.cache import Document, Headers, Key, fresh, make_variants
from aggregator.web.context import Context

ROLLING = timedelta(minutes=1)
"""How long a document is good that changes by the mere passing of time."""
AT_ONCE = 4
"""Outputs' own documents rendered at a time, and again as many narrowed ones: each takes tens of megabytes while it is
made. Odd questions wait for each other, not for what readers poll, nor the other way round."""
CLOSED = timedelta(days=1)
"""How long readers may keep an archive document, which hardly ever changes."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Why there is no document."""

    status: int
    message: str


class FeedServer:
    """Makes documents and keeps them."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._locks: dict[Key, asyncio.Lock] = {}
        self._rendering = {narrowed: asyncio.Semaphore(AT_ONCE) for narrowed in (False, True)}

    async def document(self, path: str, query: bytes, *, locked: bool) -> Document | Problem:
        """Return the document under a path. `locked`: the request came with the server's credential."""
        context = self._context
        found = self._find(path)
        if found is None:
            return Problem(404, "There is no such feed here. / lists all there are.")
        output, form, base = found
        now = context.clock.now()
        try:
            pairs = parse_qsl(query.decode("ascii"), keep_blank_values=True, max_num_fields=60)
            request = read_parameters(pairs, output, now)
        except BadParameters as error:
            return Problem(400, "\n".join(error.mistakes))
        except NoSuchArchive as error:
            return Problem(404, str(error))
        except (ValueError, UnicodeDecodeError):
            return Problem(400, "The query string cannot be read.")
        key = (path, query)
        lock = self._locks.setdefault(key, asyncio.Lock())
        try:
            async with lock:
                # Whoever waited finds what the first one made.
                held = context.memory.get(key)
                generation = context.source.generation()
                if held is not None and fresh(held, generation, context.clock.now()):
                    return held
                async with self._rendering[bool(query)]:
                    made = await run_in_threadpool(
                        self._make, output, form, base, request, query, generation, held
                    )
                document = replace(made, shared=not (locked or output.private_env))
                context.memory.put(key, document)
                return document
        finally:
            if not lock.locked():
                self._locks.pop(key, None)

    def _find(self, path: str) -> tuple[OutputConfig, Format, str] | None:
        name, dot, form = path.removeprefix("/feeds/").rpartition(".")
        token, inside, slug = name.rpartition("/")
        if not dot or form not in FORMATS or "/" in token:
            return None
        context = self._context
        outputs = context.source.outputs()
        # An empty token is a wrong one: without this, "/feeds//x.atom" would be another name of "/feeds/x.atom".
        if inside:
            output = private_output(token, slug, outputs, context.secrets)
        else:
            output = next((o for o in outputs if o.slug == slug and not o.private_env), None)
        if output is None:
            return None
        return output, form, f"{context.site.base_url}/feeds/{name}"

    def _make(
        self,
        output: OutputConfig,
        form: Format,
        base: str,
        request: Request,
        query: bytes,
        generation: int,
        held: Document | None,
    ) -> Document:
        context = self._context
        now = context.clock.now()
        age = self._max_age(output, request, now)
        feed = produce(
            context.source,
            output,
            Publication(
                context.site,
                base=base,
                feedback=context.feedback_links,
                ttl=max(1, int(context.web.max_age.total_seconds() // 60)),
                records=form == "json",
            ),
            request,
            now=now,
        )
        document = Document(
            variants=make_variants(render(feed, form)),
            media_type=MEDIA_TYPES[form].encode(),
            modified=self._modified(feed),
            generation=generation,
            until=self._until(output, request, now),
            max_age=age,
            rendered=now,
            extra=self._extra(feed, form, query),
            origins=self._origins(form),
        )
        document.tags = frozenset(variant.etag for variant in document.variants)
        if held is not None:
            if held.same_bytes(document):
                document.variants, document.modified = held.variants, held.modified
            else:
                # Other bytes need a later date, even where no story changed (a new title, a story withdrawn).
                document.modified = max(document.modified, now, held.modified + timedelta(seconds=1))
        return document

    def _modified(self, feed: OutputFeed) -> datetime:
        configured = self._context.site.configured
        return max(feed.updated, configured) if configured else feed.updated

    def _until(self, output: OutputConfig, request: Request, now: datetime) -> datetime:
        if output.kind == "digest":
            return next_close(output, now)
        if request.rolling:
            return now + ROLLING
        # With the hour an archive closes, and old tombstones go.
        return now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)

    def _max_age(self, output: OutputConfig, request: Request, now: datetime) -> int:
        web = self._context.web
        if request.archive:
            return int(CLOSED.total_seconds())
        due = self._context.source.next_change()
        wait = web.max_age if due is None else due - now
        if output.kind == "digest":
            wait = next_close(output, now) - now
        return int(min(max(wait, web.min_age), web.max_age).total_seconds())

    def _origins(self, form: Format) -> frozenset[bytes]:
        cors = self._context.web.cors
        return (
            frozenset(origin.encode() for origin in cors if origin != "*") if form == "json" else frozenset()
        )

    def _extra(self, feed: OutputFeed, form: Format, query: bytes) -> Headers:
        headers: Headers = [(b"content-security-policy", b"default-src 'none'; sandbox")]
        if query != feed.query.encode():
            # The document names itself by the canonical spelling of its address.
            headers.append((b"content-location", feed.url(form).encode()))
        if form == "json" and "*" in self._context.web.cors:
            headers += CORS_HEADERS
        return headers


CORS_HEADERS: Headers = [
    (b"access-control-allow-origin", b"*"),
    (b"access-control-expose-headers", b"ETag, Last-Modified"),
]
PREFLIGHT: Mapping[str, str] = {
    "Access-Control-Allow-Methods": "GET, HEAD",
    "Access-Control-Allow-Headers": "If-None-Match, If-Modified-Since, Cache-Control",
    "Access-Control-Max-Age": "86400",
}
