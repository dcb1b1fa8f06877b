"""Who may read what."""

from __future__ import annotations

import base64
from collections.abc import Callable

import pytest

from aggregator.config import OutputConfig, WebConfig
from aggregator.web import check_exposure, check_tokens

from .conftest import TOKEN, Client

Serve = Callable[..., Client]


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "127.8.9.1"])
def test_loopback_needs_nothing(host: str) -> None:
    assert check_exposure(WebConfig(host=host), {}) == []


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "news.example.org", ""])
def test_beyond_loopback_a_credential_is_needed(host: str) -> None:
    (mistake,) = check_exposure(WebConfig(host=host), {})
    assert mistake.startswith("web.host: ")
    assert "web.password_env" in mistake
    locked = WebConfig(host=host, password_env="PW")
    assert "neither a credential nor an environment variable 'PW'" in check_exposure(locked, {})[0]
    assert "at least 12 characters" in check_exposure(locked, {"PW": "short"})[0]
    assert check_exposure(locked, {"PW": "long enough for this"}) == []
    assert check_exposure(WebConfig(host=host, enabled=False), {}) == []


def test_tokens_must_be_unguessable() -> None:
    outputs = [OutputConfig(slug="a"), OutputConfig(slug="b", private_env="T")]
    assert "neither a credential" in check_tokens(outputs, {})[0]
    assert "at least 20" in check_tokens(outputs, {"T": "guess"})[0]
    assert "letters, digits" in check_tokens(outputs, {"T": "slashes/are/not/good/in/it"})[0]
    assert check_tokens(outputs, {"T": TOKEN}) == []


def test_a_private_output_is_found_by_its_token_only(client: Client) -> None:
    open_ = client.get(f"/feeds/{TOKEN}/secret.atom")
    assert open_.status == 200
    assert open_.headers["cache-control"].startswith("private")
    assert f"https://news.example.org/feeds/{TOKEN}/secret.atom" in open_.text
    assert client.get(f"/feeds/{TOKEN}/secret.atom", If_None_Match=open_.headers["etag"]).status == 304
    for path in (
        "/feeds/secret.atom",
        "/feeds/wrong/secret.atom",
        f"/feeds/{TOKEN}/harbour.atom",
        f"/feeds/{TOKEN}x/secret.atom",
    ):
        assert client.get(path).status == 404
    for path in ("/", "/opml", "/output/secret"):
        page = client.get(path)
        assert TOKEN not in page.text
        assert "Hush" not in page.text


def test_basic_authentication_locks_everything_that_has_no_key_of_its_own(serve: Serve) -> None:
    client = serve(username="desk", password_env="PASSWORD")
    good = "Basic " + base64.b64encode(b"desk:correct horse battery").decode()
    bad = "Basic " + base64.b64encode(b"desk:wrong").decode()
    for path in (
        "/",
        "/feeds/harbour.atom",
        "/opml",
        "/story/s1",
        "/feeds",
        "/metrics",
        "/output/harbour",
        "/search?q=x",
    ):
        refused = client.get(path)
        assert (refused.status, "Basic" in refused.headers["www-authenticate"]) == (401, True), path
        assert client.get(path, Authorization=bad).status == 401, path
        assert client.get(path, Authorization=good).status in (200, 404), path
    # What is in memory by now stays locked.
    assert (
        client.get("/feeds/harbour.atom", Authorization=good).headers["cache-control"].startswith("private")
    )
    assert client.get("/feeds/harbour.atom").status == 401
    assert client.get(f"/feeds/{TOKEN}/secret.atom").status == 200
    assert client.get("/health").status == 200
    assert client.get("/static/style.css").status == 200


def test_the_name_of_the_scheme_has_no_case(serve: Serve) -> None:
    client = serve(username="desk", password_env="PASSWORD")
    pair = base64.b64encode(b"desk:correct horse battery").decode()
    for good in (f"Basic {pair}", f"basic {pair}", f"BASIC {pair}", f"bAsIc   {pair} "):
        assert client.get("/opml", Authorization=good).status == 200, good
    for bad in (
        pair,
        f"Bearer {pair}",
        f"Basic{pair}",
        f"basic {pair.lower()}",
        f"basic {pair}x",
        "basic",
        "",
    ):
        assert client.get("/opml", Authorization=bad).status == 401, bad


def test_other_names_are_not_answered_without_a_credential(serve: Serve) -> None:
    client = serve()
    for host, status in (
        ("news.example.org", 200),
        ("NEWS.example.org:443", 200),
        ("127.0.0.1:8080", 200),
        ("localhost", 200),
        ("[::1]:8080", 200),
        ("evil.example", 421),
        ("127.0.0.1.evil.example", 421),
        ("", 421),
    ):
        client.host = host
        assert client.get("/feeds/harbour.atom").status == status, host


def test_the_rate_limit_spares_what_is_in_memory(serve: Serve) -> None:
    client = serve(rate_limit=5)
    etag = client.get("/feeds/harbour.atom").headers["etag"]
    assert [client.get("/feeds/harbour.atom").status for _ in range(20)] == [200] * 20
    assert client.get("/feeds/harbour.atom", If_None_Match=etag).status == 304
    assert [client.get(f"/feeds/harbour.atom?limit={n}").status for n in range(1, 6)] == [200] * 4 + [429]
    refused = client.get("/")
    assert refused.status == 429
    assert 1 <= int(refused.headers["retry-after"]) <= 12
    other = client.address
    client.address = "192.0.2.8"
    assert client.get("/").status == 200
    client.address = other
    client.clock.move(seconds=13)
    assert client.get("/").status == 200
    assert client.get("/").status == 429


def test_one_client_of_ipv6_is_a_network(serve: Serve) -> None:
    client = serve(rate_limit=3)
    statuses = []
    for n in range(4):
        client.address = f"2001:db8:1:2::{n:x}"
        statuses.append(client.get("/").status)
    assert statuses == [200, 200, 200, 429]


def test_behind_a_proxy_its_clients_are_told_apart(serve: Serve) -> None:
    client = serve(rate_limit=2)

    def ask(forwarded: str) -> int:
        return client.get("/", X_Forwarded_For=forwarded).status

    client.address = "127.0.0.1"
    assert [ask("198.51.100.1") for _ in range(3)] == [200, 200, 429]
    assert ask("198.51.100.2") == 200
    assert ask("198.51.100.9, 198.51.100.1") == 429, "the first address is the client's own claim"
    client.address = "203.0.113.5"
    assert [ask(f"198.51.100.{n}") for n in range(10, 13)] == [200, 200, 429], "nobody else is believed"


@pytest.mark.parametrize("strip", [True, False])
def test_behind_a_proxy_with_a_prefix(serve: Serve, strip: bool) -> None:
    client = serve(base_url="https://example.org/news")
    client.host = "example.org"
    before = "" if strip else "/news"
    page = client.get(f"{before}/").text
    assert 'href="/news/static/style.css' in page
    assert 'href="/news/feeds/harbour.atom"' in page
    assert "https://example.org/news/feeds/harbour.atom" in client.get(f"{before}/feeds/harbour.atom").text
