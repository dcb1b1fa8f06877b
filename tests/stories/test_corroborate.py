from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from itertools import permutations

import pytest

from aggregator.config.stories import StoriesConfig
from aggregator.core.types import StoryEntry
from aggregator.stories.summary.corroborate import corroborate
from aggregator.stories.summary.summarise import rules_for

from .conftest import START

NOW = START + timedelta(days=1)
RULES = rules_for(StoriesConfig())
KCNA_TEXT = (
    "Pyongyang, November 5 (KCNA) -- A cruise missile was test-fired from a destroyer in the Yellow Sea."
)


def kcna(member: Callable[..., StoryEntry]) -> StoryEntry:
    return member(
        "Cruise missile test-fired", KCNA_TEXT, origin="kcna", kind="state-media", country="KP", id="kcna"
    )


def relay(member: Callable[..., StoryEntry], origin: str, at: float) -> StoryEntry:
    return member(
        f"North Korea tests cruise missile, writes {origin}", f"KCNA reported the test; {origin} has no more.",
        origin=origin, kind="newspaper", country="KR", at=at,
    )  # fmt: skip


def witness(member: Callable[..., StoryEntry], at: float = 5) -> StoryEntry:
    return member(
        "Seoul tracks cruise missile", "South Korea's Joint Chiefs of Staff said it detected the launch.",
        origin="herald", kind="newspaper", country="KR", at=at,
    )  # fmt: skip


def test_state_media_alone_stays_that_however_many_repeat_it(member: Callable[..., StoryEntry]) -> None:
    members = [kcna(member), relay(member, "gazette", 1), relay(member, "post", 2), relay(member, "voice", 3)]
    found = corroborate(members, None, NOW, RULES)
    assert found.state == "state-media-only"
    assert found.origins == ("kcna", "gazette", "post", "voice")
    assert found.kinds == ("state-media", "newspaper")
    assert found.countries == ("KP", "KR")
    assert any("KCNA reported" in words for words in found.attributions)


def test_an_official_witness_confirms_and_the_history_says_when(member: Callable[..., StoryEntry]) -> None:
    found = corroborate([kcna(member), relay(member, "gazette", 1), witness(member)], None, NOW, RULES)
    assert found.state == "confirmed"
    assert found.since == START + timedelta(hours=5)
    assert [state for _, state in found.history] == ["state-media-only", "confirmed"]
    assert found.attributions[0].startswith("Joint Chiefs of Staff said")


def test_the_order_of_arrival_does_not_matter(member: Callable[..., StoryEntry]) -> None:
    members = [kcna(member), relay(member, "gazette", 1), witness(member), relay(member, "voice", 3)]
    results = {corroborate(order, None, NOW, RULES) for order in permutations(members)}
    assert len(results) == 1


def test_one_outlet_with_an_official_is_still_a_single_source(member: Callable[..., StoryEntry]) -> None:
    assert corroborate([witness(member)], None, NOW, RULES).state == "single-source"


def test_a_reaction_confirms_no_claim(member: Callable[..., StoryEntry]) -> None:
    reaction = member(
        "Seoul regrets missile test", "South Korea's unification ministry: the Unification Ministry said it regrets it.",
        origin="herald", at=4,
    )  # fmt: skip
    found = corroborate([kcna(member), relay(member, "gazette", 1), reaction], None, NOW, RULES)
    assert found.state != "confirmed"


def test_a_reaction_beside_state_medias_word_leaves_it_state_medias(
    member: Callable[..., StoryEntry],
) -> None:
    members = [
        kcna(member),
        member("Pyongyang tests missile", "KCNA reported a test. The Unification Ministry said it regrets it.",
               origin="herald", kind="newspaper", country="KR", at=1),
    ]  # fmt: skip
    assert corroborate(members, None, NOW, RULES).state == "state-media-only"
    assert corroborate([*members, witness(member)], None, NOW, RULES).state == "confirmed"


def test_doubt_stands_against_an_official_who_did_not_see(member: Callable[..., StoryEntry]) -> None:
    members = [
        member("Ministry announces attack", "The White House said the depot was hit.", origin="gazette"),
        member("Depot reportedly hit", "The claim could not be independently verified.", origin="post", at=1),
    ]
    assert corroborate(members, None, NOW, RULES).state == "reported-by-several"
    assert corroborate([*members[:1], witness(member)], None, NOW, RULES).state == "confirmed"


def test_independent_reports_are_several(member: Callable[..., StoryEntry]) -> None:
    members = [
        member("Ferry sinks off Palawan", "Our reporter saw the wreck.", origin="gazette"),
        member("Palawan ferry tragedy", "Survivors told us how they swam.", origin="post", at=1),
    ]
    assert corroborate(members, None, NOW, RULES).state == "reported-by-several"
    assert corroborate(members[:1], None, NOW, RULES).state == "single-source"
    strict = rules_for(StoriesConfig(several=3))
    assert corroborate(members, None, NOW, strict).state == "single-source"


def test_wire_copies_are_one_source(member: Callable[..., StoryEntry]) -> None:
    text = "PUERTO PRINCESA (AP) — The ferry sank at dawn with 140 people aboard in rough seas off Palawan island."
    members = [member("Ferry sinks", text, origin=name, id=name, at=n) for n, name in enumerate("abcd")]
    found = corroborate(members, None, NOW, RULES)
    assert found.state == "single-source"
    assert found.origins == ("ap",)


def test_two_who_only_relay_a_third_are_one_source(member: Callable[..., StoryEntry]) -> None:
    members = [
        member("Envoy to visit, Reuters reports", "Reuters reported the trip.", origin="gazette"),
        member("Trip by envoy planned", "The envoy plans a trip, according to Reuters.", origin="post", at=1),
    ]
    assert corroborate(members, None, NOW, RULES).state == "single-source"


def test_an_outlet_and_those_who_relay_it_are_one_source(member: Callable[..., StoryEntry]) -> None:
    own = member(
        "Workers toil abroad", "We spoke with six of them.", origin="bbc", kind="broadcaster", country="GB"
    )
    relay = member(
        "Workers toil abroad, BBC reports", "The BBC reported it.", origin="gazette", kind="newspaper", at=1
    )
    assert corroborate([own, relay], None, NOW, RULES).state == "single-source"


def test_beside_a_relay_a_text_broken_off_is_no_further_source(member: Callable[..., StoryEntry]) -> None:
    relay = member("Workers toil", "The BBC reported it.", origin="gazette", kind="newspaper", at=1)
    broken = member(
        "Labourers like slaves", "Labourers sent abroad to earn …", origin="post", kind="newspaper", at=2
    )
    whole = member("Labourers like slaves", "We spoke with ten.", origin="post", kind="newspaper", at=2)
    assert corroborate([relay, broken], None, NOW, RULES).state == "single-source"
    assert corroborate([relay, whole], None, NOW, RULES).state == "reported-by-several"
    alone = member("Workers toil", "Labourers were seen …", origin="gazette", kind="newspaper", at=1)
    assert corroborate([alone, broken], None, NOW, RULES).state == "reported-by-several"


def test_the_norths_leaders_are_heard_through_state_media_only(member: Callable[..., StoryEntry]) -> None:
    members = [
        member('[속보] 김여정 "한미훈련은 전쟁연습"', origin="yna"),
        member("김여정 “한미훈련 대가 치를 것”", origin="chosun", at=1),
    ]
    assert corroborate(members, None, NOW, RULES).state == "state-media-only"


def test_officials_can_be_added(member: Callable[..., StoryEntry]) -> None:
    members = [
        kcna(member),
        member(
            "Harbour closed", "The Palawan Port Office said so.", origin="gazette", kind="newspaper", at=1
        ),
    ]
    assert corroborate(members, None, NOW, RULES).state != "confirmed"
    rules = rules_for(StoriesConfig(officials=("Palawan Port Office",)))
    assert corroborate(members, None, NOW, rules).state == "confirmed"


@pytest.mark.parametrize("count", [1, 3])
def test_recomputing_changes_nothing(member: Callable[..., StoryEntry], count: int) -> None:
    members = [kcna(member), relay(member, "gazette", 1), witness(member)][:count]
    first = corroborate(members, None, NOW, RULES)
    assert corroborate(members, first, NOW + timedelta(days=1), RULES) == first
