"""Signed links: what stands in an item lets its reader answer for that story and topic, and nothing else."""

from __future__ import annotations

import hashlib
import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as BadBase64
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from itsdangerous import BadSignature
from itsdangerous import Signer as PlainSigner

KINDS = ("relevant", "not_relevant", "wrong_story")


class Signer:
    """Signs with the installation's secret. Links carry no time: they stay good for as long as items live."""

    def __init__(self, secret: bytes) -> None:
        self._items = _signer(secret, b"aggregator.item")
        self._undo = _signer(secret, b"aggregator.undo")
        self._release = _signer(secret, b"aggregator.release")
        # A story stands in several outputs and formats; its token is the same in all of them.
        self._token = lru_cache(maxsize=20_000)(self._make_token)

    def _make_token(self, story: str, topic: str) -> str:
        return _dump(self._items, [story, topic])

    def token(self, story: str, topic: str) -> str:
        """Return the token of a story and topic."""
        return self._token(story, topic)

    def links(self, base_url: str, story: str, topic: str) -> Mapping[str, str]:
        """Return the absolute links of an item."""
        token = self.token(story, topic)
        return {kind: f"{base_url}/feedback/{token}/{kind}" for kind in KINDS}

    def read(self, token: str) -> tuple[str, str] | None:
        """Return (story, topic) of a token, or None when it was not made here."""
        match _load(self._items, token):
            case [str(story), str(topic)]:
                return story, topic
        return None

    def undo_token(self, story: str, topic: str, kind: str, entries: tuple[str, ...], given: datetime) -> str:
        """Return the token by which the answer given at that moment is taken back, and no other."""
        return _dump(self._undo, [story, topic, kind, given.astimezone(UTC).isoformat(), *entries])

    def read_undo(self, token: str) -> tuple[str, str, str, tuple[str, ...], datetime] | None:
        """Return (story, topic, kind, entries, moment) of an undo token, or None."""
        match _load(self._undo, token):
            case [str(story), str(topic), str(kind), str(given), *entries] if kind in KINDS:
                try:
                    at = datetime.fromisoformat(given)
                except ValueError:
                    return None
                return story, topic, kind, tuple(str(entry) for entry in entries), at
        return None

    def release_token(self, feed: str) -> str:
        """Return the token by which what a feed (by its URL) holds back is let through."""
        return _dump(self._release, [feed])

    def read_release(self, token: str) -> str | None:
        """Return the feed of such a token, or None when it was not made here."""
        match _load(self._release, token):
            case [str(feed)]:
                return feed
        return None


def _signer(secret: bytes, purpose: bytes) -> PlainSigner:
    # Derived once, not for each of thousands of links.
    key = hmac.digest(secret, purpose, "sha256")
    return PlainSigner(key, key_derivation="none", digest_method=hashlib.sha256)


def _dump(signer: PlainSigner, values: Sequence[str]) -> str:
    payload = urlsafe_b64encode(json.dumps(values, separators=(",", ":")).encode()).rstrip(b"=")
    return signer.sign(payload).decode()


def _load(signer: PlainSigner, token: str) -> Any:
    if len(token) > 16_384:
        return None
    try:
        payload = signer.unsign(token)
        return json.loads(urlsafe_b64decode(payload + b"=" * (-len(payload) % 4)))
    except (BadSignature, BadBase64, ValueError):
        return None
