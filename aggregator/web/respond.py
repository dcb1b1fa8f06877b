"""Sends a document from memory: 200 or 304, GET or HEAD, in the best encoding. Bare ASGI, for speed."""

from __future__ import annotations

from datetime import datetime

from starlette.types import Scope, Send

from aggregator.web.cache import Document
from aggregator.web.conditional import accepted_encodings, matching_tag, read_date
from aggregator.web.in_flight import InFlight


async def answer(document: Document, scope: Scope, send: Send, now: datetime, in_flight: InFlight) -> int:
    """Answer a GET or HEAD request with the document; returns the status."""
    accept = none_match = modified_since = origin = b""
    for name, value in scope["headers"]:
        if name == b"accept-encoding":
            accept = value
        elif name == b"if-none-match":
            none_match = none_match + b"," + value if none_match else value
        elif name == b"if-modified-since":
            modified_since = value
        elif name == b"origin":
            origin = value
    variant = document.variant(accepted_encodings(accept)) if accept else document.variants[0]
    if none_match:
        tag = matching_tag(none_match, document.tags)
        not_modified = tag is not None
        if tag is not None and tag != variant.etag:
            # The reader holds another encoding of the same document: confirm that one.
            variant = next(held for held in document.variants if held.etag == tag)
    else:
        since = read_date(modified_since) if modified_since else None
        not_modified = since is not None and document.modified.replace(microsecond=0) <= since
    status = 304 if not_modified else 200
    headers = document.headers(variant, now, body=not not_modified)
    if origin and origin in document.origins:
        headers = [*headers, (b"access-control-allow-origin", origin)]
    body = b"" if not_modified or scope["method"] == "HEAD" else variant.body
    with in_flight.sending(body) as room:
        if not room:
            message = "Too many large documents are on their way to slow readers. Try again in 30 seconds.\n"
            await plain(send, 503, message, (b"retry-after", b"30"))
            return 503
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})
    return status


async def plain(send: Send, status: int, message: str, *headers: tuple[bytes, bytes]) -> None:
    """Answer with a line of text."""
    body = message.encode()
    start = [
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"content-length", b"%d" % len(body)),
        (b"cache-control", b"no-store"),
        (b"x-content-type-options", b"nosniff"),
        (b"referrer-policy", b"no-referrer"),
        *headers,
    ]
    await send({"type": "http.response.start", "status": status, "headers": start})
    await send({"type": "http.response.body", "body": body})
