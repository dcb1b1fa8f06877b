"""Whose claim a story is: the act and its agent count, not who is spoken of."""

from __future__ import annotations

import pytest

from aggregator.config.stories import StoriesConfig
from aggregator.core.types import StoryEntry
from aggregator.stories.summary.attribution import Attributor
from aggregator.stories.summary.claims.announcer import announcer
from aggregator.stories.summary.claims.north import north_speaks
from aggregator.stories.summary.corroborate import corroborate
from aggregator.stories.summary.outlets import Origins
from aggregator.stories.summary.summarise import rules_for

from .conftest import START, make_member

RULES = rules_for(StoriesConfig())
ATTRIBUTOR = Attributor(Origins())


def state(*members: StoryEntry) -> str:
    return corroborate(members, None, START, RULES).state


def report(outlet: str, title: str, summary: str = "", at: float = 0.0) -> StoryEntry:
    kind = "agency" if outlet == "yonhap" else "broadcaster" if outlet in ("bbc", "nhk") else "newspaper"
    return make_member(title, summary, origin=outlet, kind=kind, at=at, id=f"{outlet}{title}{at}")


def test_another_actors_act_after_words_of_the_norths_leader_is_that_actors() -> None:
    assert (
        state(
            report(
                "yonhap",
                "김정은 '대화 용의' 밝힌 뒤 美, 北 무역상 3명 제재",
                "미 재무부가 북한 무역상을 제재했다.",
            ),
            report(
                "chosun",
                "트럼프 행정부, 北 무역상 3명 제재",
                "무기 거래에 관여한 혐의로 3명이 제재 대상에 올랐다.",
                1,
            ),
        )
        != "state-media-only"
    )


def test_a_president_who_speaks_of_the_norths_leader_speaks_for_himself() -> None:
    said = (
        "김 대통령은 “트럼프 대통령과 김정은 국무위원장이 합의하면 받아들이겠다”고 밝혔다고 BBC가 보도했다."
    )
    interview = report(
        "bbc", "South would accept a freeze, president tells the BBC", "He wants to restore trust."
    )
    assert state(interview, report("chosun", "대통령 “핵 동결, 현실적 조치”", said, 1)) == "single-source"


def test_what_state_media_say_is_theirs_though_a_headline_names_them_by_their_role() -> None:
    assert (
        state(
            report(
                "bbc", "North Korean leader watches new missile, state media says", "Two missiles were fired."
            ),
            report(
                "nhk",
                "北朝鮮 新型ミサイルの発射実験",
                "北朝鮮の国営メディアは、新型ミサイルの発射実験を行ったと伝えました。",
                1,
            ),
            report(
                "chosun",
                "北, 신형 미사일 시험 사격",
                "북한이 신형 미사일 시험 사격을 실시했다고 24일 밝혔다.",
                2,
            ),
            report(
                "yonhap",
                "北, 신형 미사일 시험…김정은 참관",
                "북한은 23일 신형 미사일의 시험 사격을 실시...",
                3,
            ),
        )
        == "state-media-only"
    )


def test_an_observer_lifts_what_the_north_says_of_itself() -> None:
    assert (
        state(
            report(
                "bbc", "North Korean leader watches new missile, state media says", "Two missiles were fired."
            ),
            report(
                "yonhap",
                '합참 "북한 미사일 두 발 발사 포착"',
                "합동참모본부는 미사일 두 발을 포착했다고 밝혔다.",
                1,
            ),
        )
        == "confirmed"
    )


def test_silent_reports_of_others_acts_are_their_own_although_one_cites_state_media() -> None:
    assert (
        state(
            report(
                "yonhap",
                "두 정상, 알래스카서 세 시간 회담",
                "두 정상이 15일 알래스카에서 세 시간 동안 회담했다.",
            ),
            report(
                "chosun", "정상 “회담 유용했다”", "타스 통신에 따르면 대통령은 회담이 유용했다고 평가했다.", 1
            ),
        )
        == "reported-by-several"
    )


def test_an_announcement_is_one_claim_however_many_print_it() -> None:
    a = report(
        "chosun", "나래제약, 신약 임상 3상 승인", "나래제약은 신약의 임상 3상 계획을 승인받았다고 5일 밝혔다."
    )
    b = report(
        "yonhap",
        "나래제약 신약 'N7' 임상 3상 승인",
        "(서울=연합뉴스) 아무개 기자 = 나래제약은 신약 'N7'의 임상 3상 시험계획을...",
        1,
    )
    assert state(a, b) == "single-source"
    assert (
        state(a, report("yonhap", "나래제약 주가 급등", "나래제약 주가가 장 초반 크게 올랐다.", 1))
        == "reported-by-several"
    )


def test_a_public_bodys_own_act_is_its_own_source() -> None:
    a = report(
        "chosun",
        "개인정보위, 27일 처분 상정",
        "개인정보보호위원회가 처분안을 27일 상정하기로 했다고 21일 밝혔다.",
    )
    b = report("yonhap", "개인정보위 27일 제재 논의", "통신사에 대한 제재가 27일 논의된다.", 1)
    assert state(a, b) == "confirmed"


@pytest.mark.parametrize(
    ("headline", "speaks"),
    [
        ('김정은 "핵무장 확대 필요"', True),
        ("김정은, 신형 구축함 시찰(종합)", True),
        ("北 김여정 “확성기 철거한 적 없어”", True),
        ("北, 한미 연합훈련 비난", True),
        ("김정은 ‘조건부 대화’ 시사후 美, 무역상 신규제재", False),
        ("北 김정은, 9월 3일 ‘中 승전 열병식’ 참석한다", False),
        ("김정은·시진핑·푸틴, 내달 3일 ‘中 승전 열병식’서 만난다", False),
        ('김여정 "위인 아냐"…李대통령 "위인 되길 기대한 듯"', False),
    ],
)
def test_whether_the_north_speaks_in_a_headline(headline: str, speaks: bool) -> None:
    assert north_speaks(headline) is speaks


@pytest.mark.parametrize(
    ("body", "names"),
    [
        ("최선희 북한 외무상이 이달 말 중국을 방문한다고 중국 외교부가 25일 밝혔다.", {"China"}),
        ("김정은이 나란히 앉을 것이라고 크렘린궁이 29일 밝혔다.", {"Russia"}),
        ("왕이 외교부장 초청으로 방문할 예정이라고 말했다.", set()),
        ("크렘린궁(러시아 대통령실)이 29일 발표했다.", {"Russia"}),
        ("대통령은 “김정은 위원장이 합의하면 수용하겠다”고 밝혔다.", set()),
        ("조선중앙통신이 5일 보도했다.", {"Korean Central News Agency"}),
        ("통일부는 유감이라고 밝혔다.", {"South Korea's unification ministry"}),
    ],
)
def test_the_last_subject_before_the_verb_speaks(body: str, names: set[str]) -> None:
    assert {found.name for found in ATTRIBUTOR.find("", body)} == names


@pytest.mark.parametrize(
    ("text", "name", "kind"),
    [
        ("나래제약은 신약 계획을 승인받았다고 5일 밝혔다.", "나래제약", "other"),
        ("(서울=연합뉴스) 아무개 기자 = 북한은 대표단이 출국했다고 26일 밝혔다.", "북한", "north"),
        ("행정안전부는 비상 단계를 가동했다고 13일 밝혔다.", "행정안전부", "public"),
        ("충남 당진시는 버스를 운행한다고 2일 밝혔다.", "충남 당진시", "public"),
        ("나래영화제 집행위원회는 개막작을 정했다고 2일 밝혔다.", "나래영화제 집행위원회", "other"),
        ("나래연구원은 31일 발표한 보고서에서 성장률이 떨어진다고 내다봤다.", "나래연구원", "other"),
    ],
)
def test_who_announces(text: str, name: str, kind: str) -> None:
    found = announcer(text)
    assert found is not None
    assert (found.name, found.kind) == (name, kind)


@pytest.mark.parametrize(
    "text",
    [
        "이아무개 대표는 판결이 잘못됐다고 16일 밝혔다.",
        "비가 많이 내렸다.",
        "",
        "The ministry said on Monday that it would rain.",
    ],
)
def test_who_speaks_as_a_person_or_nobody_announces_nothing(text: str) -> None:
    assert announcer(text) is None
