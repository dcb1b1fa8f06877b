"""Trained models and small facts are kept, exchanged and struck."""

from __future__ import annotations

from dataclasses import replace

from aggregator.store import Store, StoredModel
from aggregator.store.models import name_of

from .conftest import Open
from .makers import HOUR, NOW

MODEL = StoredModel("v1", "t", NOW, name_of("t", "v1"), True, "corpus", {"f1": 0.5})


def test_a_topic_has_one_active_model_and_old_ones_are_struck(store: Store) -> None:
    assert store.models.active("t") is None
    store.models.add(MODEL, keep=2)
    assert store.models.all() == store.models.all("t") == [MODEL]
    assert store.models.all("u") == []
    for n in range(2, 6):
        new = replace(MODEL, version=f"v{n}", at=NOW + n * HOUR)
        struck = store.models.add(new, keep=2)
        assert [m.version for m in struck] == ([f"v{n - 3}"] if n > 3 else [])
        assert store.models.active("t") == new
    assert [(m.version, m.active) for m in store.models.all("t")] == [
        ("v5", True), ("v4", False), ("v3", False)
    ]  # fmt: skip
    store.models.activate("t", "v3")
    assert [m.version for m in store.models.all("t") if m.active] == ["v3"]
    store.models.activate("t", None)
    assert store.models.active("t") is None


def test_a_model_whose_file_is_gone_cannot_be_used(store: Store) -> None:
    assert store.models.file_of(MODEL) == store.folder / "models" / "t-v1.model"
    assert store.models.usable(MODEL) is None
    store.models.file_of(MODEL).parent.mkdir()
    store.models.file_of(MODEL).write_bytes(b"damaged")
    assert store.models.usable(MODEL) is None


def test_facts_are_kept_until_they_are_replaced(store: Store, open_store: Open) -> None:
    assert store.meta.get("key") is None
    store.meta.set("key", "one")
    store.meta.set("key", "two")
    assert open_store().meta.get("key") == "two"
    assert store.meta.update("key", lambda held: f"{held} and more") == "two and more"
    assert store.meta.update("new", lambda held: str(held)) == "None"
    assert store.meta.get("key") == "two and more"
