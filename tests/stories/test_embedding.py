"""The optional embedding model, with a real one of thirteen words that is made here."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from model2vec import StaticModel
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace

from aggregator.config.load import load, mistakes
from aggregator.config.stories import StoriesConfig
from aggregator.core.types import Candidate
from aggregator.store.rows.encoding import dump
from aggregator.store.rows.entry_row import fingerprint_from_json, fingerprint_to_json
from aggregator.stories.features.fingerprint import Fingerprinter
from classifiers.model.embedding import Embedder, EmbeddingError, cosine, unpacked

from .conftest import Replay, make_entry

MEANINGS = {
    0: ["ferry", "ship", "boat"],
    1: ["sinks", "capsizes", "founders"],
    2: ["lighthouse", "beacon"],
    3: ["orchard", "harvest"],
}
"""Words that mean the same have the same vector."""

FIRST = make_entry("Ferry sinks near lighthouse off Wando island", id="a")
SAME = make_entry("Boat founders by beacon off Wando island", id="b", at=1)
OTHER = make_entry("Orchard and harvest fair off season in Wando", id="c", at=1)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_model(tmp_path_factory.mktemp("model"))


def make_model(folder: Path, *, shift: int = 0) -> Path:
    words = {"[UNK]": 0}
    rows = [np.zeros(8, dtype=np.float32)]
    for axis, same in MEANINGS.items():
        for word in same:
            words[word] = len(rows)
            rows.append(np.eye(8, dtype=np.float32)[(axis + shift) % 8])
    tokenizer = Tokenizer(WordLevel(words, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = Whitespace()
    StaticModel(np.stack(rows), tokenizer, normalize=True).save_pretrained(folder)
    return folder


def stories_with(embedder: Embedder | None, *entries: object, weight: float = 8.0) -> dict[str, str]:
    prints = Fingerprinter(embedder=embedder).fingerprint(entries)  # type: ignore[arg-type]
    stream = [Candidate(*pair) for pair in zip(entries, prints, strict=True)]  # type: ignore[arg-type]
    replay = Replay(settings=StoriesConfig(embedding_weight=weight)).feed(stream)
    return {key: replay.resolve(found.story) for key, found in replay.assigned.items()}


def test_texts_that_mean_the_same_lie_together(model: Path) -> None:
    vectors = Embedder(str(model)).vectors(["ferry sinks", "boat capsizes", "orchard", "nothing known here"])
    assert cosine(unpacked(vectors[0]), unpacked(vectors[1])) == pytest.approx(1.0, abs=0.02)
    assert cosine(unpacked(vectors[0]), unpacked(vectors[2])) == 0.0
    assert vectors[3] == b""
    assert unpacked(b"") is None


def test_its_opinion_joins_reports_in_other_words(model: Path) -> None:
    embedder = Embedder(str(model))
    alone = stories_with(None, FIRST, SAME, OTHER)
    assert len(set(alone.values())) == 3
    helped = stories_with(embedder, FIRST, SAME, OTHER)
    assert helped["a"] == helped["b"] != helped["c"]
    assert stories_with(embedder, FIRST, SAME, OTHER, weight=0.0) == alone


def test_without_a_model_nothing_is_kept_and_with_one_its_hash_is(model: Path) -> None:
    embedder = Embedder(str(model))
    bare = Fingerprinter().fingerprint([FIRST])[0]
    seen = Fingerprinter(embedder=embedder).fingerprint([FIRST])[0]
    assert (bare.vector, bare.model) == (b"", "")
    assert seen == replace(bare, vector=seen.vector, model=embedder.name)
    assert seen.vector
    assert "v" not in fingerprint_to_json(bare)
    for one in (bare, seen):
        assert fingerprint_from_json(dump(fingerprint_to_json(one))) == one


def test_vectors_of_two_models_are_not_compared(model: Path, tmp_path: Path) -> None:
    one, other = Embedder(str(model)), Embedder(str(make_model(tmp_path, shift=4)))
    assert one.name != other.name
    replay = Replay(settings=StoriesConfig(embedding_weight=8.0))
    for embedder, entry in ((one, FIRST), (other, SAME)):
        replay.feed([Candidate(entry, Fingerprinter(embedder=embedder).fingerprint([entry])[0])])
    assert len({found.story for found in replay.assigned.values()}) == 2


@pytest.mark.parametrize("damaged", ["config.json", "model.safetensors", "tokenizer.json"])
@pytest.mark.parametrize("how", ["missing", "rubbish"])
def test_a_bad_model_is_named_with_its_line(tmp_path: Path, damaged: str, how: str) -> None:
    make_model(tmp_path / "m")
    file = tmp_path / "m" / damaged
    file.unlink() if how == "missing" else file.write_bytes(b"\x00rubbish")
    with pytest.raises(EmbeddingError, match="m"):
        Embedder(str(tmp_path / "m"))
    config = tmp_path / "config.toml"
    config.write_text('[stories]\nembedding = "m"\n')
    (found,) = mistakes(config)
    assert "config.toml:2: stories.embedding: " in found


def test_a_path_that_is_no_folder_is_not_looked_for_elsewhere(tmp_path: Path) -> None:
    with pytest.raises(EmbeddingError, match=r"has no config\.json"):
        Embedder("minishlab/some-model")
    (tmp_path / "config.toml").write_text('[stories]\nembedding = "minishlab/some-model"\n')
    assert "has no config.json" in mistakes(tmp_path / "config.toml")[0]


def test_without_the_library_the_extra_is_named(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "model2vec", None)
    with pytest.raises(EmbeddingError, match="the extra `embedding`"):
        Embedder(str(model))


def test_the_folder_is_found_from_the_configuration(tmp_path: Path) -> None:
    make_model(tmp_path / "m")
    (tmp_path / "config.toml").write_text('[stories]\nembedding = "m"\n')
    assert load(tmp_path / "config.toml").stories.embedding == str(tmp_path / "m")
