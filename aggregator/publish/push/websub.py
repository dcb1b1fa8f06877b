"""WebSub: tell a hub that feeds changed, so that it fetches and distributes them.

The W3C Recommendation (section 6) leaves to publisher and hub how that is told. Hubs in use take the form of
its predecessor, PubSubHubbub 0.4 section 7: a form-encoded POST with `hub.mode=publish` and `hub.url`; some
look for `hub.topic` instead, so both are sent, one feed a request.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

import aiohttp

from aggregator.publish.push.http import post
from aggregator.publish.push.types import Message


@dataclass(frozen=True, slots=True)
class WebSubSender:
    """Pings one hub."""

    session: aiohttp.ClientSession
    hub: str

    async def send(self, message: Message, now: datetime) -> None:
        """Name each changed feed to the hub once. Raises SendFailed at the first it does not take."""
        urls = dict.fromkeys(url for part in message.parts for url in part.delivery.body["urls"])
        for url in urls:
            form = urlencode({"hub.mode": "publish", "hub.url": url, "hub.topic": url})
            headers = {"Content-Type": "application/x-www-form-urlencoded"}
            await post(self.session, self.hub, form.encode(), headers, now)
