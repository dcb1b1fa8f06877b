"""Training from judgements: what is made, used, refused, rolled back, and what a broken file does."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from aggregator.config import Config
from aggregator.core.errors import ModelError
from aggregator.pipeline.runtime import Runtime, worker_plan
from aggregator.store import StoredModel
from aggregator.store.opening import store_path
from aggregator.topics import labels, training
from aggregator.topics.training import Trained

from .conftest import CONFIG, TOPIC, belongs, feed_in, judged, label_of, run, stream, teach, write


def train(runtime: Runtime) -> Trained:
    """Train in this process, as the process apart does."""
    return training.train_topic(
        store_path(runtime.config, runtime.env),
        worker_plan(runtime.config, runtime.store),
        TOPIC,
        runtime.clock.now(),
    )


def models(runtime: Runtime) -> list[StoredModel]:
    return runtime.store.models.all(TOPIC)


def active(runtime: Runtime) -> str:
    return next((m.version for m in models(runtime) if m.active), "")


def versions(runtime: Runtime) -> set[str]:
    """The models that stored labels name, but for labels that a person's word alone made."""
    found = (label_of(runtime, f"s{number}") for number in range(0, 60, 5))
    return {
        label.model
        for label in found
        if label is not None and any(reason.kind != "feedback" for reason in label.reasons)
    }


def file(runtime: Runtime, version: str) -> Path:
    return next(runtime.store.models.file_of(m) for m in models(runtime) if m.version == version)


def test_training_makes_registers_and_uses_a_model_and_says_so_again(config: Config) -> None:
    async def work(runtime: Runtime) -> None:
        await feed_in(runtime, stream())
        assert versions(runtime) == {""}
        await teach(runtime, judged(range(60)))
        done = train(runtime)
        assert (done.used, done.judgements) == (True, 60)
        assert active(runtime) == done.version
        assert file(runtime, done.version).is_file()
        assert await labels.take_over(runtime)
        assert versions(runtime) == {done.version}
        again = train(runtime)
        assert (again.used, again.version) == (False, "")
        assert "nothing changed" in again.why
        assert active(runtime) == done.version
        # Of stories that nobody judged and no rule names, it thinks more of those that belong.
        silent: dict[bool, list[float]] = {True: [], False: []}
        for number in range(60, 120):
            label = label_of(runtime, f"s{number}")
            if label is not None and not any(reason.kind == "term" for reason in label.reasons):
                silent[belongs(number)].append(label.score)
        assert min(len(scores) for scores in silent.values()) >= 3
        assert min(silent[True]) > max(silent[False])

    run(config, work)


def test_the_same_input_gives_the_same_version_and_other_input_another(tmp_path: Path) -> None:
    async def work(runtime: Runtime) -> tuple[str, str]:
        await feed_in(runtime, stream())
        await teach(runtime, judged(range(40)))
        first = train(runtime).version
        await teach(runtime, judged([40, 41]))
        return first, train(runtime).version

    one = run(write(tmp_path / "one"), work)
    two = run(write(tmp_path / "two"), work)
    assert one == two
    assert one[0] != one[1]


def test_a_worse_model_is_refused_and_the_old_one_stays(config: Config) -> None:
    async def work(runtime: Runtime) -> None:
        await feed_in(runtime, stream())
        await teach(runtime, judged(range(120)))
        good = train(runtime)
        assert good.used
        before = {path.name for path in file(runtime, good.version).parent.iterdir()}
        # Somebody answers the older three quarters the wrong way round; the latest quarter stays right.
        await teach(runtime, judged(range(90), wrong=range(90)))
        refused = train(runtime)
        assert (refused.used, refused.version) == (False, "")
        assert refused.why.startswith("refused")
        assert active(runtime) == good.version
        assert {path.name for path in file(runtime, good.version).parent.iterdir()} == before
        plan = worker_plan(runtime.config, runtime.store)
        assert plan.models[TOPIC] == file(runtime, good.version)
        assert training.due_topics(runtime.store, plan) == [], "what was tried in vain is not tried again"

    run(config, work)


def test_going_back_to_an_earlier_model_and_to_rules_alone(config: Config) -> None:
    async def work(runtime: Runtime) -> None:
        await feed_in(runtime, stream())
        rules_alone = {n: label_of(runtime, f"s{n}") for n in range(60, 120)}
        await teach(runtime, judged(range(40)))
        first = train(runtime).version
        await teach(runtime, judged(range(40, 60)))
        second = train(runtime).version
        await labels.take_over(runtime)
        assert versions(runtime) == {second}
        with pytest.raises(ModelError, match=f"{second}.*{first}"):
            training.roll_back(runtime.store, TOPIC, "nonsense")
        chosen = training.roll_back(runtime.store, TOPIC, None)
        assert chosen is not None
        assert chosen.version == first
        await labels.take_over(runtime)
        assert versions(runtime) == {first}
        plan = worker_plan(runtime.config, runtime.store)
        assert training.due_topics(runtime.store, plan) == [], "going back is not undone by the next hour"
        with pytest.raises(ModelError):
            training.roll_back(runtime.store, TOPIC, None)
        assert training.roll_back(runtime.store, TOPIC, "none") is None
        await labels.take_over(runtime)
        assert versions(runtime) == {""}
        assert {n: label_of(runtime, f"s{n}") for n in range(60, 120)} == rules_alone
        assert training.due_topics(runtime.store, worker_plan(runtime.config, runtime.store)) == []
        again = training.roll_back(runtime.store, TOPIC, second)
        assert again is not None
        assert active(runtime) == second

    run(config, work)


def flip(path: Path, place: float) -> None:
    data = bytearray(path.read_bytes())
    data[int(place * (len(data) - 1))] ^= 0xFF
    path.write_bytes(bytes(data))


@pytest.mark.parametrize("workers", [0, pytest.param(1, marks=pytest.mark.slow)])
def test_a_lost_or_damaged_model_leaves_rules_alone_and_is_made_again(
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
    workers: int,
) -> None:
    config = write(tmp_path, CONFIG.replace("workers = 0", f"workers = {workers}"))

    async def learn(runtime: Runtime) -> str:
        await feed_in(runtime, stream(60))
        await teach(runtime, judged(range(30)))
        return train(runtime).version

    version = run(config, learn)
    model = tmp_path / "models" / f"{TOPIC}-{version}.model"
    whole = model.read_bytes()

    async def look(runtime: Runtime) -> None:
        assert runtime.workers.plan.models == {}
        await feed_in(runtime, [stream(70)[-1]])
        await labels.take_over(runtime)
        assert versions(runtime) == {""}
        assert training.due_topics(runtime.store, runtime.workers.plan) == [TOPIC]

    model.unlink()
    run(config, look)
    assert "rules decide alone" in "".join(capfd.readouterr()) + caplog.text
    damages = [0.3] if workers else [0.0, 0.3, 0.6]
    for place in damages:
        model.write_bytes(whole)
        flip(model, place)
        run(config, look)

    async def mend(runtime: Runtime) -> None:
        done = train(runtime)
        assert done.used
        await labels.take_over(runtime)
        assert versions(runtime) == {done.version}

    run(config, mend)


def test_no_flipped_bit_brings_a_worker_down(config: Config) -> None:
    """Whatever byte of a model file is wrong, reading it fails in the one way that is expected, or not at all."""
    from aggregator.pipeline.worker import make_classifier
    from classifiers.types import Document

    async def work(runtime: Runtime) -> None:
        await feed_in(runtime, stream(60))
        await teach(runtime, judged(range(30)))
        version = train(runtime).version
        plan = worker_plan(runtime.config, runtime.store)
        path = file(runtime, version)
        whole = path.read_bytes()
        for step in range(25):
            flip(path, step / 24)
            found = make_classifier(plan).classify([Document("x", "Lighthouse and lantern of Balmore")])
            assert [label.topic for label in found[0]] == [TOPIC]
            path.write_bytes(whole)

    run(config, work)


def test_the_folder_can_be_moved(tmp_path: Path) -> None:
    async def learn(runtime: Runtime) -> str:
        await feed_in(runtime, stream(60))
        await teach(runtime, judged(range(30)))
        return train(runtime).version

    version = run(write(tmp_path / "here"), learn)
    (tmp_path / "here").rename(tmp_path / "there")

    async def look(runtime: Runtime) -> str:
        return runtime.workers.plan.models[TOPIC].name

    assert version in run(write(tmp_path / "there"), look)


def test_only_some_earlier_versions_are_kept(config: Config) -> None:
    async def work(runtime: Runtime) -> None:
        await feed_in(runtime, stream(30))
        folder = runtime.store.folder / "models"
        folder.mkdir()
        made = StoredModel("", TOPIC, datetime(2026, 1, 1, tzinfo=UTC), "", False, "", {})
        for number in range(training.KEPT + 3):
            name = f"models/{TOPIC}-v{number}.model"
            (runtime.store.folder / name).write_bytes(b"old")
            at = made.at.replace(day=number + 1)
            runtime.store.models.add(replace(made, version=f"v{number}", path=name, at=at), keep=100)
        await teach(runtime, judged(range(20)))
        done = train(runtime)
        kept = [m.version for m in models(runtime)]
        assert kept == [done.version, *(f"v{n}" for n in range(training.KEPT + 2, 2, -1))]
        assert len(list(folder.iterdir())) == len(kept)

    run(config, work)
