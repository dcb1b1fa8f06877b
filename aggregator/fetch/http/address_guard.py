"""Which addresses may be connected to.

The check sits in aiohttp's `socket_factory`: the last step before a socket exists, where the address is the
one that will be used. Names, literals in any notation, redirects and names that resolve differently the
second time (DNS rebinding) all pass here, and nothing can change between the check and its use.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable, Iterable
from contextvars import ContextVar
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

from aiohttp import AddrInfoType

Address = IPv4Address | IPv6Address

_METADATA = frozenset(
    ipaddress.ip_address(text)
    for text in (
        "169.254.169.254",  # AWS, Azure, Google and most others
        "169.254.170.2",  # AWS containers
        "169.254.170.23",  # AWS pods
        "fd00:ec2::254",  # AWS over IPv6
        "fd00:ec2::23",  # AWS pods over IPv6
        "100.100.100.200",  # Alibaba
        "169.254.42.42",  # Scaleway
        "fd00:42::42",  # Scaleway over IPv6
        "fd20:ce::254",  # Google over IPv6
        "192.0.0.192",  # Oracle
        "168.63.129.16",  # Azure's host, inside public space
    )
)
_METADATA_WORDS, _MULTICAST_WORDS, _RESERVED_WORDS = (
    "a cloud metadata address",
    "a multicast address",
    "a reserved address",
)
FOR_EVER = frozenset((_METADATA_WORDS, _MULTICAST_WORDS, _RESERVED_WORDS))
"""Reasons that `allow_private` does not lift."""
_CGNAT = IPv4Network("100.64.0.0/10")  # RFC 6598
_NOT_PUBLIC = tuple(
    ipaddress.ip_network(text)
    for text in (
        "0.0.0.0/8",  # RFC 791, this network
        "10.0.0.0/8",  # RFC 1918
        "172.16.0.0/12",
        "192.168.0.0/16",
        "192.0.0.0/24",  # RFC 6890; its anycast addresses are services of the local network
        "192.0.2.0/24",  # RFC 5737, documentation
        "198.51.100.0/24",
        "203.0.113.0/24",
        "192.88.99.0/24",  # RFC 7526, the relays of 6to4, withdrawn
        "198.18.0.0/15",  # RFC 2544, measuring
        "::/96",  # RFC 4291, 2.5.5.1, IPv4-compatible, deprecated
        "::ffff:0:0:0/96",  # RFC 2765, 2.1, IPv4-translated
        "64:ff9b:1::/48",  # RFC 8215, NAT64 of the local network
        "100::/64",  # RFC 6666, discard
        "100:0:0:1::/64",  # RFC 9780, dummy
        "2001::/23",  # RFC 2928, protocols: Teredo, measuring, ORCHID
        "2001:db8::/32",  # RFC 3849, documentation
        "3fff::/20",  # RFC 9637, documentation
        "5f00::/16",  # RFC 9602, segment routing
        "fc00::/7",  # RFC 4193
        "fec0::/10",  # RFC 3879, site-local, deprecated
    )
)
"""What IANA's registries of special-purpose addresses do not call globally reachable, loopback, link-local and
shared space apart, and what went before them. Python knows them too, each release a few more."""
_PUBLIC_IPV6 = IPv6Network("2000::/3")
"""All the unicast space that IANA has given out (RFC 4291, 2.4); whatever lies beyond is nobody's yet."""
_NAT64 = IPv6Network("64:ff9b::/96")  # RFC 6052
_TRANSLATED = IPv6Network("::ffff:0:0:0/96")  # RFC 2765, 2.1
_COMPATIBLE = IPv6Network("::/96")  # RFC 4291, 2.5.5.1
_JUDGED_BY_CONTENT = (
    IPv6Network("::ffff:0:0/96"),  # RFC 4291, 2.5.5.2, IPv4-mapped
    _NAT64,
    IPv6Network("2002::/16"),  # RFC 3056, 6to4
)
"""Refused only where the IPv4 address inside is."""


@dataclass(slots=True)
class Connecting:
    """What the guard saw while one request found its connection."""

    refused: list[str] = field(default_factory=list)
    """Why addresses were refused."""
    fresh: bool = False
    """Whether a connection was tried at all; False when the request went over one that was open."""


connecting: ContextVar[Connecting | None] = ContextVar("connecting", default=None)
"""Set before each request, to be read after it."""


class AddressRefused(OSError):
    """The address is not one we connect to. Never leaves the fetch package."""


def why_refused(address: str, *, allow_private: bool = False) -> str | None:
    """Say why an IP address is not connected to, or None when it may be.

    `allow_private` opens loopback, private, link-local and shared (CGNAT) space, never the metadata services
    of cloud machines, multicast or reserved space: no feed lives there.
    """
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return "not an IP address"
    for each in (ip, *_inside(ip)):
        never = _never(each)
        if never:
            return never
        private = _private(each)
        if private and not allow_private:
            return private
    return None


def literal(host: str) -> str | None:
    """Return the address that a URL's host spells out, in any notation the system's resolver accepts, or None.

    `127.1`, `0x7f000001` and `2130706433` are all 127.0.0.1 to inet_aton(3).
    """
    bare = host.strip("[]").rstrip(".")
    try:
        return str(ipaddress.ip_address(bare.partition("%")[0]))
    except ValueError:
        pass
    if not bare or bare[-1] not in "0123456789abcdefABCDEFxX" or not bare[0].isdigit():
        return None
    try:
        return socket.inet_ntoa(socket.inet_aton(bare))
    except (OSError, UnicodeEncodeError):
        return None


def socket_factory(*, allow_private: bool) -> Callable[[AddrInfoType], socket.socket]:
    """Make the connector's socket factory, which refuses before a socket exists."""

    def make(info: AddrInfoType) -> socket.socket:
        family, kind, proto, _, address = info
        host = str(address[0])
        seen = connecting.get()
        if seen is not None:
            seen.fresh = True
        why = why_refused(host.partition("%")[0], allow_private=allow_private)
        if why is not None:
            if seen is not None:
                seen.refused.append(why)
            raise AddressRefused(f"address refused: {why}")
        return socket.socket(family=family, type=kind, proto=proto)

    return make


def _inside(ip: Address) -> list[Address]:
    """Addresses that an IPv6 address carries in itself: a gateway would deliver to them."""
    if isinstance(ip, IPv4Address):
        return []
    found: list[Address] = []
    if ip.ipv4_mapped is not None:
        found.append(ip.ipv4_mapped)
    if ip.sixtofour is not None:
        found.append(ip.sixtofour)
    if ip.teredo is not None:
        found.extend(ip.teredo)
    last = IPv4Address(int(ip) & 0xFFFFFFFF)
    if ip in _NAT64 or ip in _TRANSLATED or (ip in _COMPATIBLE and int(ip) > 0xFFFF):
        found.append(last)
    if (int(ip) >> 32) & 0xFFFFFFFF in (0x00005EFE, 0x02005EFE):  # ISATAP, RFC 5214
        found.append(last)
    return found


def _never(ip: Address) -> str | None:
    if ip in _METADATA:
        return _METADATA_WORDS
    if ip.is_multicast:
        return _MULTICAST_WORDS
    if isinstance(ip, IPv4Address):
        return _RESERVED_WORDS if ip.is_reserved else None
    if ip in _PUBLIC_IPV6 or ip.is_link_local or _is_listed(ip, _JUDGED_BY_CONTENT):
        return None
    return None if ip.is_loopback or _is_listed(ip, _NOT_PUBLIC) else _RESERVED_WORDS


def _private(ip: Address) -> str | None:
    if _is_listed(ip, _JUDGED_BY_CONTENT):
        return None
    if ip.is_loopback:
        return "a loopback address"
    if ip.is_unspecified:
        return "the unspecified address"
    if ip.is_link_local:
        return "a link-local address"
    if ip in _CGNAT:
        return "a carrier's shared address"
    return "a private address" if _is_listed(ip, _NOT_PUBLIC) else None


def _is_listed(ip: Address, networks: Iterable[IPv4Network | IPv6Network]) -> bool:
    return any(ip in network for network in networks)
