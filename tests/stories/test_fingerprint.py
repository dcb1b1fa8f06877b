from __future__ import annotations

import pickle
from collections.abc import Callable
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from aggregator.config.stories import OriginConfig
from aggregator.core.types import Entry
from aggregator.stories.features.fingerprint import Fingerprinter, bands, fingerprint
from aggregator.stories.features.names import grouping_names
from classifiers.rules.read_topics import read_topics
from classifiers.topic_classifier import TopicClassifier
from classifiers.types import Document

TEXTS = st.text(max_size=300)
FINGERPRINTER = Fingerprinter()


def test_a_fingerprint_is_the_same_wherever_it_is_computed(entry: Callable[..., Entry]) -> None:
    made = entry("North Korea fires two missiles", "The launch was detected near Wonsan.")
    again = Fingerprinter().fingerprint([made])[0]
    assert again == fingerprint(made)
    assert pickle.loads(pickle.dumps(again)) == again


def test_words_of_origins_and_entities_become_features(entry: Callable[..., Entry]) -> None:
    names = grouping_names(
        {"lazarus": ["라자루스그룹스"], "table": {"names": ["Tableware Hackers"]}},
        {"daily": OriginConfig(name="The Daily Peninsula", aliases=("데일리반도",))},
    )
    print_ = Fingerprinter(names).fingerprint([entry("라자루스그룹스와 Tableware Hackers, 데일리반도 보도")])[
        0
    ]
    assert {"org:lazarus", "org:table", "org:daily"} <= set(print_.features)


def test_a_kind_of_things_is_a_word_and_no_name(entry: Callable[..., Entry]) -> None:
    names = grouping_names(
        {
            "accident": ["ran ashore", "collid*", "좌초"],
            "rulers": ["Putin", "Trump", "Somebody Else"],
            "everyone": ["@rulers", "Nobody Known"],
            "kim": ["Kim Jong Un", "Great Marshal"],
        }
    )
    printer = Fingerprinter(names)

    def features(title: str) -> set[str]:
        return set(printer.fingerprint([entry(title)])[0].features)

    assert "w:@accident" in features("A ferry ran ashore off Cebu")
    assert "w:@rulers" in features("Somebody Else resigns")
    assert not any(f.startswith("person") for f in features("Somebody Else resigns"))
    assert "w:@everyone" in features("Nobody Known resigns")
    assert "person:kim-jong-un" in features("Great Marshal visits farm")


@given(title=TEXTS, summary=TEXTS, language=st.sampled_from(["ko", "en", "ja", ""]))
def test_no_text_breaks_it(title: str, summary: str, language: str) -> None:
    made = Entry("id", 1, "g", "", title, summary, language=language)
    (print_,) = FINGERPRINTER.fingerprint([made])
    assert all(0 < weight <= 1 for weight in print_.features.values())
    assert all(-(2**63) <= key < 2**63 for key in (*print_.keys, *print_.bands))
    assert len(print_.features) <= 64


def test_a_scan_made_for_topics_gives_the_same_fingerprint(entry: Callable[..., Entry]) -> None:
    names = grouping_names()
    topics, _ = read_topics({"t": {"terms": {"@north-korea": 3, "url: example": 1}}}, {})
    classifier = TopicClassifier(topics, names=names)
    entries = [
        entry(
            "[속보] 北, 미사일 2발 발사(종합)",
            "(서울=연합뉴스) 홍길동 기자 = 합참은 북한이 12일 미사일을 쐈다고 밝혔다...",
        ),
        entry("UPDATE 2-Seoul's &amp;quot;drills&amp;quot; go on", ""),
        entry("", "Only a lead about Kim Jong Un"),
        replace(
            entry("Full text alone"), summary="", text="PYONGYANG, Nov. 4 (KCNA) -- Kim Jong Un left. " * 90
        ),
    ]
    documents = [
        Document(e.id, e.title, e.summary, e.text, "https://example.org/a", categories=("Asia",))
        for e in entries
    ]
    scans = classifier.scan(documents)
    assert Fingerprinter(names).fingerprint(entries, scans) == Fingerprinter(names).fingerprint(entries)
    assert classifier.classify(documents, scans) == classifier.classify(documents)
    assert [label[0].belongs for label in classifier.classify(documents, scans)] == [
        True,
        False,
        False,
        False,
    ]


def test_versions_of_one_headline_share_a_band() -> None:
    one = bands("Ferry with 140 aboard sinks off Palawan, 11 dead", "")
    other = bands("Ferry with 140 aboard sinks off Palawan; 11 dead, nine missing", "")
    assert set(one) & set(other)
    assert not set(one) & set(bands("Bank of Korea holds interest rate steady at 2.25%", ""))
