"""Every kind of output in every format passes the strict check, and feedparser reads what was meant."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from datetime import timedelta

import feedparser
import pytest
from lxml import etree

from aggregator.config import OutputConfig
from aggregator.core.types import Alarm, Enclosure
from aggregator.publish import FORMATS, FeedAlarm, Format, OutputFeed
from aggregator.publish.formats.render import render
from aggregator.publish.items.story import story_id
from aggregator.publish.source import Withdrawn
from aggregator.publish.types import Paging

from .samples import NAMES, NASTY, NOW, SITE, built, developed, member, nasty, sample_stories, story
from .strict import check

OUTPUTS = {
    "stories": OutputConfig(slug="harbour", topics=("harbour-safety",)),
    "entries": OutputConfig(slug="entries", topics=("harbour-safety",), unit="entry"),
    "near-misses": OutputConfig(slug="near", kind="near-misses"),
    "digest": OutputConfig(slug="daily", kind="digest", title="Daily digest"),
    "weekly": OutputConfig(slug="weekly", kind="digest", digest_every="week"),
    "alerts": OutputConfig(slug="alerts", kind="alerts"),
    "health": OutputConfig(slug="health", kind="health", title=NASTY, description=NASTY),
    "empty": OutputConfig(slug="empty", topics=("no-such-topic",)),
}
ALARMS = (
    FeedAlarm(
        Alarm(1, NOW - timedelta(hours=1), "failing", "timeout: no answer"),
        "Coast Wire",
        "https://coast.example.com/rss",
    ),
    FeedAlarm(Alarm(2, NOW - timedelta(hours=2), "strange-kind", NASTY), NASTY, "import:x"),
)


def links(story: str, topic: str) -> dict[str, str]:
    return {
        kind: f"{SITE.base_url}/feedback/x.{story}/{kind}"
        for kind in ("relevant", "not_relevant", "wrong_story")
    }


def made(kind: str, **changes: object) -> OutputFeed:
    values: dict[str, object] = {
        "names": NAMES,
        "alarms": ALARMS,
        "feedback": links,
    }
    return built(OUTPUTS[kind], sample_stories(), **{**values, **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("kind", OUTPUTS)
def test_every_kind_is_strictly_valid(kind: str, form: Format) -> None:
    feed = made(kind)
    assert bool(feed.items) is (kind != "empty")
    assert check(form, render(feed, form), now=NOW, url=feed.url(form)) == []


def full() -> OutputFeed:
    """An output with everything that a document can have."""
    hub = {"kind": "websub", "name": "hub", "url": "https://hub.example.org/"}
    return built(
        OutputConfig.model_validate({**OUTPUTS["stories"].model_dump(exclude_unset=True), "push": [hub]}),
        sample_stories(),
        names=NAMES,
        feedback=links,
        gone=(Withdrawn("gone", NOW, f"not relevant {NASTY}"), Withdrawn("s1", NOW)),
        paging=Paging(first="", next="before=1-x", prev_archive="archive=2026-11-22"),
    )


@pytest.mark.parametrize("kind", [*OUTPUTS, "full"])
def test_documents_are_written_as_the_libraries_would_write_them(kind: str) -> None:
    feed = full() if kind == "full" else made(kind)
    for form in ("atom", "rss"):
        body = render(feed, form)
        declaration, _, document = body.partition(b"\n")
        assert declaration == b'<?xml version="1.0" encoding="utf-8"?>'
        assert etree.tostring(etree.fromstring(document), encoding="utf-8") + b"\n" == document
    body = render(feed, "json")
    written = json.dumps(json.loads(body), ensure_ascii=False, separators=(",", ":")) + "\n"
    assert written.encode() == body


def test_half_a_surrogate_pair_breaks_no_document() -> None:
    odd = story(1, entries=(member(1, country="\ud800"),))
    for form in FORMATS:
        body = render(built(OUTPUTS["stories"], [odd]), form)
        assert check(form, body) == []


@pytest.mark.parametrize("form", FORMATS)
def test_with_paging_hubs_tombstones_and_no_server(form: Format) -> None:
    busy = full()
    assert [stone.id for stone in busy.tombstones] == [story_id("gone")], "s1 is in the feed"
    body = render(busy, form)
    assert check(form, body, now=NOW, withdrawals=True) == []
    assert b"hub.example.org" in body
    linked = render(replace(busy, withdrawn="withdrawn=yes"), form)
    assert check(form, linked, now=NOW) == []
    chained = Paging(current="", prev_archive="archive=2026-11-22", archive=True)
    archive = render(replace(busy, tombstones=(), paging=chained), form)
    assert check(form, archive, now=NOW) == []
    assert b"before=1-x" in body
    unserved = render(made("stories", served=False), form)
    assert check(form, unserved) == []
    assert b"/feedback/" not in unserved
    assert b"/story/" not in unserved


def test_text_that_was_encoded_twice_is_set_right() -> None:
    odd = story(1, title="CafÃ© collides, Â£50 damage", lead="NÃO é português: 100 Â")
    feed = built(OUTPUTS["stories"], [odd])
    assert feed.items[0].title == "Café collides, £50 damage"
    assert feed.items[0].summary == "NÃO é português: 100 Â"
    for form in FORMATS:
        assert check(form, render(feed, form), now=NOW) == []


@pytest.mark.parametrize("host", ["localhost", "files_1.example.com", "a..example.com"])
def test_a_file_on_a_host_that_rss_does_not_allow_is_left_out(host: str) -> None:
    entry = replace(member(1).entry, enclosures=(Enclosure(f"https://{host}/a.mp3", "audio/mpeg", 1),))
    odd = story(1, entries=(replace(member(1), entry=entry),))
    assert built(OUTPUTS["stories"], [odd]).items[0].attachment is None


@pytest.mark.parametrize("form", FORMATS)
def test_equal_input_makes_equal_bytes(form: Format) -> None:
    again = built(
        OUTPUTS["stories"],
        tuple(reversed(sample_stories())),
        now=NOW + timedelta(hours=1),
        names=NAMES,
        feedback=links,
    )
    assert render(made("stories"), form) == render(again, form)


@pytest.mark.parametrize("form", ["atom", "rss"])
@pytest.mark.parametrize("kind", [kind for kind in OUTPUTS if kind != "empty"])
def test_feedparser_reads_what_was_meant(kind: str, form: Format) -> None:
    feed = made(kind)
    parsed = feedparser.parse(io.BytesIO(render(feed, form)), sanitize_html=False)
    assert not parsed.bozo, parsed.get("bozo_exception")
    assert [entry.id for entry in parsed.entries] == [item.id for item in feed.items]
    assert [entry.link for entry in parsed.entries] == [item.url for item in feed.items]
    for entry, item in zip(parsed.entries, feed.items, strict=True):
        assert entry.published_parsed[:6] == item.published.timetuple()[:6]
        assert entry.updated_parsed[:6] == item.updated.timetuple()[:6]
        assert {tag.scheme for tag in entry.get("tags", ())} == {c.scheme for c in item.categories}
        assert item.html in [content.value for content in entry.content]


def test_the_strict_check_sees_defects() -> None:
    good = render(made("stories"), "atom")
    for old, new in [
        (b"<id>urn:uuid:", b"<id>urn:uuid:x"),
        (b"</title><published>", b" &lt;b&gt;x&lt;/b&gt;</title><published>"),
        (b"&lt;p&gt;", b"&lt;p onclick=&quot;x&quot;&gt;"),
        (b'href="https://coast', b'href="/coast'),
        (b"</updated><author>", b"+09:00</updated><author>"),
        (b"Ferry", b"\xc2\x80Ferry"),
        (b"Ferry", "FÃ©rry".encode()),
        (b'xmlns="', b'xmlns:at="http://purl.org/atompub/tombstones/1.0" xmlns="'),
        (b'rel="related"', b'rel="http"'),
        (b'rel="related"', b'rel="next"'),
        (b"<published>2026", b"<published>1926"),
        (b"<published>2026", b"<published>2926"),
    ]:
        assert old in good
        assert check("atom", good.replace(old, new, 1), now=NOW), old
    assert check("atom", good, url="https://news.example.org/other.atom")
    rss = render(made("stories"), "rss")
    for old, new in [
        (b" GMT</pubDate>", b" KST</pubDate>"),
        (b'isPermaLink="false"', b""),
        (b"<ttl>15", b"<ttl>0"),
        (b"<docs>http://www.rssboard.org/", b"<docs>http://example.org/"),
        (b"<guid", b"<atom:id>urn:x:y</atom:id><guid"),
        (b"</description><content", b"&lt;script&gt;&lt;/script&gt;</description><content"),
    ]:
        assert old in rss
        assert check("rss", rss.replace(old, new, 1)), old
    document = json.loads(render(made("stories"), "json"))
    document["items"][0]["_aggregator"]["labels"][0]["score"] = 2
    assert check("json", json.dumps(document).encode())


def test_ids_do_not_depend_on_where_the_server_is() -> None:
    moved = made("stories", site=replace(SITE, base_url="http://other.example:81/prefix"))
    here = made("stories")
    assert [item.id for item in moved.items] == [item.id for item in here.items]
    assert moved.id == here.id
    assert made("stories", narrowed="limit=3").id != here.id
    assert made("stories", site=replace(SITE, installation="other")).id != here.id


def test_stories_of_one_moment_keep_their_fraction_for_ever() -> None:
    def updated(*numbers: int) -> dict[str, str]:
        batch = [story(n, changed=NOW) for n in numbers]
        feed = built(OUTPUTS["stories"], batch)
        parsed = feedparser.parse(io.BytesIO(render(feed, "atom")))
        return {entry.id: entry.updated for entry in parsed.entries}

    few, many = updated(1, 2), updated(*range(1, 60))
    assert len(set(many.values())) == 59
    assert few.items() <= many.items()


def test_what_a_reader_sees_of_a_story() -> None:
    feed = built(OUTPUTS["stories"], [developed()], names=NAMES, feedback=links)
    (item,) = feed.items
    assert item.title == "북항에서 여객선 충돌"
    assert (item.language, item.author) == ("ko", "State Radio")
    assert item.updated == developed().changed
    assert item.published == developed().published
    assert [link.url for link in item.related] == [
        "https://coast.example.com/100",
        "https://coast.example.com/101",
    ]
    assert {(c.scheme.rpartition(":")[2], c.term) for c in item.categories} == {
        ("topic", "harbour-safety"),
        ("facet", "collision"),
        ("state", "confirmed"),
        ("signal", "burst"),
    }
    for told in (
        "인명 피해는 없다고 밝혔다.",
        "Confirmed. Reported by State Radio and Coast Wire.",
        "Latest change, 23 Nov 2026, 11:00 UTC: confirmed by the harbour office.",
        "State Radio (state media, KR, Korean), 23 Nov 2026, 02:00 UTC",
        "23 Nov 2026, 04:00 UTC: Reported by several",
        "Wording that counted: “State Radio said”",
        "Harbour safety: score 0.90, threshold 0.50. Facet: Collisions.",
        "“Ferry” in the title (+2.00)",
        "Languages: Korean, English, Japanese.",
        "Not relevant <https://news.example.org/feedback/x.s7/not_relevant>",
    ):
        assert told in item.text


def test_a_feed_leads_to_its_own_page_where_there_is_one() -> None:
    output = OutputConfig(slug="harbour", topics=("harbour-safety",))
    feed = built(output, sample_stories(), names=NAMES)
    assert json.loads(render(feed, "json"))["home_page_url"] == "https://news.example.org/output/harbour"
    for form, path in (("atom", "{*}link[@rel='alternate']"), ("rss", "channel/link")):
        (link,) = etree.fromstring(render(feed, form)).findall(path)
        assert (link.get("href") or link.text) == "https://news.example.org/output/harbour"
    # The page of a private output would be found by whoever guesses its name.
    private = output.model_copy(update={"private_env": "HUSH"})
    assert built(private, ()).home == "https://news.example.org/"
    assert built(output, (), served=False).home == "https://news.example.org/"


def test_prefixes_are_configurable() -> None:
    quiet = OutputConfig(slug="x", title_prefixes={})
    loud = OutputConfig(slug="x", title_prefixes={"burst": "Burst", "confirmed": "Sure"})
    state = replace(story(1), corroboration=replace(story(1).corroboration, state="state-media-only"))

    def titles(output: OutputConfig) -> list[str]:
        return [item.title for item in built(output, [state, developed()]).items]

    assert titles(OutputConfig(slug="x"))[0].startswith("[State media only] Ferry")
    assert titles(quiet)[0].startswith("Ferry")
    assert titles(loud)[1].startswith("[Burst] [Sure] 북항")


def test_a_private_topic_does_not_show_in_another_topics_output() -> None:
    from .samples import label

    secret = replace(story(1), labels=(label(), label(0.95, "secret-topic", "spy")))
    body = render(built(OUTPUTS["stories"], [secret]), "json")
    assert b"secret-topic" not in body
    assert b"spy" not in body


def test_unusable_links_fall_back_to_our_page() -> None:
    bad = replace(story(1), url="javascript:alert(1)", entries=(member(1, url="mailto:x@example.com"),))
    (item,) = built(OUTPUTS["stories"], [bad]).items
    assert item.url == "https://news.example.org/story/s1"
    assert item.related == ()


def test_a_nasty_story_keeps_its_emoji_and_loses_its_claws() -> None:
    (item,) = built(OUTPUTS["stories"], [nasty()]).items
    assert "🚢🔥 “한국어”" in item.title
    assert item.title.startswith("[State media only] Bell null")
    assert "<script" not in item.html
    assert item.url == "https://xn--bcher-kva.example/%C3%BC?q=%22%3Cx%3E%22&r=1%25zz#%C3%A4"
    assert item.attachment is not None
    assert item.attachment.url == "https://coast.example.com/a%20b.mp3"
