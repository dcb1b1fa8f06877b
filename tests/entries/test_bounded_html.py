"""HTML that a parser cannot be exhausted with: what is plain stays, what is not is rebuilt, and no word is lost."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aggregator.core.types import Page
from aggregator.entries import sanitise
from aggregator.entries.bounded_html import DEEPEST, bounded, few_attributes
from aggregator.entries.fulltext import extract

PLAIN = [
    "no markup & an ampersand",
    "<p>One <b>two</b> <a href='/x?a=1&copy=2' title=\"t\">three</a><br>four",
    "<ul><li>one<li>two <i>x</i></ul><dl><dt>a<dd>b</dl>",
    "<table><tr><td>1</td><td><b>2</b></td></tr></table><!-- a comment --><hr/>",
    "<p title='a > b' lang=\"en\">x</p>",
    "<O:P>Word</O:P> <IMG SRC=a.png ALT=''>",
]


@pytest.mark.parametrize("html", PLAIN)
def test_plain_markup_stays_as_it_is(html: str) -> None:
    assert bounded(html) == html


@pytest.mark.parametrize(
    ("html", "rebuilt"),
    [
        ("<b>a<i>b</b>c</i>d", "<b>a<i>b</i></b>cd"),
        ("<p>a<b>b<p>c</u>", "<p>a<b>b</b></p><p>c</p>"),
        ("a < b <b>c", "a &lt; b <b>c</b>"),
        ("x</i>y</p>z<i>", "xyz<i></i>"),
        ("<div>a<p>b</div>c</span>", "<div>a<p>b</p></div>c"),
        ("<ul><li>1<ul><li>2</ul><li>3</b>", "<ul><li>1<ul><li>2</li></ul></li><li>3</li></ul>"),
        ("<table><tr><td>1<p>a<table><tr><td>2</table><td>3", "<table><tr><td>1<p>a</p><table><tr><td>2</td></tr></table></td><td>3</td></tr></table>"),
        ("<p>1<table><td><p>2</p></table></p>", "<p>1</p><table><td><p>2</p></td></table>"),
        ("<table><tr><td>1<td>2<tr><td>3</table></u>", "<table><tr><td>1</td><td>2</td></tr><tr><td>3</td></tr></table>"),
        ("<b><table><td></b>x</table>", "<b><table><td>x</td></table></b>"),
        ("a<!-- <b> -->b<!x>c<?y?>d<![CDATA[e]]>f</u>", "abcdf"),
        ("a<script>x<b></script>b<svg><path/></svg>c</u>", "abc"),
        ("<a href=/1>a<a href=/2>b</u>", '<a href="/1">a</a><a href="/2">b</a>'),
        ("<img alt='a > b' src=x onerror=y()></u>", '<img alt="a &gt; b" src="x" onerror="y()">'),
        ("<section>a</section><font size=1>b</font></u>", "ab"),
        ("a</u><b", "a"),
        ("a</u><b x='", "a"),
        ("a<!-- never closed <b>", "a"),
    ],
)  # fmt: skip
def test_other_markup_is_rebuilt(html: str, rebuilt: str) -> None:
    assert bounded(html) == rebuilt
    assert bounded(rebuilt) == rebuilt


def test_depth_and_attributes_are_bounded_and_no_word_is_lost() -> None:
    deep = "<div>" * 500 + "".join(f"word{n} and more " for n in range(500)) + "</div>" * 400
    found = bounded(deep)
    assert found.count("<div>") == DEEPEST
    assert "word0 " in found
    assert "word499 " in found
    many = bounded(
        "<p "
        + "".join(f"a{chr(97 + n % 26)}{chr(97 + n // 26)}=1 " for n in range(600))
        + ">x</p>"
        + " " * 4000
    )
    assert many.count("=") <= 30


def test_a_formatting_element_that_is_never_closed_is_not_repeated_for_ever() -> None:
    """20 KB of this became 7 MB of content."""
    hostile = "<p>" + "".join(f"<b id={n}>" for n in range(190)) + "<p>x and some more words of text" * 2000
    assert len(sanitise.sanitise(hostile)) < 3 * len(hostile)
    long = f"<p><b title='{'a' * 3000}'>" + "<p>x and some more words of text" * 300
    assert len(sanitise.sanitise(long)) < 3 * len(long)


@pytest.mark.parametrize(
    "hidden",
    [
        "<font a={}><!</font>", "<b a={}><!-- > </b> -->", "<b a={}><a b='</b>'></a>", "<b a={}><table><td></b></table>",
        "<b a={}><select a='<'></b></select a='<'>", "<b a={}><style></b></style>", "<b a={}><svg><desc></b></desc></svg>",
        "<b a={}><template></b></template>", "<b a={}><td></b>", "<table><b a={}><td></b></table>", "<b a={}></b x='>'",
        "<b a={}><!--></b>", "<b a={}></b/x", "<b a={}><![CDATA[</b>]]>", "<b a={}><textarea></b></textarea>",
    ],
)  # fmt: skip
def test_nesting_that_hides_takes_no_time(hidden: str) -> None:
    """An entry of 400 KB took 12 s."""
    html = "".join(hidden.format(n) + "ten more letters" for n in range(8000))
    start = time.process_time()
    safe = sanitise.sanitise(html)
    sanitise.to_text(html)
    assert time.process_time() - start < 3
    assert len(safe) < 4 * len(html)


PIECES = st.lists(
    st.sampled_from(
        [
            "<b>", "</b>", "<i x=1>", "</i>", "<p>", "</p>", "<div>", "</div>", "<ul>", "<li>", "</ul>", "<table>", "<tr>", "<td>",
            "</td>", "</table>", "<a href='/x'>", "</a>", "<br>", "word ", "other ", "한국 ", "<!-- c -->", "<h2>", "</h2>",
        ]
    ),
    max_size=60,
).map("".join)  # fmt: skip


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(PIECES)
def test_rebuilding_keeps_every_word_in_its_order(html: str) -> None:
    words = re.sub(r"<!--.*?-->|<[^<>]*>", " ", html).split()
    assert re.sub(r"<[^<>]*>", " ", bounded(html)).split() == words


def test_a_page_of_one_tag_with_all_attributes_is_read_in_time() -> None:
    """It took over a minute."""
    words = "The ferry to the islands sails again from Monday, the port authority said in a statement. " * 8
    attributes = " ".join(f"a{n}='x'" for n in range(150_000))
    page = f"<html><body><article {attributes} class=main><p>{words}</p></article></body></html>"
    start = time.process_time()
    found = extract(Page("https://news.example/", page.encode(), "text/html; charset=utf-8"))
    assert time.process_time() - start < 10
    assert found.text is not None
    assert "islands sails again" in found.text


@pytest.mark.parametrize(
    "tag",
    [
        "<p " + " ".join(f"a{n}" for n in range(5000)) + ">",
        "<p " + " ".join(f"a{n}='>'" for n in range(5000)) + ">",
        "<p a='" + "x" * 9000,
        "<p " + "= ' " * 3000 + ">",
        "<div data-props='" + '{"a": "b = c"} ' * 1000 + "' id=x>",
    ],
)
def test_attributes_are_counted_and_not_their_length(tag: str) -> None:
    page = f"<b>before</b>{tag}text</p>"
    found = few_attributes(page)
    assert found.startswith("<b>before</b>")
    assert found == page if "data-props" in tag or ">" not in tag else found.endswith(">text</p>")
    assert len(found) < 8000 or found == page
