"""What a publisher that lies about dates, links, credits and officials can make of a story."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from aggregator.config.stories import OriginConfig, StoriesConfig
from aggregator.core.types import StoryEntry
from aggregator.stories.summary.bursts import lead
from aggregator.stories.summary.corroborate import corroborate
from aggregator.stories.summary.outlets import Origins
from aggregator.stories.summary.summarise import rules_for, summarise
from aggregator.stories.summary.writers import writers

from .conftest import START

SETTINGS = StoriesConfig()
RULES = rules_for(SETTINGS)
NOW = START + timedelta(days=1)
MINUTE = 1 / 60
LEAD = "Two missiles were fired from the Wonsan area at dawn and fell into the sea, the military in Seoul announced."
Member = Callable[..., StoryEntry]


def yonhap(member: Member, **more: object) -> StoryEntry:
    return member(
        "North Korea fires two missiles", LEAD, id="yonhap", origin="yonhap", kind="agency", country="KR",
        url="https://en.yna.co.kr/view/1", **more,
    )  # fmt: skip


def copied(member: Member, **more: object) -> StoryEntry:
    values: dict[str, object] = {
        "id": "copy",
        "origin": "thief.example",
        "url": "https://thief.example/1",
        "at": -2,
    }
    return member("North Korea fires two missiles", LEAD, **{**values, **more})


def test_a_copy_dated_back_takes_neither_headline_nor_the_lead_over_others(member: Member) -> None:
    # Its feed was fetched ten minutes after the first report, and had nothing of it yet.
    members = [yonhap(member), copied(member, basis="near", listed_after=START + timedelta(minutes=10))]
    story = summarise("s", members, None, NOW, SETTINGS)
    assert story.url == "https://en.yna.co.kr/view/1"
    assert story.published == START
    first = lead(members)
    assert first is not None
    assert (first.origin, first.ahead) == ("yonhap", timedelta(minutes=10))
    assert story.corroboration.origins == ("yonhap",)


def test_a_date_that_no_fetch_contradicts_is_believed(member: Member) -> None:
    early = copied(member, basis="near", origin="gazette", kind="newspaper")
    assert summarise("s", [yonhap(member), early], None, NOW, SETTINGS).url == "https://thief.example/1"
    assert replace(early.entry, listed_after=START - timedelta(hours=5)).public == early.entry.published


def test_another_headline_over_somebody_elses_page_is_no_second_source(member: Member) -> None:
    linked = member(
        "War has begun, stores empty", "Nobody else tells you.", id="link", origin="thief.example",
        url="https://en.yna.co.kr/view/1", basis="url", at=MINUTE,
    )  # fmt: skip
    for members in ([yonhap(member), linked], [yonhap(member, at=1), replace(linked, basis="new")]):
        members[0] = replace(members[0], basis="url" if members[1].basis == "new" else "new")
        found = corroborate(members, None, NOW, RULES)
        assert (found.state, found.origins) == ("single-source", ("yonhap",))
        assert summarise("s", members, None, NOW, SETTINGS).title == "North Korea fires two missiles"


def test_pages_that_many_items_share_join_no_origins(member: Member) -> None:
    front = "https://front.example/"
    members = [
        member("Missile launch reported", LEAD, origin="gazette", kind="newspaper", url=front),
        member("Seoul on alert", "The president called her ministers together.", origin="post", kind="newspaper", url=front),
    ]  # fmt: skip
    assert [origin.slug for origin in writers(members, Origins())] == ["gazette", "post"]


def test_one_unknown_publisher_is_one_source_whatever_it_credits(member: Member) -> None:
    credits = ("(AP) —", "(Reuters) —", "(AFP) —")
    members = [
        member(f"Launch {n}", f"SEOUL {credit} Report number {n} of it, in other words each time.", id=str(n),
               origin="thief.example", at=n)
        for n, credit in enumerate(credits)
    ]  # fmt: skip
    found = corroborate(members, None, NOW, RULES)
    assert (found.state, found.origins, found.kinds) == ("single-source", ("ap",), ())
    known = [replace(one, kind="newspaper") for one in members]
    assert corroborate(known, None, NOW, RULES).state == "reported-by-several"


def test_an_unknown_publishers_word_confirms_nothing(member: Member) -> None:
    witness = "South Korea's Joint Chiefs of Staff said it detected the launch."
    rumour = member("Missile seen", witness, id="rumour", origin="thief.example", at=1)
    page = member(
        "Statement", "We confirm.", id="page", origin="thief.example", url="https://www.mofa.go.kr/1", at=2
    )
    other = member("Lights over Wonsan", "Fishermen saw lights.", origin="gazette", kind="newspaper")
    found = corroborate([other, rumour, page], None, NOW, RULES)
    assert found.state == "reported-by-several"
    assert "government" not in found.kinds
    vouched = rules_for(SETTINGS, {"thief": OriginConfig(domains=("thief.example",), kind="newspaper")})
    assert corroborate([other, rumour, page], None, NOW, vouched).state == "confirmed"
