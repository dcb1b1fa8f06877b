"""The subscriber notices what an output must not do; a tool of measurement is tested as well."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import blake2b

import pytest
from aiohttp import web

from .subscriber import Subscriber
from .world import Loop, free_port


def entry(id_: str, minute: int, title: str = "", *, link: str = "", published: int = 0) -> str:
    return (
        f"<entry><id>{id_}</id><title>{title or id_}</title>"
        f'<link rel="alternate" href="{link or "https://a.example/" + id_}"/>'
        f"<published>2026-11-23T04:{published:02d}:00Z</published>"
        f"<updated>2026-11-23T04:{minute:02d}:00.5Z</updated><content>c</content></entry>"
    )


def feed(*entries: str, next_: str = "", deleted: str = "", id_: str = "urn:f") -> bytes:
    older = f'<link rel="next" href="{next_}"/>' if next_ else ""
    stone = (
        f'<at:deleted-entry xmlns:at="http://purl.org/atompub/tombstones/1.0" ref="{deleted}" '
        'when="2026-11-23T05:00:00Z"/>'
    )
    return (
        f'<feed xmlns="http://www.w3.org/2005/Atom"><id>{id_}</id>{older}{stone if deleted else ""}'
        f"{''.join(entries)}</feed>"
    ).encode()


@dataclass
class Output:
    """Serves what it is told to, with validators that can be made to lie."""

    pages: dict[str, bytes] = field(default_factory=dict)
    etag: str = ""
    """Sent whatever the bytes are; empty: a hash of them."""
    conditional: bool = True
    status: int = 200
    cut: bool = False
    """Hang up in the middle of the body."""
    url: str = ""

    async def answer(self, request: web.Request) -> web.StreamResponse:
        body = self.pages.get(request.path, b"")
        etag = self.etag or f'"{blake2b(body).hexdigest()[:9]}"'
        if self.conditional and request.headers.get("If-None-Match") == etag:
            return web.Response(status=304)
        response = web.StreamResponse(status=self.status, headers={"ETag": etag})
        response.content_length = len(body)
        await response.prepare(request)
        await response.write(body[: len(body) // 2] if self.cut else body)
        if self.cut and request.transport is not None:
            request.transport.abort()
        return response


@contextmanager
def serving(output: Output) -> Iterator[Subscriber]:
    loop = Loop()

    async def start() -> web.AppRunner:
        application = web.Application()
        application.router.add_get("/{path:.*}", output.answer)
        runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        output.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        return runner

    runner = loop.run(start())
    try:
        yield Subscriber(output.url + "/a")
    finally:
        loop.run(runner.cleanup())
        loop.close()


def test_it_tells_new_from_updated_and_asks_conditionally() -> None:
    output = Output({"/a": feed(entry("x", 1), entry("y", 2))})
    with serving(output) as reader:
        assert reader.poll().new == ("x", "y")
        assert reader.poll().status == 304
        output.pages["/a"] = feed(entry("z", 4), entry("x", 3, "better title"), entry("y", 2))
        polled = reader.poll()
    assert (polled.new, polled.updated) == (("z",), ("x",))
    assert reader.updates == {"x": 1}
    assert reader.missed(["x", "y", "z", "w"]) == {"w"}
    assert reader.twice() == {}
    assert reader.faults == []


@pytest.mark.parametrize(
    ("second", "fault"),
    [
        (feed(entry("x", 0)), "x: updated went back"),
        (feed(entry("x", 1, published=9)), "x: published moved"),
        (feed(entry("x", 1), entry("x", 1)), "x stands 2 times in one document"),
        (feed(entry("x", 1), deleted="x"), "x is withdrawn and there in one document"),
        (feed(entry("x", 1), id_="urn:other"), "the feed's id changed"),
        (b"<feed>", "is not well-formed"),
    ],
)
def test_it_notices_what_an_output_must_not_do(second: bytes, fault: str) -> None:
    output = Output({"/a": feed(entry("x", 1))})
    with serving(output) as reader:
        reader.poll()
        assert reader.faults == []
        output.pages["/a"] = second
        reader.poll()
    assert len(reader.faults) == 1
    assert fault in reader.faults[0]


def test_a_title_that_changes_without_an_update_is_counted_apart() -> None:
    output = Output({"/a": feed(entry("x", 1))})
    with serving(output) as reader:
        reader.poll()
        output.pages["/a"] = feed(entry("x", 1, "silent"))
        assert reader.poll().updated == ()
    assert (reader.retitled, reader.updates, reader.faults) == ({"x": 1}, {}, [])
    assert reader.items["x"].title == "silent"


def test_it_notices_validators_that_lie() -> None:
    output = Output({"/a": feed(entry("x", 1))}, conditional=False)
    with serving(output) as reader:
        reader.poll()
        reader.poll()
        assert reader.faults == ["sent a document again that had not changed"]
    output = Output({"/a": feed(entry("x", 1))}, etag='"same"', conditional=False)
    with serving(output) as reader:
        reader.poll()
        output.pages["/a"] = feed(entry("y", 1))
        reader.poll()
        assert reader.faults == ['changed the document but not its ETag "same"']


def test_it_follows_pages_when_it_was_away_for_long() -> None:
    output = Output({"/a": feed(entry("n1", 1))})
    with serving(output) as reader:
        reader.poll()
        output.pages = {
            "/a": feed(entry("n9", 9), entry("n8", 8), next_="/b"),
            "/b": feed(entry("n7", 7), entry("n6", 6), next_=output.url + "/c"),
            "/c": feed(entry("n5", 5), entry("n1", 1), next_="/d"),
            "/d": feed(entry("n0", 0)),
        }
        polled = reader.poll()
    assert polled.new == ("n9", "n8", "n7", "n6", "n5")
    assert polled.pages == 3
    assert reader.faults == []


def test_a_page_that_fails_on_the_way_is_read_again_with_all_the_rest() -> None:
    output = Output({"/a": feed(entry("n1", 1))})
    with serving(output) as reader:
        reader.poll()
        output.pages = {"/a": feed(entry("n9", 9), next_="/b"), "/b": b"<"}
        assert reader.poll().new == ()
        output.pages["/b"] = feed(entry("n5", 5), entry("n1", 1))
        assert reader.poll().new == ("n9", "n5")
        assert reader.faults == ["is not well-formed: " + reader.faults[0].partition(": ")[2]]


def test_a_server_that_is_away_or_cut_off_is_no_fault() -> None:
    output = Output({"/a": feed(entry("x", 1))}, cut=True)
    with serving(output) as reader:
        assert reader.poll().status == 0
        output.cut = False
        assert reader.poll().new == ("x",)
        output.status = 503
        output.pages["/a"] = feed(entry("y", 1))
        assert reader.poll().status == 503
    assert Subscriber(f"http://127.0.0.1:{free_port()}/a").poll().status == 0
    assert reader.faults == []


def test_withdrawals_and_stories_told_twice() -> None:
    output = Output({"/a": feed(entry("x", 1), entry("y", 1, link="https://a.example/x"))})
    with serving(output) as reader:
        reader.poll()
        assert reader.twice() == {"https://a.example/x": {"x", "y"}}
        output.pages["/a"] = feed(entry("x", 1), deleted="y")
        assert reader.poll().withdrawn == ("y",)
        output.pages["/a"] = feed(entry("x", 2), deleted="y")
        assert reader.poll().withdrawn == ()
    assert reader.missed(["x", "y", "z"]) == {"z"}
    assert reader.faults == []
