"""Which addresses are refused, however they are written and however they are reached."""

from __future__ import annotations

import ipaddress

import pytest

from aggregator.fetch.http import address_guard
from aggregator.fetch.http.address_guard import literal, why_refused

from .server import FeedConfig, Names, feed, fetcher, poll, poll_one, site

PRIVATE = """
127.0.0.1 127.8.8.8 0.0.0.0 0.1.2.3 10.0.0.1 10.255.255.255 172.16.0.1 172.31.9.9 192.168.1.1 169.254.1.1
100.64.0.1 100.127.255.254 192.0.0.1 192.0.0.8 192.0.0.255 192.0.2.1 198.18.0.1 198.51.100.7 203.0.113.9
::1 :: fe80::1 fc00::1 fd12:3456::1 fec0::1 2001:db8::1 100::1
::ffff:127.0.0.1 ::ffff:10.0.0.1 ::ffff:100.64.0.1 ::ffff:192.168.0.1
::127.0.0.1 ::10.0.0.1 ::ffff:0:127.0.0.1 ::ffff:0:10.0.0.1
64:ff9b::7f00:1 64:ff9b::a00:1 64:ff9b::c0a8:101 64:ff9b:1::a00:1
2002:7f00:1:: 2002:a00:1:: 2002:c0a8:101:: 2001:0:a00:1:0:0:f5ff:fffe
2a01:4f8::5efe:10.0.0.1 2a01:4f8::200:5efe:192.168.0.1
::2 ::1:0 ::8.8.8.8 ::ffff:0:8.8.8.8 100:0:0:1::7 3fff::1 3fff:fff:ffff::9 5f00::1 5f00:ffff::1 192.88.99.1 192.88.99.255
198.19.255.255 2001:2::1 2001:10::1 2001:20::1 2001:30::1 2001:1ff:ffff::1 fdff::1 feff::1
""".split()  # noqa: SIM905 - a table of addresses reads better

NEVER = """
169.254.169.254 169.254.170.2 100.100.100.200 168.63.129.16 192.0.0.192 fd00:ec2::254
::ffff:169.254.169.254 ::ffff:0:169.254.169.254 64:ff9b::a9fe:a9fe 2002:a9fe:a9fe::
169.254.42.42 fd00:42::42 fd20:ce::254 ::ffff:169.254.42.42
4000::1 6000::1 8000::1 a000::1 e000::1 fe00::1 200::1 1000::1 1fff:ffff::1 100:0:0:2::1 64:ff9b:2::1 ::1:0:0:0:1
224.0.0.1 239.1.1.1 ff02::1 240.0.0.1 255.255.255.255 not-an-address
""".split()  # noqa: SIM905 - a table of addresses reads better

PUBLIC = """
1.1.1.1 8.8.8.8 93.184.216.34 172.32.0.1 172.15.255.255 100.63.255.255 100.128.0.1 11.0.0.1 192.169.0.1
2000::1 2001:200::1 2001:4860:4860::8888 2620:fe::fe 3ffe:ffff::1 3fff:1000::1 192.88.98.255 192.88.100.0
2606:4700::1111 2a00:1450:4001::1 64:ff9b::808:808 2002:808:808:: ::ffff:8.8.8.8
""".split()  # noqa: SIM905 - a table of addresses reads better


@pytest.mark.parametrize("address", PRIVATE)
def test_private_space_is_refused_unless_allowed(address: str) -> None:
    assert why_refused(address)
    assert why_refused(address, allow_private=True) is None


@pytest.mark.parametrize("address", NEVER)
def test_metadata_multicast_and_reserved_are_always_refused(address: str) -> None:
    assert why_refused(address)
    assert why_refused(address, allow_private=True)


# IANA IPv4 and IPv6 Special-Purpose Address Registries (RFC 6890), the lines not "globally reachable".
REGISTERED = """
0.0.0.0/8 0.0.0.0/32 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 192.0.0.0/29
192.0.0.8/32 192.0.0.170/32 192.0.0.171/32 192.0.2.0/24 192.88.99.0/24 192.168.0.0/16 198.18.0.0/15 198.51.100.0/24
203.0.113.0/24 240.0.0.0/4 255.255.255.255/32
::1/128 ::/128 64:ff9b:1::/48 100::/64 100:0:0:1::/64 2001::/23 2001::/32 2001:2::/48 2001:10::/28 2001:db8::/32
3fff::/20 5f00::/16 fc00::/7 fe80::/10
""".split()  # noqa: SIM905 - a table of networks reads better


@pytest.mark.parametrize("network", REGISTERED)
def test_no_special_purpose_network_is_let_through(network: str) -> None:
    block = ipaddress.ip_network(network)
    for address in (block[0], block[-1], block[block.num_addresses // 2]):
        assert why_refused(str(address)), address


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_are_allowed(address: str) -> None:
    assert why_refused(address) is None


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("127.0.0.1", "127.0.0.1"),
        ("127.1", "127.0.0.1"),
        ("0x7f000001", "127.0.0.1"),
        ("0x7f.1", "127.0.0.1"),
        ("2130706433", "127.0.0.1"),
        ("017700000001", "127.0.0.1"),
        ("0", "0.0.0.0"),
        ("[::1]", "::1"),
        ("fe80::1%eth0", "fe80::1"),
        ("127.0.0.1.", "127.0.0.1"),
        ("example.org", None),
        ("1and1.com", None),
        ("0xdead.beef.example", None),
        ("", None),
    ],
)
def test_a_literal_is_read_in_every_notation(host: str, address: str | None) -> None:
    assert literal(host) == address


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "inside.test",
        "localhost",
    ],
)
async def test_no_spelling_of_loopback_is_connected_to(host: str) -> None:
    async with site() as server, fetcher(names=Names({"localhost": "127.0.0.1"})) as made:
        server.answer("/feed")
        (got,) = await poll(made, feed(server.url("/feed", host)))
        assert got.error is not None
        assert (got.error.code, got.error.refused) == ("address", True)
        assert "allow_private" in got.error.message
        assert server.seen == []


async def test_allow_private_is_a_matter_of_each_feed() -> None:
    async with site() as server:
        server.answer("/feed")
        url, other = server.url("/feed"), server.url("/feed?other")
        async with fetcher(url) as made:
            # The first leaves an open connection behind, which must not serve the second.
            for _ in range(2):
                good, bad = (await poll(made, feed(url, 1)))[0], (await poll(made, feed(other, 2)))[0]
                assert good.body is not None
                assert bad.error is not None
                assert bad.error.code == "address"
        assert server.paths() == ["/feed", "/feed"]


async def test_http_allow_private_opens_all_feeds_but_not_the_metadata_service() -> None:
    async with site() as server, fetcher(http={"allow_private": True}) as made:
        server.answer("/feed")
        good, bad = await poll(
            made, feed(server.url("/feed"), 1), feed("http://169.254.169.254/latest/meta-data/", 2)
        )
        assert good.body is not None
        assert bad.error is not None
        assert bad.error.code == "address"


@pytest.fixture
def public_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let 127.0.0.1 play the public internet; every other address is judged as ever."""
    judge = address_guard.why_refused

    def judged(address: str, *, allow_private: bool = False) -> str | None:
        return None if address == "127.0.0.1" else judge(address, allow_private=allow_private)

    monkeypatch.setattr(address_guard, "why_refused", judged)
    monkeypatch.setattr("aggregator.fetch.http.exchange.why_refused", judged)


@pytest.mark.usefixtures("public_loopback")
@pytest.mark.parametrize("target", ["http://127.0.0.2:{port}/x", "http://rebound.test:{port}/x", "http://[::1]:{port}/x",
                                    "http://169.254.169.254/x", "//127.2:{port}/x", "http://0x7f000002:{port}/x"])  # fmt: skip
async def test_a_redirect_into_private_space_is_refused(target: str) -> None:
    names = Names({"rebound.test": "127.0.0.2"})
    async with site() as server, fetcher(names=names) as made:
        server.redirect("/feed", target.format(port=server.port), 302)
        (got,) = await poll(made, feed(server.url("/feed")))
        assert got.error is not None
        assert got.error.code == "address"
        assert server.paths() == ["/feed"]


@pytest.mark.usefixtures("public_loopback")
async def test_a_name_that_changes_its_address_is_caught_when_it_does() -> None:
    names = Names({"rebinder.test": ["127.0.0.1", "10.0.0.1"]})
    async with site() as server:
        server.answer("/feed")
        url = server.url("/feed", "rebinder.test")
        for outcome in (None, "address"):  # a fetcher each: nothing is cached from one to the next
            config = FeedConfig(url=url)
            async with fetcher(config, names=names) as made:
                (got,) = await poll(made, feed(url))
                assert (got.error and got.error.code) == outcome
        assert len(server.seen) == 1


async def test_a_proxy_does_not_open_private_space() -> None:
    async with site() as proxy:
        proxy.answer("/feed")
        options = {"http": {"proxy": f"http://127.0.0.1:{proxy.port}"}}
        async with fetcher(**options) as made:
            for url in (
                "http://127.0.0.1/feed",
                "http://localhost/feed",
                "http://x.internal/",
                "http://2130706433/",
            ):
                (got,) = await poll(made, feed(url))
                assert got.error is not None
                assert got.error.code == "address", url
            assert proxy.seen == []
            (got,) = await poll(made, feed("http://far.example/feed"))
            assert got.body is not None


async def test_the_reason_names_the_kind_of_address() -> None:
    got = await poll_one("http://169.254.169.254/")
    assert got.error is not None
    assert "metadata" in got.error.message
    assert "allow_private" not in got.error.message  # it would not help
