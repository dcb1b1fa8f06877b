"""Signed links: what stands in an item lets its reader answer for that story and topic, and nothing else."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from itsdangerous import BadData, URLSafeSerializer

KINDS = ("relevant", "not_relevant", "wrong_story")


class Signer:
    """Signs with the installation's secret. Links carry no time: they stay good for as long as items live."""

    def __init__(self, secret: bytes) -> None:
        options: dict[str, Any] = {
            "signer_kwargs": {"digest_method": hashlib.sha256, "key_derivation": "hmac"}
        }
        self._items = URLSafeSerializer(secret, salt="aggregator.item", **options)
        self._undo = URLSafeSerializer(secret, salt="aggregator.undo", **options)
        # A story stands in several outputs and formats; its token is the same in all of them.
        self._token = lru_cache(maxsize=20_000)(self._make_token)

    def _make_token(self, story: str, topic: str) -> str:
        return _text(self._items.dumps([story, topic]))

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

    def undo_token(self, story: str, topic: str, kind: str, entries: tuple[str, ...]) -> str:
        """Return the token by which an answer is taken back."""
        return _text(self._undo.dumps([story, topic, kind, list(entries)]))

    def read_undo(self, token: str) -> tuple[str, str, str, tuple[str, ...]] | None:
        """Return (story, topic, kind, entries) of an undo token, or None."""
        match _load(self._undo, token):
            case [str(story), str(topic), str(kind), list(entries)] if kind in KINDS:
                return story, topic, kind, tuple(str(entry) for entry in entries)
        return None


def _load(serializer: URLSafeSerializer, token: str) -> Any:
    if len(token) > 4096:
        return None
    try:
        return serializer.loads(token)
    except BadData:
        return None


def _text(token: str | bytes) -> str:
    return token.decode() if isinstance(token, bytes) else token
