"""N-grams are the same for a text whatever stands beside it, and read as people would read them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.utils.estimator_checks import check_estimator

from classifiers.model.ngrams import grams
from classifiers.model.vectorizer import BLOCK, NgramVectorizer, hashed


def spans(text: str) -> list[str]:
    found = grams([text])
    return [found.text[a:b] for a, b in zip(found.start, found.end, strict=True)]


def test_words_pairs_and_beginnings_in_an_alphabet():
    assert spans("Sanctions bite.") == ["sanctions", "bite", "sanctions bite", "sanct"]


def test_character_ngrams_inside_hangul_and_han_only():
    assert spans("북한이 核") == ["북한이", "核", "북한이 核", "북한", "한이", "북한이"]


def test_words_far_apart_make_no_pair():
    assert "one two" not in spans("one --------- two")


def test_equal_words_have_equal_hashes_wherever_they_stand():
    found = grams(["harbour light", "the light of day"])
    by_text: dict[str, set[int]] = {}
    for begin, end, value in zip(found.start, found.end, found.hash, strict=True):
        by_text.setdefault(found.text[begin:end], set()).add(int(value))
    assert len(by_text["light"]) == 1
    assert by_text["light"] != by_text["harbour"]


def test_a_word_and_the_same_letters_as_a_beginning_differ():
    found = grams(["sanct sanctions"])
    values = [
        int(value)
        for begin, end, value in zip(found.start, found.end, found.hash, strict=True)
        if found.text[begin:end] == "sanct"
    ]
    assert len(values) == len(set(values)) == 2


def test_hashes_do_not_change_between_versions():
    """Stored models depend on them; a change needs a new artifact format."""
    assert [hex(value) for value in grams(["북한 and light"]).hash[:3]] == EXPECTED


EXPECTED = ["0x62e20dc7ce5cb296", "0x1e1bc5cbe50ce6a4", "0xf31ce64cc3ec1c2e"]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(max_size=40), max_size=6), st.integers(0, 5))
def test_a_text_counts_alike_alone_and_in_any_batch(texts: list[str], place: int):
    if place >= len(texts):
        return
    alone, together = hashed([texts[place]]), hashed(texts)
    assert (alone != together[[place]]).nnz == 0


def test_batches_larger_than_a_block_keep_their_order():
    texts = [f"number{number} text" for number in range(2 * BLOCK + 3)]
    assert (hashed(texts)[[2 * BLOCK]] != hashed([texts[2 * BLOCK]])).nnz == 0


def test_vectoriser_keeps_what_enough_texts_hold():
    fitted = NgramVectorizer(min_df=2).fit(["red light", "red fog", "blue"])
    assert fitted.transform(["red blue light"]).sum() == 1
    assert fitted.transform([]).shape == (0, len(fitted.columns_))


def test_few_and_many_lookups_agree():
    texts = [f"word{number % 50} red light {number}" for number in range(4000)]
    fitted = NgramVectorizer(min_df=2).fit(texts)
    many = fitted.transform(texts)
    few = fitted.transform(texts[:5])
    assert (many[:5] != few).nnz == 0
    assert many.nnz > 10_000


@pytest.mark.filterwarnings("ignore:Can't test estimator:sklearn.exceptions.SkipTestWarning")
def test_estimator_follows_the_conventions():
    """scikit-learn checks of text vectorisers what it can: construction, cloning, parameters, tags, repr."""
    check_estimator(NgramVectorizer())
    assert clone(NgramVectorizer(min_df=7)).get_params() == {"min_df": 7}
    with pytest.raises(NotFittedError):
        NgramVectorizer().transform(["text"])
    with pytest.raises(ValueError, match="string object"):
        NgramVectorizer().fit("one text")


def test_empty_and_hostile_texts():
    counts = hashed(["", "\0\0", "\ud800", "x" * 5000, "💡" * 10])
    assert counts.shape[0] == 5
    assert np.isfinite(counts.data).all()
