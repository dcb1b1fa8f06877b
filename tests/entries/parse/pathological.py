"""A hundred documents made to exhaust a reader, each of any size: name -> how it is built.

None is a variation of another's numbers: each aims at a different piece of work (a parser's stack, its attribute table,
a pattern, a guess, a cache, what is kept). `test_pathological.py` runs them, small in every test run and at full size
with `make exhaustive`.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from html import escape

Build = Callable[[int], bytes | str]
CASES: dict[str, Build] = {}
HEADERS: dict[str, dict[str, str]] = {}
"""HTTP headers of those that need some."""

_RSS = (
    '<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/"'
    ' xmlns:media="http://search.yahoo.com/mrss/" xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd"><channel>'
    "<title>T</title><link>https://x.example/</link>"
)
_NAMESPACES = " ".join(f"xmlns:n{n}='urn:{n}'" for n in range(190))
_ATOM = '<feed xmlns="http://www.w3.org/2005/Atom"><title>T</title>'


def fill(size: int, *units: str) -> str:
    """The units in turn, as often as they fit."""
    block = "".join(units)
    return block * max(1, size // len(block.encode()))


def numbered(size: int, unit: str) -> str:
    """`unit` with a running number for each `#`, as often as it fits."""
    parts, length, n = [], 0, 0
    while length < size:
        parts.append(unit.replace("#", str(n)))
        length += len(parts[-1].encode())
        n += 1
    return "".join(parts)


def rss(inside: str) -> str:
    return f"{_RSS}{inside}</channel></rss>"


def in_item(inside: str) -> str:
    return rss(f"<item><title>t</title><link>https://x.example/1</link>{inside}</item>")


def atom(inside: str) -> str:
    return f"{_ATOM}{inside}</feed>"


def html(size: int, *units: str, each: int = 390_000) -> str:
    """Items whose content is HTML of the units, `each` characters an item."""
    return rss(_items(size, lambda left: fill(left, *units), each))


def numbered_html(size: int, unit: str, each: int = 390_000) -> str:
    return rss(_items(size, lambda left: numbered(left, unit), each))


def _items(size: int, content: Callable[[int], str], each: int) -> str:
    parts, length, n = [], 0, 0
    while length < size:
        inside = content(min(each, size - length))
        parts.append(
            f"<item><title>t{n}</title><guid>{n}</guid><content:encoded><![CDATA[{inside}]]></content:encoded></item>"
        )
        length += len(inside.encode()) + 90
        n += 1
    return "".join(parts)


def named(name: str, **headers: str) -> Callable[[Build], Build]:
    """Register a builder."""

    def register(build: Build) -> Build:
        assert name not in CASES
        CASES[name] = build
        if headers:
            HEADERS[name] = {key.replace("_", "-"): value for key, value in headers.items()}
        return build

    return register


# --- nesting of XML ---

named("elements never closed")(lambda size: "<rss><channel><item>" + fill(size, "<a>"))
named("elements nested and closed")(lambda size: in_item(fill(size // 2, "<b>") + fill(size // 2, "</b>")))
named("elements nested just below the limit")(
    lambda size: in_item(fill(size, "<a>" * 230 + "x" + "</a>" * 230))
)
named("items inside items")(lambda size: rss(fill(size, "<item><title>t</title>")))
named("channels inside channels")(lambda size: fill(size, "<rss><channel>"))
named("sources inside entries")(
    lambda size: atom("<entry><id>1</id>" + fill(size, "<source><title>s</title></source>") + "</entry>")
)
named("end tags of nothing")(lambda size: rss("<item><title>t</title>" + fill(size, "</x>")))
named("end tags of what is far above")(
    lambda size: "<rss><channel><item>" + "<y>" + "<a>" * 200 + fill(size, "</z>", "</Y1>")
)
named("crossed tags")(lambda size: in_item(fill(size, "<a><b></a></b>")))
named("a new name for each element")(lambda size: in_item(numbered(size, "<e#/>")))
named("a new prefix for each element")(lambda size: in_item(numbered(size, "<p#:e/>")))
named("XHTML nested in many entries")(
    lambda size: atom(
        fill(
            size,
            "<entry><id>1</id><content type='xhtml'><div xmlns='http://www.w3.org/1999/xhtml'>"
            + "<b>" * 200
            + "x"
            + "</b>" * 200
            + "</div></content></entry>",
        )
    )
)

# --- nesting of HTML ---

named("divisions never closed")(lambda size: html(size, "<div>"))
named("divisions closed")(
    lambda size: rss(_items(size, lambda left: "<div>" * (left // 11) + "</div>" * (left // 11), 390_000))
)
named("formatting never closed")(lambda size: numbered_html(size, "<b id=#><p>"))
named("formatting opened again in each paragraph")(
    lambda size: rss(
        _items(
            size,
            lambda left: "<p>" + "".join(f"<b id={n}>" for n in range(95)) + "<p>x" * ((left - 1200) // 4),
            20_000,
        )
    )
)
named("long formatting opened again in each paragraph")(
    lambda size: rss(
        _items(size, lambda left: f"<p><b title='{'a' * 3000}'>" + "<p>" * ((left - 3100) // 3), 390_000)
    )
)
named("end tags inside comments that are none")(lambda size: numbered_html(size, "<font a=#><!</font>"))
named("end tags inside comments")(lambda size: numbered_html(size, "<i a=#><!-- > </i> -->"))
named("end tags inside quotes")(lambda size: numbered_html(size, "<b a=#><a b='</b>'></a>"))
named("end tags behind table cells")(lambda size: numbered_html(size, "<b a=#><table><td></b></table>"))
named("end tags inside choices")(lambda size: numbered_html(size, "<u a=#><select a='<'></u></select a='<'>"))
named("end tags inside scripts")(lambda size: numbered_html(size, "<em a=#><script></em></script>"))
named("end tags inside embedded drawings")(
    lambda size: numbered_html(size, "<s a=#><svg><desc></s></desc></svg>")
)
named("tables inside tables")(lambda size: html(size, "<table><tr><td>"))
named("lists inside lists")(lambda size: html(size, "<ul><li>"))
named("links inside links")(lambda size: numbered_html(size, "<a href=/#>"))
named("crossed formatting around blocks")(lambda size: numbered_html(size, "<b a=#><div><i></b></div></i>"))
named("headings, ruby and definitions never closed")(lambda size: html(size, "<h1><ruby><rt><dl><dt><dd>"))
named("nested HTML in five thousand small items")(
    lambda size: rss(
        _items(size, lambda left: "<p>" + "".join(f"<b id={n}>" for n in range(60)) + "<p>x" * 300, 1900)
    )
)
named("nested HTML in descriptions")(
    lambda size: rss(
        fill(size, f"<item><description>{escape('<b>' * 300 + '<p>' * 300)}</description></item>")
    )
)
named("nested HTML in titles")(
    lambda size: rss(fill(size, f"<item><title>{escape('<script>' + '<b>' * 1200)}</title></item>"))
)

# --- attributes ---

named("one element with all attributes")(lambda size: in_item("<x" + numbered(size, " a#='1'") + "/>"))
named("attributes without values")(lambda size: in_item("<x" + numbered(size, " a#") + "/>"))
named("the same attribute again and again")(lambda size: in_item("<x" + fill(size, " a='1'") + "/>"))
named("sixty attributes on each element")(
    lambda size: in_item(fill(size, "<x " + " ".join(f"a{n}=''" for n in range(59)) + "/>"))
)
named("one endless attribute")(lambda size: in_item(f"<x a='{'y' * size}'/>"))
named("one endless name")(lambda size: in_item("<" + "y" * size))
named("new namespaces deep inside")(
    lambda size: in_item("<a><b>" + numbered(size, "<c xmlns='urn:#'/>") + "</b></a>")
)
named("the same namespaces on each item")(
    lambda size: (
        "<rss><channel>" + fill(size, f"<item {_NAMESPACES}><title>t</title></item>") + "</channel></rss>"
    )
)
named("a base on each element")(
    lambda size: atom(fill(size, f"<entry xml:base='/{'a/' * 1900}'><id>1</id><link href='x'/></entry>"))
)
named("bases inside bases")(
    lambda size: atom(
        fill(
            size,
            "<entry><id>1</id><content type='xhtml'>"
            + "<div xml:base='aaaaaaaaaaaaaaaaaa/'>" * 100
            + "x"
            + "</div>" * 100
            + "</content></entry>",
        )
    )
)
named("HTML tags of many attributes")(
    lambda size: rss(_items(size, lambda left: "<p " + numbered(left, "a# ") + ">x</p>", 390_000))
)
named("HTML tags of attributes just below the limit")(
    lambda size: html(size, "<p " + " ".join(f"a{n}" for n in range(700)) + ">x</p>")
)
named("attributes between stray slashes")(lambda size: html(size, "<p ///a///=///b///>x</p>", each=300_000))
named("blanks inside a tag")(lambda size: in_item("<x" + fill(size, " \t\n") + "a='1'/>"))

# --- quotes ---

named("empty values")(
    lambda size: "<rss><channel><item><title>x</title><a " + fill(size, "''") + "></item></channel>"
)
named("values without names in turn")(
    lambda size: "<rss><channel><item><a " + fill(size, "''\"\"x") + "/></item>"
)
named("quotes never closed")(lambda size: "<rss><channel><item><title>t</title>" + fill(size, "<a b='"))
named("quotes that swallow tags")(lambda size: "<rss><channel><item>" + fill(size, "<a b=\"'><c d='\">"))
named("equals signs")(lambda size: in_item("<x " + fill(size, "=") + ">"))
named("quotes never closed in HTML")(lambda size: html(size, "<a href='", '<a href="'))
named("titles of unfinished tags")(
    lambda size: rss(fill(size, f"<item><title>&lt;a {'=' * 9900}</title></item>"))
)
named("angle brackets only")(lambda size: "<rss><channel><item><title>" + fill(size, "<"))
named("ampersands only")(lambda size: "<rss><channel><item><title>" + fill(size, "&"))

# --- links ---

named("an entry of links")(
    lambda size: atom("<entry><id>1</id><title>t</title>" + numbered(size, "<link href='/#'/>") + "</entry>")
)
named("a feed of links")(
    lambda size: atom(
        numbered(size, "<link rel='r#' href='/#'/>") + "<entry><id>1</id><title>t</title></entry>"
    )
)
named("an item of enclosures")(
    lambda size: in_item(numbered(size, "<enclosure url='https://x.example/#' length='#'/>"))
)
named("an item of pictures")(
    lambda size: in_item(numbered(size, "<media:content url='/#.jpg' width='#' height='9'/>"))
)
named("groups of pictures")(
    lambda size: in_item(fill(size, "<media:group><media:thumbnail url='/a'/></media:group>"))
)
named("hosts that no name can be")(
    lambda size: rss(
        numbered(size, f"<item><title>t</title><link>http://{'ü' * 900}#.example/</link></item>")
    )
)
named("endless parameters")(
    lambda size: rss(
        fill(size, f"<item><title>t</title><link>https://x.example/?{'a=b&amp;' * 240}</link></item>")
    )
)
named("steps up and down a path")(
    lambda size: rss(fill(size, f"<item><title>t</title><link>{'../a/./' * 280}</link></item>"))
)
named("content of links")(lambda size: numbered_html(size, "<a href='../#?utm_source=x'>l</a>"))
named("content of relative pictures")(lambda size: numbered_html(size, "<img src='i#.png' width=1>"))
named("percent signs")(
    lambda size: rss(fill(size, f"<item><title>t</title><link>https://x.example/{'%' * 2000}</link></item>"))
)

# --- comments, sections, declarations ---

named("comments never closed")(lambda size: "<rss><channel><item><title>t</title>" + fill(size, "<!--"))
named("comments before the feed")(lambda size: fill(size, "<!-- x -->") + in_item(""))
named("dashes")(lambda size: in_item("<!--" + fill(size, "- ") + "-->"))
named("sections never closed")(
    lambda size: "<rss><channel><item><title>a &nbsp; b</title>" + fill(size, "<![CDATA[", "&nbsp;")
)
named("a section for each letter")(
    lambda size: in_item("<description>" + fill(size, "<![CDATA[x]]>") + "</description>")
)
named("instructions")(lambda size: in_item(fill(size, "<?x y?>")))
named("comments in HTML that never close")(lambda size: html(size, "<!--", "<!->", "<!"))
named("stray output before the feed")(lambda size: fill(size, "Warning: <b>x</b> ") + in_item(""))
named("a document type without end")(lambda size: "<!DOCTYPE rss [" + fill(size, "<!ENTITY a 'b'>"))
named("a document type of brackets")(lambda size: "<!DOCTYPE rss [" + fill(size, "]") + in_item(""))
named("entities that stand for much")(
    lambda size: (
        f"<!DOCTYPE rss [<!ENTITY a '{'y' * 200}'>]>"
        + in_item("<description>" + fill(size, "&a;") + "</description>")
    )
)
named("names of characters")(
    lambda size: in_item("<description>" + fill(size, "&eacute;&hellip;") + "</description>")
)

# --- numbers ---

named("characters by number")(
    lambda size: in_item("<description>" + fill(size, "&#1234;") + "</description>")
)
named("numbers that are no characters")(
    lambda size: in_item("<description>" + fill(size, "&#xD800;&#0;&#x110000;") + "</description>")
)
named("dates of many digits")(
    lambda size: rss(fill(size, f"<item><title>t</title><pubDate>{'1' * 3900}</pubDate></item>"))
)
named("dates that nearly are")(
    lambda size: rss(
        fill(size, "<item><title>t</title><pubDate>Mon, 1 Januar 2026 1:1:1 오전 (((</pubDate></item>")
    )
)
named("schedules of endless hours")(
    lambda size: rss("<skipHours>" + numbered(size, "<hour>#</hour>") + "</skipHours><ttl>9</ttl>")
)
named("JSON of huge numbers")(
    lambda size: (
        '{"version":"https://jsonfeed.org/version/1","items":['
        + fill(size, '{"id":' + "9" * 4000 + "},")
        + "{}]}"
    )
)

# --- characters ---

named("bytes of no encoding")(
    lambda size: b"<rss><channel><item><title>" + random.Random(1).randbytes(size).replace(b"<", b"")
)
named("half of all characters invalid")(
    lambda size: in_item("").encode().replace(b"</item>", b"a\xff" * (size // 2) + b"</item>")
)
named("an encoding that shifts", content_type="text/xml; charset=iso-2022-jp")(
    lambda size: (
        rss("").encode().replace(b"</channel>", b"<x>" + b"\x1b$B!!\x1b(B" * (size // 8) + b"</x></channel>")
    )
)
named("seven bits that mean more", content_type="text/xml; charset=utf-7")(
    lambda size: in_item("<x>" + fill(size, "+AGE-") + "</x>")
)
named("letters outside sixteen bits")(
    lambda size: in_item("<description>" + fill(size, "\U0001f600x") + "</description>")
)
named("piled marks")(lambda size: rss(_items(size, lambda left: "a" + "\u0301\u0323" * (left // 4), 390_000)))
named("marks outside sixteen bits")(
    lambda size: in_item("<title>" + fill(size, "\U00010a0f\U000110b9") + "</title>")
)
named("sixteen-bit text cut in two")(
    lambda size: rss("<item><title>" + "한" * (size // 2) + "</title></item>").encode("utf-16")[:-1]
)
named("Korean in an encoding nobody names")(
    lambda size: in_item("<description>" + "가나다라 " * (size // 9) + "</description>").encode("cp949")
)
named("nothing but null bytes behind a tag")(lambda size: in_item("<title>x" + "\0" * size + "</title>"))
named("directions overridden")(
    lambda size: in_item("<title>" + fill(size, "\u202ea\u202c\u2066b\u2069") + "</title>")
)

# --- what is kept ---

named("as many items as fit")(lambda size: rss(numbered(size, "<item><guid>#</guid></item>")))
named("items with titles only, all alike")(lambda size: rss(fill(size, "<item><title>t</title></item>")))
named("one link for all items")(
    lambda size: rss(numbered(size, "<item><title>t#</title><link>https://x.example/</link></item>"))
)
named("one guid for all items")(
    lambda size: rss(
        numbered(size, "<item><title>t #</title><guid>g</guid><description>Text #</description></item>")
    )
)
named("links that differ in their fragments")(
    lambda size: rss(
        "".join(
            f"<item><title>t</title><link>https://x.example/a#{n}</link></item>" for n in range(size // 60)
        )
    )
)
named("categories")(lambda size: in_item(numbered(size, "<category>c#</category>")))
named("categories in one field")(
    lambda size: in_item("<itunes:keywords>" + numbered(size, "k#,") + "</itunes:keywords>")
)
named("authors")(
    lambda size: atom("<entry><id>1</id>" + numbered(size, "<author><name>n#</name></author>") + "</entry>")
)
named("addresses that nearly are")(
    lambda size: rss(fill(size, f"<item><author>{'a.' * 45} {'b-' * 45} c@</author></item>"))
)
named("contents of one item")(
    lambda size: atom("<entry><id>1</id>" + numbered(size, "<content type='html'>c #</content>") + "</entry>")
)
named("one text of all letters")(
    lambda size: in_item("<description>" + "word and more " * (size // 14) + "</description>")
)
named("one word of all letters")(
    lambda size: in_item("<description>" + "w" * size + "</description><title>" + "w" * 1000 + "</title>")
)
named("blanks")(lambda size: in_item("<description>a" + fill(size, " \n\t\u00a0") + "b</description>"))

# --- JSON and pages ---

named("JSON nested")(lambda size: '{"version":"https://jsonfeed.org/version/1","items":' + fill(size, "["))
named("JSON objects nested to the limit, cut off")(
    lambda size: '{"version":"1","items":[' + fill(size, '{"a":' * 400 + "1" + "}" * 400 + ",")
)
named("JSON of empty items")(
    lambda size: '{"version":"https://jsonfeed.org/version/1","items":[' + fill(size, "{},") + "{}]}"
)
named("JSON of names")(
    lambda size: (
        '{"version":"https://jsonfeed.org/version/1","items":[{' + numbered(size, '"k#":1,') + '"id":1}]}'
    )
)
named("JSON of escapes")(
    lambda size: (
        '{"version":"https://jsonfeed.org/version/1","items":[{"id":"' + fill(size, "\\ud83d\\ude00") + '"}]}'
    )
)
named("JSON of attachments and tags")(
    lambda size: json.dumps(
        {
            "version": "https://jsonfeed.org/version/1",
            "items": [
                {
                    "id": 1,
                    "tags": [f"t{n}" for n in range(size // 24)],
                    "attachments": [{"url": f"/{n}"} for n in range(size // 40)],
                }
            ],
        }
    )
)
named("a page of feeds")(
    lambda size: "<html><head>" + numbered(size, "<link rel=alternate type=application/rss+xml href=/#>")
)
named("a page that never ends a tag")(lambda size: "<html>" + fill(size, "<a b=", "<link c="))
