"""HTTP for pushing: one POST, to where it may go, with the answer as a failure or as nothing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import aiohttp

from aggregator.core.httpdate import retry_after
from aggregator.core.urls import host_of
from aggregator.fetch.http.address_guard import AddressRefused, socket_factory
from aggregator.publish.push.types import SendFailed

TIMEOUT = 20.0
"""Seconds for one whole exchange."""

_ABOUT_THE_MESSAGE = frozenset({400, 405, 409, 410, 413, 414, 415, 422})
"""Answers to which the same message would be refused again. 401, 403 and 404 are mended by an administrator."""


def open_session(agent: str, *, allow_private: bool) -> aiohttp.ClientSession:
    """A session that keeps no cookies, asks no environment, and connects to no address it should not."""
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(socket_factory=socket_factory(allow_private=allow_private)),
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(total=TIMEOUT),
        headers={"User-Agent": agent},
        trust_env=False,
    )


async def post(
    session: aiohttp.ClientSession, url: str, body: bytes, headers: Mapping[str, str], now: datetime
) -> None:
    """POST `body` to `url`; any 2xx is success, redirects are not followed. Raises SendFailed otherwise.

    No message names more of the URL than its host: paths and queries of webhooks are secrets.
    """
    host = host_of(url) or "the server"
    try:
        async with session.post(url, data=body, headers=headers, allow_redirects=False) as answer:
            status, said = answer.status, answer.headers
    except TimeoutError as error:
        raise SendFailed(f"{host} did not answer within {TIMEOUT:.0f} s") from error
    except aiohttp.InvalidURL as error:
        raise SendFailed("the URL cannot be used; correct it") from error
    except (aiohttp.ClientError, OSError) as error:
        raise SendFailed(f"{host}: {_why(error)}") from error
    if 200 <= status < 300:
        return
    if 300 <= status < 400:
        raise SendFailed(f"{host} redirects ({status}); enter the address it redirects to")
    raise SendFailed(
        f"{host} answered {status}",
        permanent=status in _ABOUT_THE_MESSAGE,
        retry_at=retry_after(said, now) if status in {429, 503} else None,
    )


def _why(error: Exception) -> str:
    """What went wrong, in words that hold nothing of the URL."""
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return "its certificate is not valid"
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return "its name cannot be resolved"
    inner = getattr(error, "os_error", error)
    if isinstance(inner, AddressRefused) or "address refused" in str(inner):
        return f"{inner}; if it is yours, set allow_private = true"
    if isinstance(inner, OSError) and inner.strerror:
        return inner.strerror.lower()
    return f"the connection failed ({type(error).__name__})"
