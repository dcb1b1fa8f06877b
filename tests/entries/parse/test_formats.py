"""Each feed format, and each element we keep, from document to record."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from aggregator.core.types import Enclosure, ScheduleHints

from .documents import URL, atom, entries, feed_state, item, read, refuse, rss


def test_rss_item_with_everything() -> None:
    parsed = read(
        rss(
            item("Ferry resumes", "https://news.example/ferry", "f-1", "Short text.")
            + "<pubDate>Tue, 10 Mar 2026 09:15:00 +0900</pubDate><author>desk@news.example (The Desk)</author>"
            + "<category>Transport</category><category>Islands</category>"
            + '<enclosure url="https://cdn.example/a.mp3" type="audio/mpeg" length="1234"/>'
            + '<source url="https://wire.example/rss">Wire Service</source>'
            + "<content:encoded><![CDATA[<p>Long <b>text</b>.</p>]]></content:encoded>"
            + '<media:thumbnail url="https://cdn.example/a.jpg"/>'
            + "<feedburner:origLink>https://news.example/real</feedburner:origLink>",
            channel="<language>en-GB</language>",
        )
    )
    raw = parsed.entries[0]
    assert (parsed.format, parsed.title, parsed.link, parsed.language) == (
        "rss20",
        "News",
        "https://news.example/",
        "en-GB",
    )
    assert (raw.guid, raw.link, raw.title) == ("f-1", "https://news.example/ferry", "Ferry resumes")
    assert (raw.summary, raw.content) == ("Short text.", "<p>Long <b>text</b>.</p>")
    assert raw.published == datetime(2026, 3, 10, 0, 15, tzinfo=UTC)
    assert raw.author == "The Desk"
    assert raw.categories == ("Transport", "Islands")
    assert raw.enclosures == (Enclosure("https://cdn.example/a.mp3", "audio/mpeg", 1234),)
    assert (raw.source_title, raw.source_url) == ("Wire Service", "https://wire.example/rss")
    assert (raw.image, raw.original_link) == ("https://cdn.example/a.jpg", "https://news.example/real")


def test_clean_entry_prefers_the_original_link_and_names_the_source() -> None:
    (entry,) = entries(
        rss(
            item(link="https://feeds.example/~r/1?utm_source=rss")
            + '<source url="https://wire.example/">Wire</source>'
            + "<feedburner:origLink>https://news.example/real?id=4&amp;utm_medium=feed</feedburner:origLink>"
        )
    )
    assert entry.url == "https://news.example/real?id=4"
    assert (entry.origin, entry.credit) == ("example", "Wire")


def test_atom_entry() -> None:
    parsed = read(
        atom(
            '<id>tag:x,1</id><title type="html">A &lt;i&gt;new&lt;/i&gt; rule</title>'
            '<link rel="enclosure" href="/talk.ogg" type="audio/ogg"/><link rel="alternate" href="/rule"/>'
            "<author><name>A. Writer</name></author><author><name>B. Writer</name></author>"
            '<category term="law" label="Law"/><published>2026-03-01T00:00:00Z</published>'
            "<updated>2026-03-02T00:00:00+02:00</updated>"
            '<summary>1 &lt; 2</summary><content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">'
            '<p>See <a href="../more">more</a></p></div></content>',
            head='<link rel="self" href="https://news.example/atom"/><link rel="hub" href="https://hub.example/"/>',
        )
    )
    raw = parsed.entries[0]
    assert (parsed.format, parsed.hub, parsed.self_url) == (
        "atom10",
        "https://hub.example/",
        "https://news.example/atom",
    )
    assert (raw.guid, raw.link, raw.author, raw.categories) == (
        "tag:x,1",
        "/rule",
        "A. Writer, B. Writer",
        ("Law",),
    )
    assert raw.published == datetime(2026, 3, 1, tzinfo=UTC)
    assert raw.updated == datetime(2026, 3, 1, 22, tzinfo=UTC)
    assert raw.summary == "1 &lt; 2"
    (entry,) = entries(
        atom(
            '<id>1</id><title type="html">A &lt;i&gt;new&lt;/i&gt; rule</title><link href="/rule"/>'
            '<content type="html">&lt;a href="../more"&gt;more&lt;/a&gt;</content>'
        )
    )
    assert (entry.title, entry.url) == ("A new rule", "https://news.example/rule")
    assert 'href="https://news.example/more"' in entry.content


@pytest.mark.parametrize(
    ("document", "name"),
    [
        ('<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://my.netscape.com/rdf/simple/0.9/"><channel><title>c</title></channel><item><title>t</title><link>https://x.example/1</link></item></rdf:RDF>', "rss090"),
        ('<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel rdf:about="u"><title>c</title></channel><item rdf:about="https://x.example/1"><title>t</title><link>https://x.example/1</link><dc:date>2026-03-01T10:00+09:00</dc:date><dc:creator>W</dc:creator></item></rdf:RDF>', "rss10"),
        ('<rss version="0.91"><channel><title>c</title><item><title>t</title><link>https://x.example/1</link></item></channel></rss>', "rss091u"),
        ('<rss version="0.92"><channel><item><title>t</title><link>https://x.example/1</link></item></channel></rss>', "rss092"),
        ('<feed version="0.3" xmlns="http://purl.org/atom/ns#"><entry><title>t</title><link rel="alternate" type="text/html" href="https://x.example/1"/><issued>2026-03-01T01:00:00Z</issued></entry></feed>', "atom03"),
    ],
)  # fmt: skip
def test_older_formats(document: str, name: str) -> None:
    parsed = read(document)
    assert parsed.format == name
    assert [(raw.title, raw.link) for raw in parsed.entries] == [("t", "https://x.example/1")]


def test_dublin_core_date_is_the_publication_of_a_clean_entry() -> None:
    (entry,) = entries(
        rss(item() + "<dc:date>2026-03-01T10:00+09:00</dc:date><dc:creator>W. Riter</dc:creator>")
    )
    assert entry.published == datetime(2026, 3, 1, 1, 0, tzinfo=UTC)
    assert entry.author == "W. Riter"


def test_json_feed() -> None:
    document = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": "J & co",
        "home_page_url": "https://j.example/",
        "feed_url": "https://j.example/feed.json",
        "language": "en",
        "authors": [{"name": "All of us"}],
        "hubs": [{"type": "WebSub", "url": "https://hub.example/"}],
        "items": [
            {
                "id": 12,
                "url": "https://j.example/12?utm_source=feed",
                "title": "Twelve < thirteen",
                "content_text": "One\n\nTwo & three",
                "date_published": "2026-03-01T00:00:00-05:00",
                "tags": ["a", "b", "a"],
                "image": "/i.png",
                "attachments": [
                    {"url": "https://j.example/a.m4a", "mime_type": "audio/mp4", "size_in_bytes": 9}
                ],
            }
        ],
    }
    parsed = read(json.dumps(document))
    assert (parsed.format, parsed.title, parsed.hub) == ("json11", "J & co", "https://hub.example/")
    (entry,) = entries(json.dumps(document))
    assert (entry.guid, entry.url, entry.title) == ("12", "https://j.example/12", "Twelve < thirteen")
    assert (entry.text or entry.summary).split() == ["One", "Two", "&", "three"]
    assert entry.published == datetime(2026, 3, 1, 5, tzinfo=UTC)
    assert (entry.author, entry.categories, entry.image) == (
        "All of us",
        ("a", "b"),
        "https://j.example/i.png",
    )
    assert entry.enclosures == (Enclosure("https://j.example/a.m4a", "audio/mp4", 9),)


def test_photo_captions_do_not_take_the_place_of_the_text() -> None:
    caption = (
        "<media:description>A photographer's caption, rather long, of no interest here.</media:description>"
    )
    for order in (
        item(text="The text.") + caption,
        "<title>t</title>" + caption + "<description>The text.</description>",
    ):
        (entry,) = entries(rss(order))
        assert (entry.summary, entry.content) == ("The text.", "")


def test_a_caption_that_is_the_only_text_is_the_text() -> None:
    (entry,) = entries(
        rss(item() + "<media:group><media:description>About the video.</media:description></media:group>")
    )
    assert entry.summary == "About the video."


def test_schedule_hints() -> None:
    parsed = read(
        rss(
            item(),
            channel="<ttl>90</ttl><sy:updatePeriod>daily</sy:updatePeriod><sy:updateFrequency>4</sy:updateFrequency>"
            "<skipHours><hour>0</hour><hour>24</hour><hour>3</hour></skipHours><skipDays><day>Sunday</day></skipDays>",
        )
    )
    assert parsed.hints == ScheduleHints(5400, 21_600, frozenset({0, 3}), frozenset({6}))


def test_hints_that_ask_for_never_are_not_followed() -> None:
    hours = "".join(f"<hour>{hour}</hour>" for hour in range(24))
    parsed = read(rss(item(), channel=f"<skipHours>{hours}</skipHours><ttl>-5</ttl><ttl>soon</ttl>"))
    assert parsed.hints == ScheduleHints()


def test_items_below_the_channel_do_not_change_its_hints() -> None:
    assert read(rss(item() + "<ttl>1</ttl>")).hints.ttl is None


def test_hub_from_the_link_header() -> None:
    headers = {"link": '<https://hub.example/>; rel="hub", <https://news.example/self>; rel=self'}
    parsed = read(rss(item()), headers=headers)
    assert (parsed.hub, parsed.self_url) == ("https://hub.example/", "https://news.example/self")


def test_xml_base_resolves_links_and_guids_do_not_depend_on_where_the_feed_was_fetched() -> None:
    document = atom('<id>17</id><title>t</title><link href="a/b"/>', head="")
    based = document.replace("<entry>", '<entry xml:base="https://other.example/x/">')
    assert entries(based)[0].url == "https://other.example/x/a/b"
    moved = read(document, url="https://moved.example/feed")
    assert moved.entries[0].guid == read(document).entries[0].guid == "17"


def test_relative_links_of_rss_are_seen_from_the_site() -> None:
    document = rss(item(link="/a")).replace("https://news.example/<", "https://site.example/<")
    assert (
        entries(document, feed_state(location="https://feeds.example/site"))[0].url
        == "https://site.example/a"
    )


def test_html_page_names_its_feeds() -> None:
    error = refuse(
        '<!DOCTYPE html><html><head><base href="https://site.example/en/"><link rel="alternate" '
        'type="application/rss+xml" title="All" href="feed.xml"><link rel=alternate type="application/json+oembed" '
        'href="/oembed"><LINK HREF="/atom" TYPE="application/atom+xml" REL="alternate"></head></html>'
    )
    assert error.code == "html"
    assert error.suggestions == ("https://site.example/en/feed.xml", "https://site.example/atom")
    assert "https://site.example/en/feed.xml" in error.message


def test_feed_inside_a_page_is_read() -> None:
    parsed = read(f"<!DOCTYPE html><html><body>{atom('<title>inside</title><id>1</id>')}</body></html>")
    assert [raw.title for raw in parsed.entries] == ["inside"]
    assert parsed.problems


def test_empty_feed_is_a_feed() -> None:
    assert read(rss()).entries == ()


def test_nothing_asks_the_network_or_the_disk_for_relative_feed_urls() -> None:
    assert read(rss(item(link=URL))).entries[0].link == URL


def test_leaving_out_an_empty_element_leaves_its_neighbour() -> None:
    geo = 'xmlns:geo="http://www.w3.org/2003/01/geo/wgs84_pos#"'
    (entry,) = entries(
        rss(f"<geo:point {geo}/>" + item("Here") + f"<geo:lat {geo}>1</geo:lat><category>kept</category>")
    )
    assert (entry.title, entry.categories) == ("Here", ("kept",))
    surplus = "".join(f"<category>c{n}</category>" for n in range(150))
    parsed = read(rss(item("t") + surplus + "<author>A. Writer</author>"))
    assert parsed.entries[0].author == "A. Writer"
    assert not parsed.problems


def test_atom_hands_down_the_authors_of_the_source_and_then_of_the_feed() -> None:
    found = entries(
        atom(
            "<id>1</id><title>a</title><author><name>Own</name></author>",
            "<id>2</id><title>b</title><source><title>S</title><author><name>Of the source</name></author></source>",
            "<id>3</id><title>c</title><source><title>S</title></source>",
            "<id>4</id><title>d</title>",
            head="<author><name>Of the feed</name><email>f@news.example</email></author>",
        )
    )
    assert [entry.author for entry in found] == ["Own", "Of the source", "Of the feed", "Of the feed"]
    copied = "<id>2</id><title>b</title><source><author><name>Of the source</name></author></source>"
    assert entries(atom(copied))[0].author == "Of the source"


def test_rss_hands_no_author_down() -> None:
    channel = (
        "<managingEditor>boss@news.example (The Boss)</managingEditor><author>x@news.example (X)</author>"
    )
    assert entries(rss(item(), channel=channel))[0].author == ""


@pytest.mark.parametrize(
    "written",
    [
        "Jo Doe (mailto:jo@news.example)",
        "Jo Doe (jo@news.example)",
        "Jo Doe &lt;jo@news.example&gt;",
        "Jo Doe &lt;mailto:jo@news.example&gt;",
        "jo@news.example (Jo Doe)",
        "mailto:jo@news.example (Jo Doe)",
        "Jo Doe",
    ],
)
@pytest.mark.parametrize("element", ["author", "dc:creator"])
def test_a_name_is_told_from_its_address(element: str, written: str) -> None:
    assert entries(rss(item() + f"<{element}>{written}</{element}>"))[0].author == "Jo Doe"


def test_bloggers_picture_of_the_author_costs_no_author() -> None:
    picture = "//blogger.example/" + "a" * 200 + "/s1600/photo.jpg"
    author = (
        "<author><name>A. Blogger</name><uri>http://www.blogger.example/profile/1</uri>"
        "<email>noreply@blogger.example</email><gd:image xmlns:gd='http://schemas.google.com/g/2005'"
        f" rel='http://schemas.google.com/g/2005#thumbnail' width='16' height='16' src='{picture}'/></author>"
    )
    document = atom(*(f"<id>{n}</id><title>t{n}</title>{author}" for n in range(3)))
    assert [entry.author for entry in entries(document)] == ["A. Blogger"] * 3
    assert read(document).problems == ()


def test_the_same_namespaces_declared_on_every_item_are_no_attack() -> None:
    declared = " ".join(f'xmlns:n{n}="urn:{n}"' for n in range(3))
    inside = "".join(
        f'<item xmlns:dc="http://purl.org/dc/elements/1.1/" {declared}><title>t{n}</title><link>https://x.example/{n}</link>'
        f"<dc:creator>W</dc:creator></item>"
        for n in range(1000)
    )
    found = entries(f'<rss version="2.0"><channel><title>c</title>{inside}</channel></rss>')
    assert [entry.author for entry in found] == ["W"] * 1000


@pytest.mark.parametrize(
    ("media", "picture"),
    [
        ('<media:thumbnail url="/s.jpg" width="75" height="50"/><media:thumbnail url="/l.jpg" width="750" height="500"/>', "/l.jpg"),
        ('<media:thumbnail url="/l.jpg" width="750" height="500"/><media:thumbnail url="/s.jpg" width="75" height="50"/>', "/l.jpg"),
        ('<media:thumbnail url="/s.jpg"/><media:content url="/l.jpg" medium="image" width="640" height="480"/>', "/l.jpg"),
        ('<media:content url="https://1.gravatar.com/avatar/1?s=96" medium="image"/><media:content url="/p.jpg" medium="image"/>', "/p.jpg"),
        ('<media:content url="/1.jpg" medium="image"/><media:content url="/2.jpg" medium="image"/>', "/1.jpg"),
        ('<media:content url="/v.mp4" type="video/mp4" width="1920" height="1080"/><media:thumbnail url="/s.jpg"/>', "/s.jpg"),
        ('<media:content url="https://0.gravatar.com/avatar/1?s=96" medium="image"/>', ""),
        ('<media:thumbnail url="/1.jpg" width="0" height="99999999"/><media:thumbnail url="/2.jpg" width="300"/>', "/2.jpg"),
    ],
)  # fmt: skip
def test_the_picture_is_the_largest_and_no_portrait_of_the_author(media: str, picture: str) -> None:
    (entry,) = entries(rss(item() + media))
    assert entry.image == (f"https://news.example{picture}" if picture else "")


def test_a_podcasts_subtitle_stands_in_where_there_is_no_other_text() -> None:
    alone, beside = entries(
        rss(
            item() + "<itunes:subtitle>About the sea</itunes:subtitle>",
            item(link="https://news.example/2", text="The text.")
            + "<itunes:subtitle>About the sea</itunes:subtitle>",
        )
    )
    assert (alone.summary, beside.summary) == ("About the sea", "The text.")


def test_a_counted_enclosure_has_its_original_address() -> None:
    (entry,) = entries(
        rss(
            item()
            + '<enclosure url="https://feeds.example/~5/x/a.mp3" type="audio/mpeg" length="9"/>'
            + "<feedburner:origEnclosureLink>https://cdn.example/a.mp3</feedburner:origEnclosureLink>"
        )
    )
    assert entry.enclosures == (Enclosure("https://cdn.example/a.mp3", "audio/mpeg", 9),)


@pytest.mark.parametrize("document", ["null", "true", " 12.5 ", '"maintenance"', "[]", "[1]", "{}"])
def test_json_that_is_no_feed_is_called_json(document: str) -> None:
    error = refuse(document)
    assert (error.code, "is JSON" in error.message) == ("not-a-feed", True), error.message
