"""URLs on their way to a server: checked, kept byte for byte, and shown without their secrets."""

from __future__ import annotations

import re
from urllib.parse import unquote, urljoin, urlsplit, urlunsplit

from yarl import URL

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_AS_IS = re.compile(r"[!#-;=?-\[\]_a-z~]+", re.ASCII)
"""What may stand in a URL, without the characters that must be quoted."""

_HOST = re.compile(r"[\w.~:%-]+", re.ASCII)
"""A name after IDNA, or an address; a colon and a scope's % sign stand only inside brackets."""


Origin = tuple[str, str, int]
"""Scheme, host and port."""


class BadUrl(ValueError):
    """Nothing to send a request to; the message says why, without the URL."""


def request_url(text: str) -> URL:
    """Make the URL that is requested. Raises BadUrl.

    A URL in plain ASCII is sent as it stands: quoting it anew could change what the server is asked for.
    """
    if _CONTROL.search(text):
        raise BadUrl("it contains control characters")
    try:
        parts = urlsplit(text)
        url = URL(text, encoded=bool(_AS_IS.fullmatch(text)))
        port = url.port
        host = url.raw_host
    except ValueError:
        raise BadUrl("it is not a valid URL") from None
    if parts.scheme.lower() not in ("http", "https"):
        raise BadUrl("it is not an http or https URL")
    if not host or port is None or port == 0 or not _HOST.fullmatch(host):
        raise BadUrl("it has no valid host")
    return url.with_fragment(None)


def resolve(base: str, location: str) -> str:
    """Resolve a Location header against the URL that sent it; user name, password and fragment are dropped."""
    try:
        return without_userinfo(urljoin(base, location.strip()))[0].partition("#")[0]
    except ValueError:
        raise BadUrl("it is not a valid URL") from None


def without_userinfo(text: str) -> tuple[str, tuple[str, str] | None]:
    """Split `user:password@` off a URL: (the URL without it, the pair or None)."""
    parts = urlsplit(text)
    info, at, host = parts.netloc.rpartition("@")
    if not at:
        return text, None
    user, _, password = info.partition(":")
    return urlunsplit(parts._replace(netloc=host)), (unquote(user), unquote(password))


def origin(url: URL) -> Origin:
    """Scheme, host and port: whom a secret may be told to, and who may be at a private address."""
    return url.scheme.lower(), (url.raw_host or "").lower().rstrip("."), url.port or 0


def shown(text: str) -> str:
    """A URL for messages and logs: no user name, no password, no query, since queries carry keys."""
    try:
        parts = urlsplit(_CONTROL.sub("", text))
    except ValueError:
        return "(unreadable URL)"
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit((parts.scheme, host, parts.path, "", ""))[:300] + ("?…" if parts.query else "")
