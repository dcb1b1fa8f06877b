from __future__ import annotations

import pytest

from aggregator.stories.features.extractor import Extractor
from aggregator.stories.features.headlines import headline, lead
from aggregator.stories.features.names import grouping_names


@pytest.mark.parametrize(
    ("title", "core"),
    [
        ('[속보] 합참 "북한, 미사일 발사"', '합참 "북한, 미사일 발사"'),
        ("한·몽골 정상회담(종합2보)", "한·몽골 정상회담"),
        ("[영상] [단독] 항구 파업 돌입(종합)", "항구 파업 돌입"),
        ("UPDATE 2-Ferry sinks off Palawan", "Ferry sinks off Palawan"),
        ("BREAKING: Ferry sinks off Palawan", "Ferry sinks off Palawan"),
        ("Ferry sinks off Palawan | Reuters", "Ferry sinks off Palawan"),
        ("Black &amp;amp; white", "Black & white"),
        ("[속보]", "[속보]"),
        ("[주요지표] 2031년 11월 4일자", "[주요지표] 2031년 11월 4일자"),
        ("[항구 시황] - 10:30", "- 10:30"),
    ],
)
def test_marks_are_no_part_of_a_headline(title: str, core: str) -> None:
    assert headline(title) == core


@pytest.mark.parametrize(
    ("summary", "text"),
    [
        ("(서울=연합뉴스) 홍길동 기자 = 북한이 미사일을 쐈다...", "북한이 미사일을 쐈다"),
        ("SEOUL, Nov. 4 (Yonhap) -- Two missiles were fired.", "Two missiles were fired"),
        ("PUERTO PRINCESA, Philippines (AP) — A ferry sank.", "A ferry sank"),
        ("(", ""),
        ("(09:00)", "(09:00)"),
    ],
)
def test_datelines_are_no_part_of_a_lead(summary: str, text: str) -> None:
    assert lead(summary) == text


@pytest.mark.parametrize(
    ("text", "language", "feature"),
    [
        ("EU adopts 13th sanctions package", "en", "ord:13"),
        ("EU, 13차 제재안 채택", "ko", "ord:13"),
        ("第13回の協議", "ja", "ord:13"),
        ("North Korea fires two missiles", "en", "count:2|thing:missile"),
        ("북, 미사일 두 발 발사", "ko", "count:2|thing:missile"),
        ("미사일 2발 발사", "ko", "count:2|thing:missile"),
        ("중국인 징역 8년", "ko", "num:8"),
        ("懲役8年", "ja", "num:8"),
        ("3천500억 달러 투자", "ko", "num:3.5e+11"),
        ("$350 billion investment", "en", "num:3.5e+11"),
        ("3500億ドルの投資", "ja", "num:3.5e+11"),
        ("41 million dollars stolen", "en", "num:41000000"),
        ("4천100만달러 탈취", "ko", "num:41000000"),
        ("October 28 launch", "en", "day:28"),
        ("28일 발사", "ko", "day:28"),
    ],
)
def test_numbers_come_out_alike_in_every_language(text: str, language: str, feature: str) -> None:
    features = Extractor(grouping_names()).features(text, "", language)
    normal = {name if not name.startswith("num:") else f"num:{float(name[4:]):g}" for name in features}
    wanted = feature if not feature.startswith("num:") else f"num:{float(feature[4:]):g}"
    assert wanted in normal


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Kim Jong Un oversees cruise missile test in Yellow Sea", "en"),
        ("김정은, 서해서 순항미사일 시험발사 참관", "ko"),
        ("金正恩総書記 黄海での巡航ミサイル試験を視察", "ja"),
    ],
)
def test_an_event_has_the_same_names_in_three_languages(text: str, language: str) -> None:
    features = Extractor(grouping_names()).features(text, "", language)
    assert {"person:kim-jong-un", "place:yellow-sea", "thing:cruise", "thing:missile", "act:test"} <= set(
        features
    )


def test_short_forms_need_their_own_word() -> None:
    features = Extractor(grouping_names())
    assert "place:us" in features.features("US and Japan hold drills", "", "en")
    assert "place:us" not in features.features("Let us hold drills, busy as usual", "", "en")
    assert "place:north-korea" in features.features("北최선희, 러시아로", "", "ko")
    assert "place:north-korea" not in features.features("北海道で大雪", "", "ja")
    assert "place:iran" not in features.features("평화란 무엇이란 말인가", "", "ko")


def test_users_alias_sets_add_to_the_table() -> None:
    features = Extractor(grouping_names({"coinport": ["Coinport", "코인포트"]}))
    assert "org:coinport" in features.features("코인포트 해킹", "", "ko")
    assert "org:coinport" in features.features("Coinport hacked", "", "en")


@pytest.mark.parametrize(
    ("text", "language", "feature", "there"),
    [
        ("핵무장 확대", "ko", "thing:nuclear", True),
        ("외교 핵심 인사", "ko", "thing:nuclear", False),  # "core"
        ("미만 판매 금지", "ko", "place:us", False),  # "under", not America with a particle
        ("미·중 회담", "ko", "place:us", True),
        ("Unesco meets", "en", "thing:world-heritage", True),
        ("핵·미사일 쐈다", "ko", "act:launch", True),
        ("Cuba visits", "en", "act:visit", True),
        ("Le tireur s'est suicidé", "fr", "thing:suicide", False),  # English "suicide" is another word
        ("北韓 열병식", "ko", "place:south-korea", True),
        ("한국인 승객", "ko", "place:south-korea", True),
        ("Nobel for Orbán", "en", "person:orban", True),
        ("Black &amp;amp; white flags of Iran", "en", "place:iran", True),
    ],
)
def test_names_stand_where_a_reader_sees_them(text: str, language: str, feature: str, there: bool) -> None:
    assert (feature in Extractor(grouping_names()).features(text, "", language)) is there


def test_a_persons_entities_change_what_grouping_finds() -> None:
    own = {
        "kim-jong-un": ["Kim Jeong-eun"],
        "blue-house": {"names": ["Yongsan"], "replace": True},
        "harbours": ["Port of Cebu", "harbour*", "Davao"],
    }
    features = Extractor(grouping_names(own))
    assert "person:kim-jong-un" in features.features("Kim Jeong-eun speaks", "", "en")
    assert "person:kim-jong-un" in features.features("Kim Jong Un speaks", "", "en")
    assert "place:blue-house" in features.features("Yongsan says no", "", "en")
    assert "place:blue-house" not in features.features("청와대 입장", "", "ko")
    assert "w:@harbours" in features.features("Davao floods", "", "en")
    assert "w:@harbours" not in features.features("harbour* floods", "", "en")


def test_what_is_written_onto_a_name_is_no_word_but_a_compound_is() -> None:
    features = Extractor(grouping_names()).features("북한에서는 북한미사일부대열차 훈련", "", "ko")
    assert {name for name in features if name.startswith("w:")} == {"w:부대열차"}
    assert {"place:north-korea", "thing:missile", "act:drill"} <= set(features)
