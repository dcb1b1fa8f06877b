from __future__ import annotations

from collections.abc import Callable

import pytest

from aggregator.core.types import Candidate, Entry
from aggregator.stories.grouping.member import member_of
from aggregator.stories.grouping.near_duplicate import same_text

LEAD = (
    "The ferry left Puerto Princesa at dawn with 140 people aboard and sank in rough seas off Palawan island."
)
KOREAN_LEAD = (
    "여객선이 새벽에 푸에르토프린세사를 떠나 팔라완 앞바다에서 높은 파도에 침몰했다고 해경이 발표했다."
)


def score(make: Callable[..., list[Candidate]], a: Entry, b: Entry) -> float:
    one, other = make(a, b)
    return same_text(
        member_of("s", one.entry, one.fingerprint), member_of("t", other.entry, other.fingerprint)
    )


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (
            ('[속보] 합참 "북한, 탄도미사일 두 발 발사"', ""),
            ('합참 "북한, 탄도미사일 두 발 발사"', KOREAN_LEAD),
        ),
        (
            ("여객선 침몰…11명 사망", KOREAN_LEAD),
            ("여객선 침몰…11명 사망(종합)", KOREAN_LEAD + " 9명을 찾고 있다."),
        ),
        (("Ferry sinks off Palawan", LEAD), ("UPDATE 2-Ferry sinks off Palawan, many missing", LEAD)),
        (("Ferry sinks off Palawan", LEAD), ("Ferry sinks off Palawan", LEAD[:60] + "...")),
        (
            ("Ferry disaster off Palawan: rescuers search", LEAD),
            ("Rescuers search after ferry disaster", LEAD),
        ),
    ],
)
def test_versions_of_one_text(
    entry: Callable[..., Entry],
    candidates: Callable[..., list[Candidate]],
    a: tuple[str, str],
    b: tuple[str, str],
) -> None:
    assert score(candidates, entry(*a), entry(*b, at=1, id="b")) > 0.7
    assert score(candidates, entry(*b), entry(*a, at=1, id="b")) > 0.7


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (("EU adopts 12th sanctions package", ""), ("EU adopts 13th sanctions package", "")),
        (("EU, 12차 대러 제재안 채택하기로", ""), ("EU, 13차 대러 제재안 채택하기로", "")),
        (("North Korea fires two missiles into sea", ""), ("North Korea fires one missile into sea", "")),
        (("북, 동해로 미사일 두 발 발사", ""), ("북, 동해로 미사일 한 발 발사", "")),
        (
            ("Lao president arrives in Beijing to attend commemorations", LEAD),
            ("Thai president arrives in Beijing to attend commemorations", LEAD.replace("dawn", "noon")),
        ),
        (
            ("Ferry sinks off Palawan", LEAD),
            ("Fähre sinkt vor Palawan", "Die Fähre sank am Morgen vor der Insel."),
        ),
    ],
)
def test_numbers_and_names_make_another_text(
    entry: Callable[..., Entry],
    candidates: Callable[..., list[Candidate]],
    a: tuple[str, str],
    b: tuple[str, str],
) -> None:
    assert score(candidates, entry(*a), entry(*b, at=1, id="b")) == 0


def test_a_bare_headline_that_returns_next_day_is_a_column(
    entry: Callable[..., Entry], candidates: Callable[..., list[Candidate]]
) -> None:
    today, tomorrow = (
        entry("Editorial cartoon of the day"),
        entry("Editorial cartoon of the day", at=24, id="b"),
    )
    assert score(candidates, today, tomorrow) == 0
    assert score(candidates, today, entry("Editorial cartoon of the day", at=2, id="c")) == 1
