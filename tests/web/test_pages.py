"""Pages for people and small answers for machines."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from urllib.parse import quote

import listparser
import pytest
from lxml import etree, html
from prometheus_client import CollectorRegistry, Counter

from aggregator.config import OutputConfig, WebConfig
from aggregator.core.types import Alarm, Corroboration, FeedMemory, FeedState, Health, HealthMemory
from aggregator.publish import FeedAlarm
from aggregator.web import create_app
from classifiers.types import Reason
from tests.publish.samples import NOW, label, member, story
from tests.publish.strict import check_opml, item_schema

from .conftest import Client

PAGES = [
    "/",
    "/feeds",
    "/output/harbour",
    "/output/harbour?show=near-misses",
    "/output/harbour?q=ferry&state=confirmed&facet=&order=score",
    "/output/alerts",
    "/output/daily",
    "/output/ill",
    "/search",
    "/search?q=%3Cscript%3E%22%27",
    "/search?q=ferry",
    "/story/s1",
    "/story/s7",
    "/story/s9",
]


@pytest.mark.parametrize("path", PAGES)
def test_pages_are_safe_and_self_contained(serve: Callable[..., Client], path: str) -> None:
    client = serve((OutputConfig(slug="daily", kind="digest"), OutputConfig(slug="ill", kind="health")))
    client.source.told = [
        FeedAlarm(
            Alarm(1, NOW - timedelta(hours=1), "failing", "<script>"), "<b>Bad</b>", "https://a.example/"
        )
    ]
    client.source.polled = [
        FeedState(
            1, "javascript:alert(1)", "", title="<b>Bad</b>", health=Health.FAILING, health_why="<script>"
        ),
        FeedState(
            2,
            "https://coast.example.com/rss",
            "",
            title="Coast Wire",
            last_polled=NOW,
            next_due=NOW + timedelta(hours=2),
            memory=FeedMemory(last_new=NOW - timedelta(days=3)),
        ),
    ]
    answer = client.get(path)
    assert answer.status == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    tree = html.document_fromstring(answer.body.decode())
    assert tree.xpath("//script|//style|//iframe|//*[@style]|//*[@onclick]") == []
    for url in tree.xpath("//@src|//link[not(@rel='alternate')]/@href"):
        assert url.startswith("/static/"), url
    for url in tree.xpath("//a/@href"):
        assert url.startswith(("/", "https://", "#")), url
        if url.startswith("/") and "feedback" not in url:
            assert client.get(url.partition("#")[0]).status == 200, url
    assert "\x1b" not in answer.text
    assert tree.get("lang") == "en"
    levels = [int(heading.tag[1]) for heading in tree.xpath("//h1|//h2|//h3|//h4")]
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels)), "no level of headings is left out"


def test_home_shows_outputs_stories_and_why(client: Client) -> None:
    client.source.polled = [
        FeedState(
            1,
            "https://a.example/rss",
            "",
            title="Failing Times",
            health=Health.FAILING,
            health_why="no answer",
        )
    ]
    page = client.get("/").text
    for told in (
        "Harbour safety",
        "Collisions in the bay.",
        "북항에서 여객선 충돌",
        "Confirmed",
        "Burst",
        "“Ferry” in the title (+2.00)",
        "0.90",
        "Failing Times",
        "no answer",
        "0 of 1",
    ):
        assert told in page, told
    assert 'type="application/atom+xml"' in page


def test_the_page_of_feeds_tells_a_failed_poll_before_the_state_changes(client: Client) -> None:
    failed = FeedMemory(health=HealthMemory(error_message="HTTP 503: the server is overloaded <now>"))
    client.source.polled = [
        FeedState(1, "https://a.example/rss", "", title="Coast Wire", memory=failed),
        FeedState(
            2, "https://b.example/rss", "", title="B", health=Health.FAILING, health_why="5", memory=failed
        ),
    ]
    page = client.get("/feeds").text
    assert page.count("last poll failed: HTTP 503: the server is overloaded &lt;now&gt;") == 1


@pytest.mark.parametrize(
    ("query", "told"),
    [("ferry", "“ferry”"), ("“north port” ferry", "“north port” ferry"), ('"ferry', '"ferry')],
)
def test_a_search_names_what_was_asked_for_in_one_pair_of_quotation_marks(
    client: Client, query: str, told: str
) -> None:
    tree = html.document_fromstring(client.get(f"/search?q={quote(query)}").text)
    assert tree.findtext(".//h1") == f"Stories with {told}"


def test_a_word_that_several_rules_found_is_one_reason_in_a_list_and_several_on_the_storys_page(
    client: Client,
) -> None:
    reasons = (
        Reason("term", "@koreas", 3.9, "title", "南北"),
        Reason("group", "both sides", 3.5, "title", "南北"),
        Reason("term", "Ferry", 1.0, "title", "Ferry"),
        Reason("term", "ferry", 0.5, "summary", "ferry"),
        Reason("model", "ferry", 0.2, "", "ferry"),
        Reason("facet", "ferry", 0.0, "title", "Ferry"),
    )
    client.source.held.clear()
    client.source.put(replace(story(1), labels=(label(reasons=reasons),)))
    chips = html.document_fromstring(client.get("/").text).xpath("//span[@class='reason']")
    assert [chip.text for chip in chips] == ["南北 +7.4", "Ferry +1.5", "ferry +0.2"]
    assert (
        chips[0].get("title")
        == "“南北” (@koreas) in the title (+3.90); “南北” (both sides) in the title (+3.50)"
    )
    assert client.get("/story/s1").text.count("“南北”") == 2


def titles(page: str) -> list[str]:
    return [element.text_content() for element in html.document_fromstring(page).xpath("//article/h3")]


def test_an_output_is_narrowed_as_its_feed_is(client: Client) -> None:
    every = titles(client.get("/output/harbour").text)
    assert len(every) == 5
    page = client.get("/output/harbour?facet=&state=confirmed&language=&since=&order=").text
    assert titles(page) == ["북항에서 여객선 충돌"]
    tree = html.document_fromstring(page)
    assert tree.xpath("//a[text()='Atom']/@href") == [
        "/feeds/harbour.atom?state=confirmed",
        "/feeds/harbour.atom",
    ]
    options = tree.xpath("//select[@name='state']/option")
    assert [(option.text, "selected" in option.attrib) for option in options] == [
        ("all", False),
        ("Single source (3)", False),
        ("Confirmed (1)", True),
        ("State media only (1)", False),
    ]
    for name in tree.xpath("//form[@class='filter']//label/@for"):
        assert tree.get_element_by_id(name) is not None
    assert titles(client.get("/output/harbour?order=published&limit=1").text) == [story(1).title]
    bad = client.get("/output/harbour?state=sure&kind=rumour", Accept="text/html")
    assert bad.status == 400
    assert "state: must be one of" in bad.text
    assert "kind: must be one of" in bad.text


def test_an_outputs_page_goes_on_where_it_ends(client: Client) -> None:
    client.source.put(*(story(number, id=f"x{number}", title=f"Ferry {number}") for number in range(20, 90)))
    url, found = "/output/harbour?state=single-source", []
    for _ in range(9):
        page = client.get(url).text
        found += titles(page)
        older = html.document_fromstring(page).xpath("//a[@rel='next']/@href")
        if not older:
            break
        url = older[0]
    assert len(found) == len(set(found)) == 73


def test_near_misses_say_why_they_are_out(client: Client) -> None:
    page = client.get("/output/harbour?show=near-misses").text
    assert titles(page) == [story(5).title]
    assert "just below 0.50" in page
    assert "Ferry +2.0" in page
    assert "review -1.0" in page


def test_search_finds_what_no_topic_holds_but_not_what_only_private_outputs_do(client: Client) -> None:
    client.source.configured = [
        OutputConfig(slug="harbour", topics=("harbour-safety",)),
        OutputConfig(slug="p", topics=("spy",), private_env="HUSH"),
    ]
    client.source.put(story(30, id="hidden", title="A spy ferry", labels=(label(0.9, "spy", ""),)))
    found = titles(client.get("/search?q=FERRY+collide").text)
    assert "A spy ferry" not in found
    assert story(6).title in found, "far from any topic"
    assert titles(client.get("/search?q=zeppelin").text) == []
    assert "No story has all of these words" in client.get("/search?q=zeppelin").text
    assert titles(client.get("/output/harbour?q=ferry&state=confirmed").text) == ["북항에서 여객선 충돌"]


def test_a_digest_can_be_read_on_its_page(serve: Callable[..., Client]) -> None:
    client = serve((OutputConfig(slug="daily", kind="digest"),))
    page = client.get("/output/daily").text
    assert titles(page)[0].startswith("Daily digest, 23 Nov 2026")
    assert "<h3>Collision</h3>" in page or "<h3>Collisions</h3>" in page


def test_story_page_tells_everything(client: Client) -> None:
    page = client.get("/story/s7").text
    for told in (
        "북항에서 여객선 충돌",
        "State Radio",
        "state media, KR, Korean",
        "State media only",
        "Reported by several",
        "State Radio said",
        "score <strong>0.90</strong>",
        "Wrong story",
    ):
        assert told in page, told


def test_merged_stories_redirect(client: Client) -> None:
    client.source.redirects["was"] = "s1"
    answer = client.get("/story/was")
    assert (answer.status, answer.headers["location"]) == (308, "/story/s1")
    missing = client.get("/story/nothing", Accept="text/html")
    assert missing.status == 404
    assert "no such story" in missing.text


def test_a_story_page_hides_private_topics(serve: Callable[..., Client]) -> None:
    client = serve()
    client.source.configured = [
        OutputConfig(slug="harbour", topics=("harbour-safety",)),
        OutputConfig(slug="p", topics=("spy",), private_env="HUSH"),
    ]
    client.source.put(replace(story(1), labels=(label(), label(0.9, "spy", ""))))
    assert "Spy" not in client.get("/story/s1").text


def test_what_is_not_there_is_told_in_the_frame_of_the_pages(client: Client) -> None:
    for path in ("/nothing", "/output/nothing", "/story/nothing"):
        for accept in ({}, {"Accept": "*/*"}, {"Accept": "text/html,*/*;q=0.8"}):
            missing = client.get(path, **accept)
            assert (missing.status, missing.headers["cache-control"]) == (404, "no-store")
            assert "/static/style.css" in missing.text, (path, accept)
            assert "<h1>Not found</h1>" in missing.text
        assert "<" not in client.get(path, Accept="text/plain").text
    for path in ("/feeds/nothing.atom", "/static/nothing"):
        assert "<" not in client.get(path, Accept="*/*").text, path


def test_opml_lists_public_outputs_in_folders(client: Client) -> None:
    answer = client.get("/opml")
    assert check_opml(answer.body) == []
    parsed = listparser.parse(answer.text)
    assert {feed.url: (feed.title, feed.categories) for feed in parsed.feeds} == {
        "https://news.example.org/feeds/harbour.atom": ("Harbour safety", []),
        "https://news.example.org/feeds/alerts.atom": ("Alerts", [["Desk"]]),
    }
    for outline in etree.fromstring(answer.body).iter("{*}outline"):
        if page := outline.get("htmlUrl"):
            slug = outline.get("xmlUrl").rpartition("/")[2].removesuffix(".atom")
            assert page == f"https://news.example.org/output/{slug}"
            assert client.get(page.removeprefix("https://news.example.org")).status == 200
    assert client.get("/opml", If_None_Match=answer.headers["etag"]).status == 304
    assert ".rss" in client.get("/opml?format=rss").text
    assert client.get("/opml?format=x").status == 400


def test_health(client: Client) -> None:
    well = client.get("/health")
    assert (well.status, json.loads(well.body)["ok"]) == (200, True)
    client.source.well = False
    ill = client.get("/health")
    assert (ill.status, json.loads(ill.body)["ok"]) == (503, False)


def test_metrics(client: Client) -> None:
    assert client.get("/metrics").status == 404
    registry = CollectorRegistry()
    Counter("polls", "Polls made.", registry=registry).inc(3)
    client.app = create_app(
        client.source,
        WebConfig(base_url="https://news.example.org"),
        clock=client.clock,
        secrets=client.secrets,
        registry=registry,
    )
    answer = client.get("/metrics")
    assert answer.status == 200
    assert "polls_total 3.0" in answer.text


def test_the_schema_is_where_items_say_it_is(client: Client) -> None:
    about = json.loads(client.get("/feeds/harbour.json").body)["items"][0]["_aggregator"]["about"]
    answer = client.get(about.removeprefix("https://news.example.org"))
    assert json.loads(answer.body) == item_schema()


def test_failures_are_told_without_detail(client: Client) -> None:
    def broken(id: str) -> None:
        raise RuntimeError("secret detail")

    client.source.story = broken  # type: ignore[method-assign, assignment]
    with pytest.raises(RuntimeError, match="secret detail"):
        # Starlette answers, then raises once more so that the server logs it.
        client.get("/story/s1")


def test_static_files_only(client: Client) -> None:
    assert client.get("/static/style.css").headers["content-type"] == "text/css; charset=utf-8"
    for path in ("/static/../app.py", "/static/nothing", "/static/%2e%2e/app.py"):
        assert client.get(path).status == 404
    assert client.get("/favicon.ico").headers["location"] == "/static/icon.svg"


def test_the_page_of_feeds_counts_them_and_names_the_feed_that_tells_of_them(
    serve: Callable[..., Client],
) -> None:
    client = serve((OutputConfig(slug="ill", kind="health"),))
    states = (Health.OK, Health.OK, Health.FAILING)
    client.source.polled = [
        FeedState(n, f"https://a.example/{n}", "", health=h, last_polled=NOW) for n, h in enumerate(states)
    ]
    tree = html.document_fromstring(client.get("/feeds").text)
    assert tree.xpath("//p/span[@class='badge ok' or @class='badge failing']/text()") == ["1 failing", "2 ok"]
    assert tree.xpath("//a[text()='RSS']/@href") == ["/feeds/ill.rss"]
    assert [row.text_content() for row in tree.xpath("//tbody/tr/td[2]/span[1]")] == ["failing", "ok", "ok"]


def test_a_feed_that_was_never_fetched_is_neither_well_nor_ill(client: Client) -> None:
    client.source.polled = [
        FeedState(1, "https://a.example/1", "", title="New"),
        FeedState(
            2,
            "https://a.example/2",
            "",
            title="Old",
            last_polled=NOW - timedelta(minutes=4),
            last_success=NOW - timedelta(hours=9),
        ),
    ]
    tree = html.document_fromstring(client.get("/feeds").text)
    rows = [[cell.text_content().strip() for cell in row] for row in tree.xpath("//tbody/tr")]
    assert [row[:2] + row[3:5] for row in rows] == [
        ["New", "never fetched", "never", "never"],
        ["Old", "ok", "9 h ago", "4 min ago"],
    ]
    home = client.get("/").text
    assert "1 of 2</a> is well, 1 was never fetched yet." in home
    assert ">never fetched</span> New" not in home, "the first run is no list of complaints"


def test_cards_say_when_it_was_news_not_when_it_was_stored(client: Client) -> None:
    year = timedelta(days=400)
    client.source.held.clear()
    client.source.put(
        story(
            1,
            published=NOW - year,
            first_seen=NOW - timedelta(minutes=1),
            changed=NOW - timedelta(minutes=1),
            entries=(member(1, at=NOW - year), member(2, at=NOW - year + timedelta(days=2))),
        )
    )
    for path in ("/", "/output/harbour", "/search?q=ferry"):
        page = html.document_fromstring(client.get(path).text)
        (facts,) = page.xpath("//article/p[@class='facts']")
        assert "First report 400 d ago · latest 398 d ago" in " ".join(facts.text_content().split()), path
        assert "1 min ago" not in page.text_content()
    assert "21 Oct 2025" in client.get("/").text, "under the day of the news"
    page = client.get("/story/s1").text
    first, _, after = page.partition("<h2>")
    assert "23 Nov 2026" not in first
    assert "Stored here 23 Nov 2026" in after


def test_reports_outlets_and_independent_origins_are_counted_apart(client: Client) -> None:
    outlets = ("a", "b", "c", "d", "a", "e")
    reports = tuple(
        member(n, origin=outlet, feed_title=f"Feed {outlet}", title=f"Ferry collides, {n}")
        for n, outlet in enumerate(outlets)
    )
    known = Corroboration("reported-by-several", NOW, ("a", "b", "c", "d"))
    client.source.put(story(1, entries=reports, corroboration=known))
    told = "6 reports from 5 outlets, 4 independent origins"
    assert f"<h2>{told}</h2>" in client.get("/story/s1").text
    assert f"· {told}</p>" in client.get("/").text
    for form in ("atom", "rss", "json"):
        assert told.encode() in client.get(f"/feeds/harbour.{form}").body
    assert "<h2>1 report</h2>" in client.get("/story/s2").text


def test_numbers_of_choices_say_of_how_many_they_are(client: Client) -> None:
    assert "Numbers are those of the latest" not in client.get("/output/harbour").text
    client.source.put(*(story(n) for n in range(10, 260)))
    assert (
        "Numbers are those of the latest 200 stories; there are more." in client.get("/output/harbour").text
    )


def test_only_topics_that_concern_a_story_ask_about_it(client: Client) -> None:
    near, far = label(0.4, topic="shipping"), label(0.02, topic="weather")
    client.source.put(story(1, labels=(label(), near, far), entries=(member(1), member(2))))
    page = html.document_fromstring(client.get("/story/s1").text)
    asked = page.xpath("//article/p[@class='answer']/span/text()")
    assert asked == ["Harbour safety:", "Shipping:", "Reports that do not belong together:"]
    assert page.xpath("//details//span/text()") == ["Weather:"], "whoever looks for it can still say so"
    assert not page.xpath("//h2[contains(., 'Weather')]")
    client.source.put(story(1))
    assert "Wrong story" not in client.get("/story/s1").text, "one report is in no wrong company"


def test_the_list_of_outputs_is_a_download(client: Client) -> None:
    assert client.get("/opml").headers["content-disposition"] == 'attachment; filename="outputs.opml"'
    links = html.document_fromstring(client.get("/").text).xpath("//a[@href='/opml']")
    assert links
    assert all(link.get("download") for link in links)
