"""What can go wrong in an exchange, as values with stable codes and words that help."""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
from collections.abc import Mapping, Sequence
from datetime import datetime

import aiohttp

from aggregator.core.httpdate import retry_after
from aggregator.core.types import PollError
from aggregator.fetch.http.address_guard import FOR_EVER
from aggregator.fetch.http.retry import BrokenOff

_STATUS = {
    202: "the server accepted the request but sent no feed; it may be holding programs off",
    204: "the server says there is nothing here; check the URL",
    304: "the server says nothing changed, though it was not asked; it may be misconfigured",
    400: "the server does not understand the request; check the URL",
    401: "the server wants a user name and password; set username and password_env for this feed",
    402: "the server wants to be paid",
    403: "the server forbids access; it may block programs, or want http.contact to be set",
    404: "there is nothing at this URL; look for the feed's new address on its site",
    406: "the server has no form of this document that we accept",
    408: "the server gave up waiting for the request",
    410: "the feed is gone for good, says the server; remove it or change its URL",
    421: "the server does not answer for this host name",
    429: "the server wants fewer requests",
    451: "the server withholds this for legal reasons",
    500: "the server has an internal error",
    502: "the server's gateway got no answer",
    503: "the server is overloaded or down for maintenance",
    504: "the server's gateway waited in vain",
}


def too_large(limit: int) -> PollError:
    """The document passes the size cap."""
    return PollError(
        "too-large",
        f"the document is larger than {_size(limit)}; raise http.max_size if it is meant to be",
        refused=True,
    )


def timed_out(seconds: float) -> PollError:
    """The whole exchange took too long."""
    return PollError(
        "timeout", f"no complete answer within {seconds:g} s; raise http.timeout if the server is just slow"
    )


def address(reasons: Sequence[str], where: str) -> PollError:
    """The guard stopped the connection."""
    advice = (
        "from which no feed is ever fetched; look for the feed's new address"
        if reasons[0] in FOR_EVER
        else "which is not fetched; set allow_private for this feed if it is inside your own network"
    )
    return PollError("address", f"{where} leads to {reasons[0]}, {advice}", refused=True)


def from_status(status: int, headers: Mapping[str, str], now: datetime) -> PollError:
    """A response that is neither the document nor a redirect."""
    if status in _STATUS:
        words = _STATUS[status]
    elif 300 <= status < 400:
        words = "the server redirects without saying where"
    elif 400 <= status < 500:
        words = "the server refuses the request"
    elif 500 <= status < 600:
        words = "the server failed"
    else:
        words = "the server's answer is not one a feed is read from"
    wait = retry_after(headers, now) if status in (429, 503) else None
    return PollError(f"http-{status}", f"HTTP {status}: {words}", retry_at=wait)


def from_exception(
    error: BaseException, reasons: Sequence[str], where: str, *, proxied: bool = False
) -> PollError:
    """Whatever the client raised. `reasons` are the guard's refusals, `where` the URL as it may be shown,
    `proxied` says that a proxy was asked.

    No text of the exception is passed on unless it is known to hold no URL: URLs can carry keys.
    """
    if reasons and isinstance(error, aiohttp.ClientConnectorError | asyncio.TimeoutError):
        return address(reasons, where)
    match error:
        case aiohttp.ClientConnectorCertificateError():
            return _certificate(error.certificate_error, where)
        case aiohttp.ClientProxyConnectionError():
            return PollError("proxy", "the proxy in http.proxy cannot be reached")
        case aiohttp.ClientConnectorDNSError():
            # Through a proxy, its name is the only one we look up.
            if proxied:
                return PollError("proxy", "the name of the proxy in http.proxy is not known")
            return _dns(error, where)
        case aiohttp.ClientHttpProxyError():
            return PollError("proxy", f"the proxy in http.proxy answered HTTP {error.status}")
        case aiohttp.ClientSSLError():
            return PollError("tls", f"no secure connection to {where}: {_reason(error)}")
        case aiohttp.ClientConnectorError():
            reason = os.strerror(error.errno).lower() if error.errno else "no address answers"
            return PollError("connect", f"no connection to {where}: {reason}")
        case asyncio.TimeoutError():
            return PollError("connect", f"no connection to {where} in time")
        case BrokenOff() | aiohttp.ServerDisconnectedError() | aiohttp.ClientOSError() | ConnectionError():
            return PollError("disconnected", f"{where} broke off the connection; it is tried again later")
        case aiohttp.ClientPayloadError():
            return PollError("truncated", f"the answer of {where} broke off or is malformed on the wire")
        case aiohttp.ClientResponseError():
            # aiohttp reports a head that it cannot parse, or that passes its limits, as a 400 of its own.
            return PollError("protocol", f"{where} does not answer in proper HTTP, or with oversized headers")
        case aiohttp.InvalidURL() | ValueError():
            return PollError("url", f"{where} is not a URL that can be fetched; correct it in config.toml")
        case _:
            return PollError("internal", f"{type(error).__name__} while fetching {where}; please report this")


def _certificate(error: BaseException, where: str) -> PollError:
    detail = getattr(error, "verify_message", "") or _reason(error)
    return PollError("tls", f"the certificate of {where} is not valid: {detail}")


def _reason(error: BaseException) -> str:
    for each in (getattr(error, "os_error", None), getattr(error, "certificate_error", None), error):
        if isinstance(each, ssl.SSLError) and each.reason:
            return each.reason.replace("_", " ").lower()
    return "the handshake failed"


def _dns(error: aiohttp.ClientConnectorDNSError, where: str) -> PollError:
    cause = error.os_error
    if isinstance(cause, socket.gaierror) and cause.errno == socket.EAI_AGAIN:
        return PollError("dns", f"the name of {where} cannot be looked up now")
    return PollError("dns", f"the name of {where} is not known; check the URL")


def _size(count: int) -> str:
    return f"{count / 1024**2:g} MiB" if count >= 1024**2 else f"{count} bytes"
