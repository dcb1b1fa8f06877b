"""Feedback from any reader: a GET changes nothing, a POST records, undo takes back."""

from __future__ import annotations

import asyncio
import html
import json
import re
from collections.abc import Callable

import pytest

from aggregator.web.signing import Signer
from aggregator.web.source import Verdict
from tests.publish.memory_source import MemorySource

from .conftest import NOW, Client


def links(client: Client, story: str = "s7") -> dict[str, str]:
    items = json.loads(client.get("/feeds/harbour.json").body)["items"]
    record = next(item["_aggregator"] for item in items if item["_aggregator"]["story"] == story)
    return {kind: url.removeprefix("https://news.example.org") for kind, url in record["feedback"].items()}


def button(page: str) -> str:
    return html.unescape(re.search(r'<form method="post" action="([^"]+)"', page)[1])  # type: ignore[index]


def test_links_stand_in_every_format(client: Client) -> None:
    for kind, path in links(client).items():
        url = f"https://news.example.org{path}"
        assert kind in url
        assert url in client.get("/feeds/harbour.atom").text
        assert url in client.get("/feeds/harbour.rss").text


def test_get_and_head_change_nothing(client: Client) -> None:
    for path in links(client).values():
        page = client.get(path)
        assert page.status == 200
        assert "북항에서 여객선 충돌" in page.text
        assert 'method="post"' in page.text
        assert page.headers["cache-control"] == "no-store"
        assert client.request("HEAD", path).status == 200
    assert client.source.verdicts == []


def test_post_records_and_undo_takes_back(client: Client) -> None:
    path = links(client)["not_relevant"]
    page = client.get(path).text
    assert "Not relevant to Harbour safety?" in page
    thanks = client.request("POST", button(page))
    assert thanks.status == 200
    assert "Thanks" in thanks.text
    assert client.source.verdicts == [Verdict("s7", "harbour-safety", "not_relevant", (), client.clock.time)]
    undo = button(thanks.text)
    assert "Thanks" in client.get(undo).text
    assert len(client.source.verdicts) == 1, "a GET of the undo link changes nothing either"
    assert "Taken back" in client.request("POST", undo).text
    assert client.source.verdicts == []
    assert "nothing to take back" in client.request("POST", undo).text


def test_an_old_undo_link_takes_no_later_answer_back(client: Client) -> None:
    paths = links(client)
    old = button(client.request("POST", paths["not_relevant"]).text)
    client.clock.move(minutes=5)
    later = button(client.request("POST", paths["relevant"]).text)
    assert "nothing to take back" in client.request("POST", old).text
    assert [one.kind for one in client.source.verdicts] == ["not_relevant", "relevant"]
    assert "Taken back" in client.request("POST", later).text
    assert "Taken back" in client.request("POST", old).text
    # The same answer given again is another one.
    client.clock.move(minutes=5)
    client.request("POST", paths["not_relevant"])
    assert "nothing to take back" in client.request("POST", old).text
    assert len(client.source.verdicts) == 1


OURS = "https://news.example.org"

# What a browser says of a request, besides the link itself; None: the header is not sent.
WELCOME: dict[str, dict[str, str]] = {
    "curl": {},
    "a browser, on our page": {"Sec-Fetch-Site": "same-origin", "Origin": OURS},
    "a browser that hides where the page is": {"Sec-Fetch-Site": "same-origin", "Origin": "null"},
    "a reader's own button": {"Sec-Fetch-Site": "none"},
    "a browser over plain http, which says less": {"Origin": "http://news.example.org"},
    "an old browser that tells the page alone": {"Referer": OURS + "/feedback/x/relevant"},
}
REFUSED: dict[str, dict[str, str]] = {
    "a form elsewhere": {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"},
    "a form on a sister site": {"Sec-Fetch-Site": "same-site", "Origin": "https://blog.example.org"},
    "elsewhere, over plain http": {"Origin": "https://evil.example"},
    "a frame without an origin": {"Origin": "null"},
    "our name inside another": {"Origin": "https://news.example.org.evil.example"},
    "another port": {"Origin": "https://news.example.org:8443"},
    "no origin at all": {"Origin": "nonsense"},
    "another page, old browser": {"Referer": "https://evil.example/" + OURS},
}


@pytest.mark.parametrize("headers", WELCOME.values(), ids=WELCOME.keys())
def test_a_reader_is_heard(client: Client, headers: dict[str, str]) -> None:
    path = links(client)["relevant"]
    thanks = asyncio.run(client.ask("POST", path, headers))
    assert thanks.status == 200
    assert len(client.source.verdicts) == 1
    assert asyncio.run(client.ask("POST", button(thanks.text), headers)).status == 200
    assert client.source.verdicts == []


@pytest.mark.parametrize("headers", REFUSED.values(), ids=REFUSED.keys())
def test_a_page_elsewhere_is_not_heard(client: Client, headers: dict[str, str]) -> None:
    path = links(client)["relevant"]
    assert asyncio.run(client.ask("POST", path, headers)).status == 403
    assert client.source.verdicts == []
    undo = button(client.request("POST", path).text)
    assert asyncio.run(client.ask("POST", undo, headers)).status == 403
    assert len(client.source.verdicts) == 1


def test_a_page_reached_by_another_of_its_names_is_heard(serve: Callable[..., Client]) -> None:
    client = serve(base_url="https://news.example.org", password_env="PASSWORD")
    client.host = "box.lan:8080"
    signer = Signer(client.source.secret())
    path = signer.links("", "s7", "harbour-safety")["relevant"]
    assert asyncio.run(client.ask("POST", path, {"Origin": "http://box.lan:8080"})).status == 200
    assert asyncio.run(client.ask("POST", path, {"Origin": "http://box.lan:8081"})).status == 403
    client.host = "box.lan"  # what a proxy makes of it
    assert asyncio.run(client.ask("POST", path, {"Origin": "https://box.lan:8443"})).status == 200


def test_our_pages_let_the_browser_say_where_they_are(client: Client) -> None:
    page = client.get(links(client)["relevant"])
    assert page.headers["referrer-policy"] == "same-origin", "with no-referrer it would say `Origin: null`"


def test_wrong_story_asks_which_sources(client: Client) -> None:
    path = links(client)["wrong_story"]
    page = client.get(path).text
    assert page.count('type="checkbox"') == 3
    assert client.request("POST", path).status == 400
    assert client.request("POST", path, b"entry=not-of-this-story").status == 400
    thanks = client.request("POST", path, b"entry=e101&entry=e100&entry=other")
    assert client.source.verdicts[0].kind == "wrong_story"
    assert client.source.verdicts[0].entries == ("e100", "e101")
    client.request("POST", button(thanks.text))
    assert client.source.verdicts == []


def test_forged_and_broken_links_are_refused(client: Client) -> None:
    path = links(client)["relevant"]
    token = path.split("/")[2]
    other = Signer(b"y" * 32)
    undo = Signer(MemorySource().secret()).undo_token("s7", "harbour-safety", "relevant", (), NOW)
    for forged in (
        path[:-10] + path[-9:],
        f"/feedback/{token[:-2]}xx/relevant",
        f"/feedback/{token}/delete",
        f"/feedback/{other.token('s7', 'harbour-safety')}/relevant",
        f"/feedback/{undo}/relevant",
        "/feedback/x/relevant",
        "/feedback/é.é/relevant",
        f"/feedback/undo/{token}",
        "/feedback/undo/" + "A" * 20_000,
    ):
        assert client.get(forged).status in (400, 404, 405), forged
        assert client.request("POST", forged).status in (400, 404, 405), forged
    assert client.source.verdicts == []


def test_a_merged_story_takes_the_answer(client: Client) -> None:
    path = links(client, "s2")["relevant"]
    del client.source.held["s2"]
    client.source.redirects["s2"] = "s1"
    assert client.request("POST", path).status == 200
    assert client.source.verdicts[0].story == "s1"
    client.source.redirects["s2"] = "nowhere"
    assert client.request("POST", path).status == 404


def test_a_large_form_is_refused(client: Client) -> None:
    path = links(client)["wrong_story"]
    assert client.request("POST", path, b"entry=x&" * 20_000).status == 413
    assert client.request("POST", path, b"entry=\xff\xfe").status == 400


def test_links_survive_a_restart_and_a_new_address(serve: Callable[..., Client]) -> None:
    path = links(serve())["relevant"]
    assert serve(base_url="https://other.example").get(path, Host="x").status == 421
    moved = serve(base_url="https://other.example")
    moved.host = "other.example"
    assert moved.get(path).status == 200


def test_no_links_where_feedback_is_off(serve: Callable[..., Client]) -> None:
    from aggregator.config import OutputConfig

    client = serve((OutputConfig(slug="quiet", feedback=False),))
    assert "/feedback/" not in client.get("/feeds/quiet.json").text
