"""A model survives the disk unchanged, and nothing else is let in."""

from __future__ import annotations

import json
import pickle
import shutil
import zipfile

import numpy as np
import pytest
import skops.io
from sklearn.svm import SVC

from classifiers.model.dataset import rule_samples
from classifiers.model.model_file import TRUSTED, ArtifactError, load, read_header, save
from classifiers.model.model_header import FORMAT
from tests.classifiers.model.conftest import SLUG


@pytest.fixture
def path(model, tmp_path):
    where = tmp_path / "models" / "one.model"
    save(model, where)
    return where


def rewrite(path, name: str, data: bytes) -> None:
    """Replace one member of the archive."""
    copy = path.with_suffix(".copy")
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(copy, "w") as new:
        for member in old.namelist():
            new.writestr(member, data if member == name else old.read(member))
    shutil.move(copy, path)


def test_a_model_comes_back_as_it_was(model, path, stories, rules):
    again = load(path)
    samples = rule_samples(SLUG, stories, rules)
    assert np.array_equal(again.probabilities(samples), model.probabilities(samples))
    assert again.facet(samples) == model.facet(samples)
    for name in ("topic", "version", "corpus", "rules", "trained", "metrics"):
        assert getattr(again, name) == getattr(model, name)
    assert again.reasons(samples[:3]) == model.reasons(samples[:3])


def test_saving_leaves_one_file_and_replaces_whole(model, path):
    save(model, path)
    assert [item.name for item in path.parent.iterdir()] == ["one.model"]


def test_header_names_versions_and_metrics(path, model):
    header = read_header(path)
    assert header["format"] == FORMAT
    assert header["corpus"] == model.corpus
    assert header["metrics"]["judgements"] == 240


@pytest.mark.parametrize(
    ("key", "value", "words"), [("format", 99, "model format"), ("sklearn", "0.1", "scikit-learn 0.1")]
)
def test_other_versions_are_refused(path, key, value, words):
    header = {**read_header(path), key: value}
    rewrite(path, "model.json", json.dumps(header).encode())
    with pytest.raises(ArtifactError, match=words):
        load(path)


def test_types_that_are_no_part_of_a_model_are_refused(path):
    class Payload:
        pass

    rewrite(path, "pipeline.skops", skops.io.dumps(Payload()))
    with pytest.raises(ArtifactError, match="not part of a model"):
        load(path)


def test_a_trusted_object_that_is_no_pipeline_is_refused(path):
    rewrite(path, "pipeline.skops", skops.io.dumps(SVC()))
    with pytest.raises(ArtifactError, match="no pipeline"):
        load(path)


@pytest.mark.parametrize("data", [b"", b"junk", pickle.dumps({"a": 1})])
def test_files_of_another_kind_are_refused(tmp_path, data):
    where = tmp_path / "x.model"
    where.write_bytes(data)
    with pytest.raises(ArtifactError, match="not a model file"):
        load(where)


def test_a_cut_off_file_and_a_missing_one_are_refused(path, tmp_path):
    path.write_bytes(path.read_bytes()[:-2000])
    with pytest.raises(ArtifactError):
        load(path)
    with pytest.raises(ArtifactError):
        load(tmp_path / "none.model")


def test_only_our_own_types_are_trusted_beyond_the_defaults(path):
    with zipfile.ZipFile(path) as archive:
        needed = skops.io.get_untrusted_types(data=archive.read("pipeline.skops"))
    assert set(needed) == set(TRUSTED)
