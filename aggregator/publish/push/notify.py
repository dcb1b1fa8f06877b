"""Notifications through Apprise: mail, ntfy, Slack, Matrix and about a hundred other services.

An Apprise URL is a secret from end to end (tokens stand in its host, path or query), so it is read at each
message, handed to Apprise in memory, and kept out of every error and log line.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from aggregator.publish.push.payload import as_text
from aggregator.publish.push.types import Message, SendFailed

TIMEOUT = 30.0
"""Seconds for one notification; mail servers may be slow."""

_SHORTEST_SECRET = 3
_TALKATIVE = ("apprise", "urllib3", "requests", "requests_oauthlib", "oauthlib")


@dataclass(frozen=True, slots=True)
class NotifySender:
    """Sends to one Apprise URL."""

    url: Callable[[], str]
    """Looked up at each message; raises SendFailed when the secret is missing."""
    title: str
    """Of the output."""

    async def send(self, message: Message, now: datetime) -> None:
        """Send one notification, in a thread, since Apprise waits for its servers. Raises SendFailed."""
        title, text = as_text(self.title, [part.delivery.body for part in message.parts])
        await asyncio.to_thread(_notify, self.url(), title, text)


def _notify(url: str, title: str, text: str) -> None:
    # Imported here: it takes long, and most runs of the program send no notification.
    import apprise

    _silence()
    asset = apprise.AppriseAsset(
        app_id="Aggregator", app_desc="Aggregator", async_mode=False, storage_mode="memory"
    )
    service = apprise.Apprise.instantiate(url, asset=asset)
    if service is None:
        raise SendFailed("the Apprise URL is not one that Apprise knows; correct the secret")
    if "overflow=" not in url:
        # Services refuse what is too long for them; several messages are better than none.
        service.overflow_mode = apprise.OverflowMode.SPLIT
    notifier = apprise.Apprise(asset=asset)
    notifier.add(service)
    try:
        result = notifier.notify(body=text, title=title, body_format="text", timeout=TIMEOUT)
    except Exception as error:
        # Plugins raise what they like; none of it may carry the URL further, so neither does the cause.
        raise SendFailed(f"the notification failed: {type(error).__name__}") from None
    if not result:
        raise SendFailed(without_secrets(_reason(result), url))


def _silence() -> None:
    """Keep Apprise and what it sends with out of our log: they name addresses, paths and tokens.

    What went wrong is taken from Apprise's result instead.
    """
    for name in _TALKATIVE:
        logger = logging.getLogger(name)
        if logger.propagate:
            logger.propagate = False
            logger.addHandler(logging.NullHandler())


def _reason(result: Any) -> str:
    said = "; ".join(dict.fromkeys(entry.message for entry in result.logs()))
    return f"the notification failed: {said}"[:500] if said else "the notification was not accepted"


def without_secrets(text: str, url: str) -> str:
    """`text` with every part of `url` that could be a secret replaced by `***`."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "the notification failed"
    pieces = [
        parts.netloc,
        *parts.netloc.replace("@", ":").split(":"),
        *parts.path.split("/"),
        parts.fragment,
    ]
    pieces += [value for _, value in parse_qsl(parts.query)]
    candidates = {piece for raw in pieces for piece in (raw, unquote(raw))}
    for piece in sorted(candidates, key=len, reverse=True):
        if len(piece) >= _SHORTEST_SECRET:
            text = text.replace(piece, "***")
    return text
