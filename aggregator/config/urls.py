"""Which URLs can be polled at all."""

from __future__ import annotations

from yarl import URL

from aggregator.config.messages import shown

LONGEST = 2000
"""Characters: what servers and browsers agree on."""


def url_mistake(url: str) -> str:
    """Why `url` cannot be polled; empty when it can."""
    if any(character < " " or character == "\x7f" for character in url):
        return f"must be one line without control characters, got {shown(url)}"
    if len(url) > LONGEST:
        return f"must have at most {LONGEST:,} characters, it has {len(url):,}"
    try:
        parsed = URL(url)
    except ValueError:
        return f"is not a URL: {shown(url)}"
    if parsed.scheme not in {"http", "https"}:
        return f"must begin with http:// or https://, got {shown(url)}"
    if not parsed.host:
        return f"names no host: {shown(url)}"
    if parsed.user or parsed.password:
        return "must not hold a user name or password; use `username` and `password_env`"
    return ""


def feed_key(url: str) -> str:
    """What is equal for two spellings of one feed's address; the URL itself where it is none."""
    try:
        return str(URL(url).with_fragment(None))
    except ValueError:
        return url
