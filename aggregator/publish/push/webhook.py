"""Webhooks: stories as signed JSON to a server of the user's own (docs/push.md).

Two signatures go with each message, so that whichever a receiver's library knows can be verified:
`X-Hub-Signature-256`, HMAC-SHA256 over the body in hex, as GitHub sends; and those of the Standard Webhooks
specification (webhook-id, webhook-timestamp, webhook-signature), which cover the moment of sending too and so
keep an old message from being played again.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import aiohttp

from aggregator.publish.push.http import post
from aggregator.publish.push.payload import envelope
from aggregator.publish.push.types import Message, SendFailed


@dataclass(frozen=True, slots=True)
class WebhookSender:
    """Posts to one URL."""

    session: aiohttp.ClientSession
    url: Callable[[], str]
    """Looked up at each message; raises SendFailed when the secret is missing."""
    secret: Callable[[], str] | None
    """The key to sign with; None: messages are not signed."""
    output: str
    title: str

    async def send(self, message: Message, now: datetime) -> None:
        """Post the story or the summary. Raises SendFailed."""
        stories = [{**part.delivery.body, "key": part.delivery.key} for part in message.parts]
        document = envelope(message.key, self.output, self.title, stories)
        body = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
        headers = {"Content-Type": "application/json; charset=utf-8", "Idempotency-Key": message.key}
        if self.secret is not None:
            headers |= signatures(self.secret(), message.key, now, body)
        await post(self.session, self.url(), body, headers, now)


def signatures(secret: str, key: str, now: datetime, body: bytes) -> dict[str, str]:
    """The headers that let a receiver verify a message.

    A secret of the form `whsec_…` is base64, as the Standard Webhooks specification has it; any other is
    taken as it stands. Raises SendFailed for a `whsec_` that is not base64.
    """
    raw = secret.encode()
    if secret.startswith("whsec_"):
        try:
            raw = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
        except binascii.Error as error:
            raise SendFailed("the signing key begins with whsec_ but is not base64 after that") from error
    moment = str(int(now.timestamp()))
    signed = b".".join((key.encode(), moment.encode(), body))
    standard = base64.b64encode(hmac.digest(raw, signed, hashlib.sha256)).decode()
    return {
        "X-Hub-Signature-256": f"sha256={hmac.digest(raw, body, hashlib.sha256).hex()}",
        "webhook-id": key,
        "webhook-timestamp": moment,
        "webhook-signature": f"v1,{standard}",
    }
