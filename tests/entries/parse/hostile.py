"""Documents built to break a parser: name, bytes, and what must come of them."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field

from aggregator.core.types import Entry

from .documents import atom, item, rss

MIB = 1024**2


@dataclass(frozen=True)
class Case:
    """One hostile document. `code` is the PollError's, "" where a feed must come out."""

    name: str
    build: Callable[[], bytes | str]
    code: str = ""
    count: int | None = None
    """Entries that must come out; None: any number."""
    check: Callable[[tuple[Entry, ...]], bool] = lambda entries: True
    problem: str = ""
    """Part of a problem that must be told."""
    headers: dict[str, str] = field(default_factory=dict)


def _bomb(levels: int = 9) -> str:
    lines = ['<!ENTITY e0 "boom">']
    lines += [f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, levels + 1)]
    return rss(
        f"<title>A &e{levels}; title</title><link>https://x.example/1</link>",
        declaration=f"<!DOCTYPE rss [{''.join(lines)}]>",
    )


def _external(system: str) -> str:
    return rss(
        "<title>Hello &secret; there</title><link>https://x.example/1</link>",
        declaration=f'<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY secret SYSTEM "{system}">]>',
    )


def _title_is(title: str) -> Callable[[tuple[Entry, ...]], bool]:
    return lambda entries: entries[0].title == title


def _content(html: str) -> str:
    return rss(
        item(text="s"),
        item("t", "https://x.example/2") + f"<content:encoded><![CDATA[{html}]]></content:encoded>",
    )


def _harmless(entries: tuple[Entry, ...]) -> bool:
    """No way to run anything in what is shown as HTML."""
    shown = "".join(entry.content.lower() for entry in entries)
    markup = [part.split(">")[0] for part in shown.split("<")[1:]]
    return not any(
        tag.startswith(
            ("script", "style", "iframe", "svg", "math", "object", "embed", "form", "base", "meta", "link")
        )
        or " on" in tag.split('"')[0]
        or "javascript:" in tag
        or "data:" in tag
        for tag in markup
    )


def _no_link(entries: tuple[Entry, ...]) -> bool:
    return all(not entry.url for entry in entries)


def _inherited(name: str, value: str) -> str:
    entries = "".join(
        f"<entry><title>t{n}</title><id>{n}</id><link href='{n}'/></entry>" for n in range(4000)
    )
    return f"<feed xmlns='http://www.w3.org/2005/Atom' {name}='{value}'><title>T</title>{entries}</feed>"


_LAUNDERED = (
    '<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=alert(1)&gt;">'
)

CASES = (
    # --- entities and external references
    Case("entity bomb", _bomb, count=1, check=lambda e: "boomboom" not in e[0].title),
    Case(
        "quadratic entity",
        lambda: rss(
            item("x") + "&a;" * 100_000, declaration=f'<!DOCTYPE rss [<!ENTITY a "{"y" * 50_000}">]>'
        ),
        count=1,
    ),
    Case(
        "external entity file",
        lambda: _external("file:///etc/passwd"),
        count=1,
        check=lambda e: "root:" not in e[0].title,
    ),
    Case("external entity http", lambda: _external("http://127.0.0.1:1/secret"), count=1),
    Case(
        "parameter entity",
        lambda: rss(
            item(), declaration='<!DOCTYPE rss [<!ENTITY % d SYSTEM "http://127.0.0.1:1/d.dtd"> %d;]>'
        ),
        count=1,
    ),
    Case(
        "external document type",
        lambda: rss(item(), declaration='<!DOCTYPE rss SYSTEM "file:///dev/zero">'),
        count=1,
    ),
    Case(
        "entity that names itself",
        lambda: rss(item("a") + "<category>&a;</category>", declaration='<!DOCTYPE rss [<!ENTITY a "&a;">]>'),
        count=1,
    ),
    Case(
        "document type without end",
        lambda: "<!DOCTYPE rss [" + "<!ENTITY a 'b'>" * 100_000,
        code="not-a-feed",
    ),
    Case(
        "inclusion",
        lambda: rss(
            item("a") + '<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="file:///etc/passwd"/>'
        ),
        count=1,
    ),
    Case(
        "stylesheet instruction",
        lambda: '<?xml version="1.0"?><?xml-stylesheet href="file:///etc/passwd"?>' + rss(item()),
        count=1,
    ),
    Case("feed that is a file name", lambda: b"/etc/passwd", code="not-a-feed"),
    Case("feed that is a URL", lambda: b"http://127.0.0.1:1/feed", code="not-a-feed"),
    # --- size and depth
    Case("deep nesting", lambda: "<rss><channel>" + "<a>" * 200_000, code="too-deep"),
    Case("deep nesting, closed", lambda: rss("<b>" * 5_000 + "x" + "</b>" * 5_000), code="too-deep"),
    Case(
        "deep HTML",
        lambda: _content("<div>" * 50_000 + "deep"),
        count=2,
        check=lambda e: "deep" in e[1].text + e[1].summary,
    ),
    Case(
        "formatting never closed", lambda: _content("".join(f"<b id={n}><p>" for n in range(20_000))), count=2
    ),
    Case("nesting hidden by end tags of nothing", lambda: _content("<div></x>" * 40_000), count=2),
    Case("nesting hidden in quotes", lambda: _content("<div a='<'>" * 36_000), count=2),
    Case("a tag that never ends", lambda: _content("<b></b>" * 150 + "<" + "a" * 390_000), count=2),
    Case(
        "titles full of equals signs",
        lambda: rss(*(f"<title>&lt;a {'=' * 9900}</title><guid>{n}</guid>" for n in range(900))),
        count=900,
    ),
    Case(
        "authors of one long word",
        lambda: rss(*(item(f"t{n}", guid=str(n), author="a" * 3990) for n in range(2400))),
        count=2400,
        problem="overlong",
    ),
    Case(
        "creators of one long word",
        lambda: rss(
            *(item(f"t{n}", guid=str(n)) + f"<dc:creator>{'a.' * 1990}</dc:creator>" for n in range(2400))
        ),
        count=2400,
        problem="overlong",
    ),
    Case(
        "a crowd of authors",
        lambda: atom(
            "<title>t</title><id>1</id>"
            + "".join(f"<author><name>n{n}</name></author>" for n in range(100_000))
        ),
        count=1,
        check=lambda e: e[0].author.startswith("n0"),
    ),
    Case(
        "a huge xml:base",
        lambda: _inherited("xml:base", "http://x.example/" + "a/" * 2 * MIB),
        code="too-deep",
    ),
    Case(
        "a huge base without its prefix",
        lambda: _inherited("BASE", "http://x.example/" + "a/" * 2 * MIB),
        code="too-deep",
    ),
    Case("a huge xml:lang", lambda: _inherited("xml:lang", "a-" * 2 * MIB), code="too-deep"),
    Case(
        "a huge link of the site",
        lambda: rss(
            *(item(f"t{n}", str(n), str(n)) for n in range(4000)),
            channel=f"<link>https://x.example/{'a' * 5 * MIB}</link>",
        ),
        count=4000,
    ),
    Case(
        "hosts that are no hosts",
        lambda: rss(*(item(f"t{n}", f"http://{'ü' * 2000}{n}.example/", str(n)) for n in range(2000))),
        count=2000,
        check=_no_link,
    ),
    Case(
        "hundred thousand items",
        lambda: rss(*(item(f"t{n}", f"https://x.example/{n}") for n in range(100_000))),
        count=5000,
        problem="only the first 5000",
    ),
    Case(
        "hundred thousand entries of Atom",
        lambda: atom(*(f"<title>t{n}</title><id>{n}</id>" for n in range(100_000))),
        count=5000,
        problem="only the first 5000",
    ),
    Case(
        "hundred thousand items of JSON",
        lambda: json.dumps(
            {
                "version": "https://jsonfeed.org/version/1.1",
                "items": [{"id": n, "title": f"t{n}"} for n in range(100_000)],
            }
        ),
        count=5000,
        problem="only the first 5000",
    ),
    Case(
        "two million elements in one item",
        lambda: rss(item(), "<a/>" * 2_000_000),
        count=1,
        problem="only the first",
    ),
    Case(
        "many elements after good items",
        lambda: rss(
            *(item(f"t{n}", f"https://x.example/{n}") for n in range(10)),
            "<title>u</title>" + "<a/>" * 500_000,
        ),
        count=10,
        problem="only the first",
    ),
    Case("huge title", lambda: rss(item("word " * MIB)), count=1, check=lambda e: len(e[0].title) <= 500),
    Case(
        "huge summary",
        lambda: rss(item(text="word & more " * (700_000))),
        count=1,
        check=lambda e: len(e[0].summary) <= 4000,
    ),
    Case(
        "huge content",
        lambda: _content("<p>word</p>" * 800_000),
        count=2,
        check=lambda e: len(e[1].content) <= 600_000,
    ),
    Case(
        "huge attribute",
        lambda: rss(item() + f'<enclosure url="https://x.example/{"a" * 5 * MIB}"/>'),
        count=1,
        check=lambda e: not e[0].enclosures,
    ),
    Case(
        "huge author", lambda: rss(item() + f"<author>{'a' * 5 * MIB}</author>"), count=1, problem="overlong"
    ),
    Case(
        "huge date",
        lambda: rss(item() + f"<pubDate>{'1' * 5 * MIB}</pubDate>"),
        count=1,
        check=lambda e: e[0].published is None,
    ),
    Case(
        "huge guid",
        lambda: rss(item() + f"<guid>{'g' * 5 * MIB}</guid>"),
        count=1,
        check=lambda e: len(e[0].guid) <= 2000,
    ),
    Case("huge link", lambda: rss(item(link="https://x.example/" + "a" * 5 * MIB)), count=1, check=_no_link),
    Case(
        "many attributes",
        lambda: rss(item() + "<x " + " ".join(f'a{n}="1"' for n in range(200_000)) + "/>"),
        code="too-deep",
    ),
    Case(
        "many namespaces",
        lambda: (
            "<rss "
            + " ".join(f'xmlns:n{n}="urn:{n}"' for n in range(20_000))
            + f"><channel><item>{item()}</item></channel></rss>"
        ),
        code="too-deep",
    ),
    Case(
        "many categories",
        lambda: rss(item() + "".join(f"<category>c{n}</category>" for n in range(50_000))),
        count=1,
        check=lambda e: len(e[0].categories) <= 50,
    ),
    Case(
        "many enclosures",
        lambda: rss(item() + "".join(f'<enclosure url="https://x.example/{n}"/>' for n in range(50_000))),
        count=1,
        check=lambda e: len(e[0].enclosures) <= 50,
    ),
    Case("piled combining marks", lambda: rss(item("a" + "\u0301\u0323" * 500_000)), count=1),
    # --- broken markup
    Case("only angle brackets", lambda: "<" * 3 * MIB, code="not-a-feed"),
    Case(
        "angle brackets inside", lambda: "<rss><channel><item><title>" + "<" * MIB, count=0, problem="cut off"
    ),
    Case("ampersands", lambda: "<rss><channel><item><title>" + "&" * MIB, count=0, problem="cut off"),
    Case("ten million ampersands", lambda: "<rss><channel><item><title>" + "&" * 10 * MIB, code="too-deep"),
    Case(
        "unclosed comments",
        lambda: "<rss><channel><item><title>t</title>" + "<!--" * 500_000,
        count=0,
        problem="cut off",
    ),
    Case(
        "unclosed CDATA",
        lambda: "<rss><channel><item><title>t</title><description>" + "<![CDATA[" * 300_000,
        count=0,
        problem="cut off",
    ),
    Case(
        "unclosed quotes",
        lambda: "<rss><channel><item><title>t</title>" + "<a b='" * 300_000,
        count=0,
        problem="cut off",
    ),
    Case("closing tags only", lambda: "<rss><channel>" + "</a>" * 1_000_000, count=0),
    Case("newlines before everything", lambda: "\n" * 5 * MIB + rss(item()), count=1),
    Case("comments before everything", lambda: "<!-- x -->" * 300_000 + rss(item()), count=1),
    Case(
        "stray text before",
        lambda: "Warning: cannot modify header in /srv/x.php on line 3<br />\n" + rss(item()),
        count=1,
        problem="other text",
    ),
    Case("cut off in a tag", lambda: rss(item("whole"), item("half"))[:-40], count=1, problem="cut off"),
    Case(
        "two documents",
        lambda: rss(item("one")) + rss(item("two", "https://x.example/2")),
        problem="well-formed",
    ),
    Case(
        "undeclared prefixes",
        lambda: (
            "<rss><channel><item><title>t</title><media:thumbnail url='https://x.example/i.jpg'/><zz:y>1</zz:y></item></channel></rss>"
        ),
        count=1,
        check=lambda e: e[0].image == "https://x.example/i.jpg",
    ),
    Case(
        "crossed tags",
        lambda: (
            "<rss><channel><item><title>a <b>b</title></b><link>https://x.example/1</link></item><item><title>c</title></item></channel></rss>"
        ),
        count=2,
    ),
    Case(
        "upper case everywhere",
        lambda: "<RSS VERSION='2.0'><CHANNEL><ITEM><TITLE>Loud</TITLE></ITEM></CHANNEL></RSS>",
        count=1,
        check=_title_is("Loud"),
    ),
    # --- characters
    Case(
        "null bytes",
        lambda: rss(item("null\0bytes")).replace("News", "Ne\0ws"),
        count=1,
        check=_title_is("nullbytes"),
    ),
    Case("only null bytes", lambda: b"\0" * MIB, code="empty"),
    Case("only spaces", lambda: b" " * 10 * MIB, code="empty"),
    Case("random bytes", lambda: bytes((n * n * 31 + n * 7) % 251 for n in range(MIB)), code="not-a-feed"),
    Case(
        "compressed body not unpacked",
        lambda: b"\x1f\x8b\x08\0\0\0\0\0\0\x03" + b"\xcbH\xcd\xc9" * 1000,
        code="not-a-feed",
    ),
    Case(
        "wrong charset in the header",
        lambda: rss(item("대통령실 긴급 회의 소집")),
        count=1,
        check=_title_is("대통령실 긴급 회의 소집"),
        headers={"content-type": "text/xml; charset=euc-kr"},
    ),
    Case(
        "charset that is no charset",
        lambda: rss(item("é")),
        count=1,
        check=_title_is("é"),
        headers={"content-type": "text/xml; charset=bz2_codec"},
    ),
    Case(
        "charset that runs escapes",
        lambda: rss(item("\\u003cb\\u003e")),
        count=1,
        headers={"content-type": "text/xml; charset=unicode_escape"},
    ),
    Case(
        "UTF-16 without a mark",
        lambda: rss(item("wide"), declaration='<?xml version="1.0"?>').encode("utf-16-le"),
        count=1,
        check=_title_is("wide"),
    ),
    Case("UTF-32", lambda: rss(item("wider")).encode("utf-32"), count=1, check=_title_is("wider")),
    Case("half a UTF-16 document", lambda: rss(item("odd")).encode("utf-16")[:-1]),
    Case(
        "invalid UTF-8 in places",
        lambda: rss(item("caf\u00e9 ok")).encode().replace(b"</channel>", b"<x>\xff\xfe</x></channel>"),
        count=1,
    ),
    Case(
        "bidirectional override",
        lambda: rss(item("safe \u202egpj.exe\u202c \u2066x\u2069")),
        count=1,
        check=_title_is("safe gpj.exe x"),
    ),
    Case(
        "lone surrogates in JSON",
        lambda: (
            '{"version":"https://jsonfeed.org/version/1","items":[{"id":"\\ud800","title":"a\\udfffb","url":"https://x.example/\\ud800"}]}'
        ),
        count=1,
        check=_title_is("ab"),
    ),
    Case(
        "surrogate references", lambda: rss("<title>a&#xD800;b&#0;&#x110000;&#99999999999;</title>"), count=1
    ),
    Case(
        "escape characters",
        lambda: rss(item("red \x1b[31mtext\x07")),
        count=1,
        check=_title_is("red [31mtext"),
    ),
    # --- JSON
    Case("deep JSON", lambda: '{"items":' + "[" * 500_000, code="not-a-feed"),
    Case(
        "JSON with a huge number",
        lambda: '{"version":"https://jsonfeed.org/version/1","items":[{"id":' + "9" * 100_000 + "}]}",
        code="not-a-feed",
    ),
    Case(
        "JSON of wrong types",
        lambda: (
            '{"version":1,"title":[],"items":[1,null,[],{"id":{},"title":7,"tags":"x","authors":{"a":1},"attachments":[null,{"url":5,"size_in_bytes":1e400}],"date_published":[1]}]}'
        ),
    ),
    Case("JSON that is no feed", lambda: '{"error":"rate limited"}', code="not-a-feed"),
    # --- pages and links
    Case(
        "HTML page",
        lambda: "<!doctype html><html><head><title>Blocked</title></head><body>No</body></html>",
        code="html",
    ),
    Case("list of feeds", lambda: "<opml version='2.0'><body/></opml>", code="not-a-feed"),
    Case(
        "sitemap", lambda: "<urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'/>", code="not-a-feed"
    ),
    Case(
        "script links",
        lambda: rss(
            item(link="javascript:alert(1)"),
            item("b", "data:text/html,x"),
            item("c", "file:///etc/passwd"),
            item("d", " JaVa\nScript:alert(1)"),
        ),
        count=4,
        check=_no_link,
    ),
    Case(
        "base that is a script",
        lambda: (
            '<feed xmlns="http://www.w3.org/2005/Atom" xml:base="javascript:alert(1)//"><entry><title>t</title><link href="x"/><content type="html">&lt;a href="y"&gt;z&lt;/a&gt;</content></entry></feed>'
        ),
        count=1,
        check=_harmless,
    ),
    Case(
        "script in content",
        lambda: _content(
            "<script>alert(1)</script><img src=x onerror=alert(1)><a href=' javascript:alert(1)'>a</a><svg onload=alert(1)><iframe src=//x></iframe>"
        ),
        count=2,
        check=_harmless,
    ),
    Case("laundered markup", lambda: _content(_LAUNDERED), count=2, check=_harmless),
    Case(
        "style and form",
        lambda: _content(
            "<style>*{display:none}</style><form action=//x><input></form><base href=//x><meta http-equiv=refresh content=0>"
        ),
        count=2,
        check=_harmless,
    ),
    Case(
        "script in title",
        lambda: rss(item("<script>alert(1)</script>News &lt;img src=x onerror=alert(1)&gt;")),
        count=1,
        check=lambda e: "alert" not in e[0].title,
    ),
)
