"""What a page names is tried, and leave to look inside the own network goes no further than it was given."""

from __future__ import annotations

import asyncio

import pytest

from aggregator.config import Config
from aggregator.core.errors import NotFound
from aggregator.pipeline.find_feed import find_feed
from tests.fetch.server import site

PAGE = b"<html><head><link rel='alternate' type='application/rss+xml' href='%s'></head><body>x</body></html>"
HTML = {"Content_Type": "text/html"}


def test_a_page_inside_leads_to_the_feeds_of_its_own_server_only() -> None:
    async def main() -> None:
        async with site() as server, site() as secret:
            secret.answer("/desk7")
            server.answer("/desk7")
            server.answer("/good", body=PAGE % b"/desk7", **HTML)
            server.answer("/bad", body=PAGE % secret.url("/desk7", "127.0.0.1").encode(), **HTML)
            found = await find_feed(server.url("/good", "127.0.0.1"), Config(), allow_private=True)
            assert found.url == server.url("/desk7", "127.0.0.1")
            with pytest.raises(NotFound, match="no feed was found"):
                await find_feed(server.url("/bad", "127.0.0.1"), Config(), allow_private=True)
            assert secret.seen == []

    asyncio.run(main())
