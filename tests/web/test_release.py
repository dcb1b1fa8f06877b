"""What a feed's ration held back is let through by a button on the page of feeds, and by nothing else."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable

import pytest

from aggregator.core.types import FeedState, Health
from aggregator.web.signing import Signer
from tests.publish.memory_source import MemorySource

from .conftest import Client
from .test_feedback import REFUSED, WELCOME

FLOOD = FeedState(
    3, "https://flood.example/rss", "https://flood.example/rss", "Flood", health=Health.DEGRADED
)
CALM = FeedState(4, "https://calm.example/rss", "https://calm.example/rss", "Calm")


@pytest.fixture
def flooded(client: Client) -> Client:
    client.source.polled = [FLOOD, CALM]
    client.source.rationed = {3: ["a", "b"]}
    return client


def button(client: Client) -> str:
    (path,) = re.findall(r'action="(/release/[^"]+)"', client.get("/feeds").text)
    return str(path)


def test_the_button_announces_what_was_held_back(flooded: Client) -> None:
    assert "Announce 2 held back" in flooded.get("/feeds").text
    path = button(flooded)
    before = flooded.source.generation()
    assert "2 entries are announced now" in flooded.request("POST", path).text
    assert flooded.source.rationed == {}
    assert flooded.source.generation() > before
    assert "/release/" not in flooded.get("/feeds").text
    assert "Nothing of this feed is held back" in flooded.request("POST", path).text, "pressed twice"


def test_a_get_changes_nothing(flooded: Client) -> None:
    assert flooded.get(button(flooded)).status == 405
    assert flooded.source.rationed == {3: ["a", "b"]}


@pytest.mark.parametrize("headers", WELCOME.values(), ids=WELCOME.keys())
def test_our_own_page_is_heard(flooded: Client, headers: dict[str, str]) -> None:
    assert asyncio.run(flooded.ask("POST", button(flooded), headers)).status == 200


@pytest.mark.parametrize("headers", REFUSED.values(), ids=REFUSED.keys())
def test_a_page_elsewhere_is_not_heard(flooded: Client, headers: dict[str, str]) -> None:
    assert asyncio.run(flooded.ask("POST", button(flooded), headers)).status == 403
    assert flooded.source.rationed == {3: ["a", "b"]}


def test_made_up_links_are_refused(flooded: Client) -> None:
    signer = Signer(MemorySource().secret())
    for token in (
        "x",
        button(flooded).rpartition("/")[2][:-2] + "AA",
        signer.token("s7", "harbour-safety"),
        Signer(b"another" * 5).release_token(FLOOD.url),
        signer.release_token("https://nobody.example/"),
    ):
        assert flooded.request("POST", f"/release/{token}").status == 404, token
    assert flooded.source.rationed == {3: ["a", "b"]}


def test_behind_a_password_the_button_needs_it_too(serve: Callable[..., Client]) -> None:
    client = serve(password_env="PASSWORD")
    client.source.polled, client.source.rationed = [FLOOD], {3: ["a"]}
    path = f"/release/{Signer(MemorySource().secret()).release_token(FLOOD.url)}"
    assert client.request("POST", path).status == 401
    assert client.source.rationed == {3: ["a"]}
