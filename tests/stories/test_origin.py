from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from aggregator.config.stories import OriginConfig
from aggregator.core.types import Entry, StoryEntry
from aggregator.stories.summary.attribution import Attributor
from aggregator.stories.summary.credits import attribute, find
from aggregator.stories.summary.outlets import Origins
from aggregator.stories.summary.writers import writers

ORIGINS = Origins()
ATTRIBUTOR = Attributor(ORIGINS)
LEAD = (
    "The ferry left Puerto Princesa at dawn with 140 people aboard and sank in rough seas off Palawan island."
)


@pytest.mark.parametrize(
    ("given", "origin"),
    [
        ({"summary": "(서울=연합뉴스) 홍길동 기자 = 북한이 미사일을 쐈다."}, "yonhap"),
        ({"summary": "[서울=뉴시스]홍길동 기자 = 북한이 미사일을 쐈다."}, "newsis"),
        ({"summary": "SEOUL, Nov. 4 (Yonhap) -- Two missiles were fired."}, "yonhap"),
        ({"summary": "PUERTO PRINCESA, Philippines (AP) — A ferry sank."}, "ap"),
        ({"summary": "", "text": "Pyongyang, November 5 (KCNA) -- A statement was issued."}, "kcna"),
        ({"summary": "【ソウル聯合ニュース】韓国政府は5日、会談を提案した。", "language": "ja"}, "yonhap"),
        ({"summary": "旅客船が沈没した。（共同）", "language": "ja"}, "kyodo"),
        ({"author": "By The Associated Press"}, "ap"),
        ({"credit": "Reuters"}, "reuters"),
        ({"credit": "Some Village Gazette"}, "Some Village Gazette"),
        ({"url": "https://www.yna.co.kr/view/1"}, "yonhap"),
        ({"url": "https://notyna.co.kr.example/view/1"}, "notyna.co.kr.example"),
        ({"summary": "KCNA said two missiles were fired."}, "gazette"),
        ({"summary": "A man (Smith) -- known for his boats -- was rescued."}, "gazette"),
    ],
)
def test_who_wrote_it_first(entry: Callable[..., Entry], given: dict[str, Any], origin: str) -> None:
    made = entry("Two missiles fired", **given)
    assert find(ORIGINS, made, "" if "url" in given else "gazette")[0] == origin


def test_the_feeds_own_name_is_known_by_alias_and_host(entry: Callable[..., Entry]) -> None:
    for name in ("yna", "연합뉴스", "www.yna.co.kr", "yonhap"):
        assert find(ORIGINS, entry("A headline"), name) == ("yonhap", "")


def test_an_entry_once_attributed_stays_so(entry: Callable[..., Entry]) -> None:
    made = entry("Two missiles fired", "(서울=연합뉴스) 홍길동 기자 = 북한이 미사일을 쐈다.")
    once = attribute(ORIGINS, made, "gazette")
    assert (once.origin, once.credit) == ("yonhap", "(연합뉴스)")
    assert attribute(ORIGINS, once, "gazette") == once


def test_configured_outlets_add_to_the_table(entry: Callable[..., Entry]) -> None:
    own = Origins(
        {
            "peninsula": OriginConfig(name="Peninsula Wire", kind="agency", country="KR", aliases=("PW",)),
            "kcna": OriginConfig(domains=("mirror.example",)),
        }
    )
    found = find(own, entry("A headline", "SEOUL (PW) -- Two missiles were fired."), "gazette")
    assert found[0] == "peninsula"
    kcna = own.of_url("https://news.mirror.example/1")
    assert kcna is not None
    assert (kcna.kind, kcna.country, kcna.slug) == ("state-media", "KP", "kcna")
    assert own.of_url("https://kcna.kp/en/1") == kcna


def test_copies_share_their_agencys_origin(member: Callable[..., StoryEntry]) -> None:
    members = [
        member("Ferry sinks off Palawan", LEAD, origin="gazette", at=0),
        member(
            "Ferry sinks", f"PUERTO PRINCESA (AP) — {LEAD}", origin="herald", kind="newspaper", at=1, id="b"
        ),
        member("Ferry sinks off Palawan", LEAD, origin="post", at=2, id="c"),
        member(
            "Ferry tragedy: our reporter in Palawan",
            "Survivors told us how they swam ashore.",
            origin="voice",
            at=3,
        ),
    ]
    assert [origin.slug for origin in writers(members, ORIGINS)] == ["ap", "ap", "ap", "voice"]


def test_without_a_credit_the_earliest_copy_is_the_origin(member: Callable[..., StoryEntry]) -> None:
    members = [
        member("Ferry sinks off Palawan", LEAD, origin="gazette", at=0),
        member("Ferry sinks off Palawan", LEAD, origin="herald", at=1, id="b"),
    ]
    assert [origin.slug for origin in writers(members, ORIGINS)] == ["gazette", "gazette"]


@pytest.mark.parametrize(
    ("title", "body", "name", "kind", "observed"),
    [
        (
            "",
            "South Korea's Joint Chiefs of Staff said it detected a launch.",
            "South Korea's Joint Chiefs",
            "official",
            True,
        ),
        (
            "",
            "합동참모본부는 미사일 발사를 포착했다고 밝혔다.",
            "South Korea's Joint Chiefs",
            "official",
            True,
        ),
        ("", "통일부는 유감이라고 밝혔다.", "South Korea's unification ministry", "official", False),
        ("", "조선중앙통신이 5일 보도했다.", "Korean Central News Agency", "state-media", False),
        (
            "",
            "Pyongyang tested an engine, KCNA reported.",
            "Korean Central News Agency",
            "state-media",
            False,
        ),
        ("", "according to Reuters, the ferry sank", "Reuters", "outlet", False),
        ('북한 "미사일 시험발사"', "", "North Korea", "party", False),
        ("", "The claim could not be independently verified.", "doubt", "doubt", False),
        ("", "사실 여부는 독립적으로 확인되지 않았다.", "doubt", "doubt", False),
        ("", "朝鮮中央通信が伝えた。", "Korean Central News Agency", "state-media", False),
        ('합참 "순항미사일 한 발 탐지"', "", "South Korea's Joint Chiefs", "official", True),
        ('北 "경고사격 말라"…軍 "침범 따른 조치"', "", "South Korea's defence ministry", "official", False),
        (
            "",
            "합참은 북한군이 선을 넘어 경고한 것이라는 입장이다.",
            "South Korea's Joint Chiefs",
            "official",
            True,
        ),
        ("“소녀에서 주역으로”…NYT, 김주애 집중조명", "", "The New York Times", "outlet", False),
        ("South's overtures a ‘pipedream’: Pyongyang", "", "North Korea", "party", False),
        ("Kim Jong-un supervises test of missiles", "", "North Korea", "party", False),
        ("김정은, 신형 구축함 시찰(종합)", "", "North Korea", "party", False),
        ("N Korea says its nuclear status enshrined in law", "", "North Korea", "party", False),
        ("Pyongyang slams drill as rehearsal for war", "", "North Korea", "party", False),
        ("北, 한미 연합훈련 비난(종합)", "", "North Korea", "party", False),
        ("", "대표단이 방북한다고 조선중앙통신이 12일…", "Korean Central News Agency", "state-media", False),
        ("", "조선중앙통신을 인용해 타스가 보도했다.", "Korean Central News Agency", "state-media", False),
    ],
)
def test_on_whose_word_a_text_rests(title: str, body: str, name: str, kind: str, observed: bool) -> None:
    found = [(a.name, a.kind, a.observed) for a in ATTRIBUTOR.find(title, body)]
    assert (name, kind, observed) in found


def test_a_name_alone_is_no_attribution() -> None:
    assert ATTRIBUTOR.find("Joint Chiefs chairman visits front", "KCNA has an office in Pyongyang") == ()
    assert ATTRIBUTOR.find("", "The RECONCAPSAID newsletter") == ()
    assert ATTRIBUTOR.find("軍 사기 진작", "현장을 찾은 軍 관계자는 없었다.") == ()


def test_a_camera_is_no_state_media() -> None:
    assert ATTRIBUTOR.find("", "경찰이 현장의 CCTV 영상을 분석했다고 밝혔다.") == ()
    (found,) = ATTRIBUTOR.find("", "중국 관영 CCTV가 보도했다.")
    assert found.kind == "state-media"


def test_whoever_is_named_in_a_headlines_quotation_does_not_speak() -> None:
    assert not ATTRIBUTOR.find('의원 "김주애, 김정은 후계자 아냐…유학 추정 아들 은폐"', "")
    assert not ATTRIBUTOR.find("“김정은, 중국 가는 것으로 추정”", "")


@pytest.mark.parametrize(
    "text",
    [
        "그는 김정은 북한 국무위원장과 만날 가능성에 대해 “만나고 싶다”고 말했다.",
        "대통령은 김정은을 만나겠다고 말했다.",
        "He wants to meet Kim Jong Un this year, he told reporters.",
        "Asked about Kim Jong Un, he said nothing.",
        "김정은 '리무진 대화' 영상이 공개됐다.",
        "He shipped arms to Pyongyang for money, the Justice Department said.",
        "Pyongyang's launch was seen, the Joint Chiefs said.",
    ],
)
def test_whoever_is_spoken_of_does_not_speak(text: str) -> None:
    assert not [a for a in ATTRIBUTOR.find("", text) if a.kind == "party"]
