"""A rate limit per client: a bucket of tokens for each address."""

from __future__ import annotations

import ipaddress
import math
from collections import OrderedDict
from datetime import datetime

MAX_CLIENTS = 20_000


class RateLimit:
    """Lets each client make `rate` costly requests a minute, and as many at once."""

    def __init__(self, rate: int) -> None:
        """`rate`: requests a minute; 0: no limit."""
        self._rate = rate
        self._buckets: OrderedDict[str, tuple[float, datetime]] = OrderedDict()

    def wait(self, client: str, now: datetime) -> int:
        """Take a token. Returns 0 when there was one, else the seconds until there will be."""
        if not self._rate:
            return 0
        key = client_key(client)
        tokens, last = self._buckets.pop(key, (float(self._rate), now))
        tokens = min(self._rate, tokens + max(0.0, (now - last).total_seconds()) * self._rate / 60)
        allowed = tokens >= 1
        self._buckets[key] = (tokens - 1 if allowed else tokens, now)
        if len(self._buckets) > MAX_CLIENTS:
            self._buckets.popitem(last=False)
        return 0 if allowed else max(1, math.ceil((1 - tokens) * 60 / self._rate))


def client_key(address: str) -> str:
    """Return what one client is counted by: its IPv4 address, or its IPv6 network of 64 bits.

    What is no address, only a name some proxy gave it, counts by its beginning: headers may be long, and are kept.
    """
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return address[:64]
    if ip.version == 6:
        return str(ipaddress.ip_network((ip, 64), strict=False))
    return address
