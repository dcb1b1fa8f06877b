"""The page an entry links to, as fetched, and the text found in it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Page:
    """A page as fetched. Exactly one of `body` and `why` is set."""

    url: str
    """The URL that answered."""
    body: bytes | None = None
    content_type: str = ""
    why: str = ""
    """Why there is none, in words."""


@dataclass(frozen=True, slots=True)
class Extract:
    """A page's main text. Exactly one of `text` and `why` is set."""

    text: str | None = None
    why: str = ""
