"""Who may read what: the credential of the server, tokens of private outputs, names this host answers to."""

from __future__ import annotations

import base64
import hmac
import ipaddress
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from starlette.exceptions import HTTPException
from starlette.requests import Request

from aggregator.config.outputs import OutputConfig, WebConfig
from aggregator.web.source import SecretLookup

MIN_TOKEN = 20
"""Shortest token of a private output; `openssl rand -hex 16` makes one of 32 characters."""
MIN_PASSWORD = 12


def check_exposure(web: WebConfig, secrets: SecretLookup) -> list[str]:
    """Return why the server must not start as configured, in words; empty when it may."""
    if not web.enabled:
        return []
    mistakes = []
    password = secrets.get(web.password_env) if web.password_env else None
    if web.password_env and not password:
        mistakes.append(
            f"web.password_env: there is neither a credential nor an environment variable {web.password_env!r}; "
            "provide it, or remove the setting"
        )
    if password and len(password) < MIN_PASSWORD and not is_loopback(web.host):
        mistakes.append(
            f"web.password_env: the password must have at least {MIN_PASSWORD} characters when web.host is "
            f"{web.host!r}"
        )
    if not web.password_env and not is_loopback(web.host):
        mistakes.append(
            f"web.host: {web.host!r} can be reached from other machines, which needs a credential; set "
            "web.password_env (and web.username), or listen on 127.0.0.1 behind a proxy that asks for one"
        )
    return mistakes


def check_tokens(outputs: Sequence[OutputConfig], secrets: SecretLookup) -> list[str]:
    """Return what is wrong with the tokens of private outputs, in words."""
    mistakes = []
    for output in outputs:
        if not output.private_env:
            continue
        where = f"outputs ({output.slug}).private_env"
        token = secrets.get(output.private_env)
        if not token:
            mistakes.append(
                f"{where}: there is neither a credential nor an environment variable {output.private_env!r}"
            )
        elif (
            len(token) < MIN_TOKEN
            or not token.replace("-", "").replace("_", "").isalnum()
            or not token.isascii()
        ):
            mistakes.append(
                f"{where}: the token must have at least {MIN_TOKEN} letters, digits, - or _; "
                "`openssl rand -hex 16` makes one"
            )
    return mistakes


def is_loopback(host: str) -> bool:
    """Whether an address to listen on is reachable from this machine only."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


@dataclass(frozen=True, slots=True)
class Guard:
    """The server's own credential and the host names it answers to."""

    authorization: bytes = b""
    """The Basic credentials (RFC 7617) that open everything, without the scheme; empty: nothing is locked."""
    hosts: frozenset[bytes] = frozenset()
    """Host headers accepted, without port; empty: any. Without a credential this keeps web pages elsewhere
    from reading a loopback server under a name of their own (DNS rebinding)."""

    def knows_host(self, header: bytes) -> bool:
        """Whether a Host header names this server."""
        if not self.hosts:
            return True
        host = header.rpartition(b":")[0] if header.rpartition(b":")[2].isdigit() else header
        return host.lower() in self.hosts

    def admits(self, header: bytes) -> bool:
        """Whether an Authorization header opens what is locked."""
        if not self.authorization:
            return True
        # A scheme has no case (RFC 9110, section 11.1), and one space or more after it.
        scheme, _, credentials = header.strip().partition(b" ")
        return scheme.lower() == b"basic" and hmac.compare_digest(
            credentials.lstrip(b" "), self.authorization
        )


def make_guard(web: WebConfig, secrets: SecretLookup, base_url: str) -> Guard:
    """Return the guard a configuration asks for, at a server that readers reach under `base_url`."""
    password = secrets.get(web.password_env) if web.password_env else None
    if password:
        pair = base64.b64encode(f"{web.username}:{password}".encode())
        return Guard(authorization=pair)
    names = {"localhost", "127.0.0.1", "[::1]", web.host, urlsplit(base_url).hostname or ""}
    return Guard(hosts=frozenset(name.lower().encode() for name in names if name))


def refuse_strangers(request: Request, base_url: str) -> None:
    """A signed link may be known: another site's page must not press the button for its visitors.

    Raises HTTPException (403).
    """
    if is_from_elsewhere(request.headers, base_url):
        raise HTTPException(
            403, "This came from a page of another site. Open the item's link, and press the button there."
        )


def is_from_elsewhere(headers: Mapping[str, str], base_url: str) -> bool:
    """Whether a browser says that a page of another site sent this request (names of `headers` in lower case).

    Sec-Fetch-Site counts first, which browsers send over https and to this machine; else Origin, else Referer. A
    program that sends none of them (curl) speaks for the person who runs it.
    """
    if said := headers.get("sec-fetch-site", ""):
        return said.strip().lower() not in ("same-origin", "none")
    page = headers.get("origin") or headers.get("referer")
    if page is None:
        return False
    sender, ours, host = _place(page), _place(base_url), headers.get("host", "").lower()
    if sender in (ours, host):
        return not sender
    # Some proxies leave the port out of the Host header; where base_url says the port, it need not be guessed.
    return host == ours.partition(":")[0] or sender.rpartition(":")[0] != host


def _place(url: str) -> str:
    """Host and port of a URL, in lower case; empty where it has none."""
    try:
        return urlsplit(url).netloc.rpartition("@")[2].lower()
    except ValueError:
        return ""


def is_open(path: str) -> bool:
    """Whether a path needs no credential: it carries one itself (tokens, signed links), or tells nothing."""
    if path.startswith(("/static/", "/schema/", "/feedback/")) or path == "/health":
        return True
    match path.split("/"):
        case ["", "feeds", token, _]:
            return bool(token)
    return False


def private_output(
    token: str, slug: str, outputs: Sequence[OutputConfig], secrets: SecretLookup
) -> OutputConfig | None:
    """Return the private output a token opens under that slug; None alike for wrong tokens and wrong slugs."""
    for output in outputs:
        if output.slug == slug and output.private_env:
            known = secrets.get(output.private_env)
            if known and hmac.compare_digest(known.encode(), token.encode()):
                return output
    return None
