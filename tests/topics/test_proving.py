"""How well topics work, what to ask, what a change would do: figures that were counted by hand."""

from __future__ import annotations

import hashlib
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from aggregator.config import Config
from aggregator.pipeline.runtime import Runtime
from aggregator.topics import labels
from aggregator.topics.evaluation import backtest_config, evaluate_topic, near_misses, suggest

from .conftest import CONFIG, TOPIC, Cli, feed_in, judged, row, run, stream, teach, write

# What the rules say: "lighthouse" or "fogbound" carries a story, "lantern" alone is half of what is needed,
# "museum" keeps a story out whatever else is in it.
TEN = [
    (row("a1", "Lighthouse of Balmore repainted"), True),
    (row("a2", "Lighthouse at Corwick goes dark"), True),
    (row("a3", "Fogbound ferries wait off Dunstow"), True),
    (row("a4", "Keeper of Fenham retires after forty years"), True),
    (row("a5", "Lighthouse museum opens in Galby"), True),
    (row("a6", "Lighthouse cinema shows silent films at Holmore"), False),
    (row("a7", "Lantern parade through Balwick"), False),
    (row("a8", "Council of Corstow debates parking"), False),
    (row("a9", "Bakery in Dunham wins prize"), False),
    (row("a10", "Railway museum of Fenby reopens"), False),
]


def words(rows: list[tuple[dict[str, Any], bool]]) -> list[dict[str, Any]]:
    return [{"id": entry["id"], "topic": TOPIC, "relevant": yes} for entry, yes in rows]


def prepared(config: Config, rows: list[tuple[dict[str, Any], bool]] = TEN, *, judge: bool = True) -> None:
    async def work(runtime: Runtime) -> None:
        await feed_in(runtime, [entry for entry, _ in rows])
        if judge:
            await teach(runtime, words(rows))

    run(config, work)


def with_store(config: Config, look: Any) -> Any:
    async def work(runtime: Runtime) -> Any:
        return look(runtime.store)

    return run(config, work)


def test_figures_agree_with_a_hand_count(config: Config) -> None:
    prepared(config)
    done = with_store(config, lambda store: evaluate_topic(config, store, TOPIC))
    # In by the rules: a1 a2 a3 (right) and a6 (wrong). Missed: a4 (no term) and a5 (museum).
    assert (done.judgements, done.model) == (10, None)
    assert (done.rules.count, done.rules.relevant) == (10, 5)
    assert done.rules.precision.value == pytest.approx(3 / 4)
    assert done.rules.recall.value == pytest.approx(3 / 5)
    assert done.rules.f1.value == pytest.approx(2 * 3 / (4 + 5))
    for part in (done.rules.precision, done.rules.recall, done.rules.f1, done.rules.average_precision):
        assert 0 <= part.low <= part.value <= part.high <= 1
        assert part.low < part.high, "an interval without width on ten stories claims too much"
    terms = {one.what: one for one in done.terms}
    light = terms["lighthouse(s)"]
    # Found in a1 a2 a5 a6; without it a1 a2 (relevant) and a6 (not) would leave, a5 is out already.
    assert (light.hits.relevant, light.hits.irrelevant, light.hits.unjudged) == (3, 1, 0)
    assert light.precision == pytest.approx(3 / 4)
    assert (light.lost.relevant, light.lost.irrelevant) == (2, 1)
    assert (terms["lantern"].hits.irrelevant, terms["lantern"].lost.irrelevant) == (1, 0)
    (museum,) = done.excluded
    # Only where there was something to block: nothing speaks for a10.
    assert (museum.hits.relevant, museum.hits.irrelevant) == (1, 0)
    assert (museum.blocked.relevant, museum.blocked.irrelevant) == (1, 0)
    assert len(done.warnings) == 1
    assert "museum" in done.warnings[0]
    assert "1 stor" in done.warnings[0]


def test_with_enough_judgements_the_model_is_measured_on_later_stories(config: Config) -> None:
    async def work(runtime: Runtime) -> Any:
        await feed_in(runtime, stream())
        await teach(runtime, judged(range(60)))
        return evaluate_topic(runtime.config, runtime.store, TOPIC)

    done = run(config, work)
    assert done.model is not None
    assert done.model.count == done.rules.count == 48, "the first fifth is only learned from"
    assert "48 of 60" in done.method
    assert done.model.average_precision.value > done.rules.average_precision.value
    for scores in (done.rules, done.model):
        for part in (scores.precision, scores.recall, scores.f1, scores.average_precision):
            assert part.low <= part.value <= part.high
        assert sum(line.count for line in scores.calibration) == scores.count


def test_suggestions_name_a_doubtful_story_and_a_word_that_separates(config: Config) -> None:
    rows = [
        (row(f"k{n}", f"Keeper of {place} reports a quiet night"), True) for n, place in enumerate(PLACES[:6])
    ]
    rows += [(row(f"l{n}", f"Lighthouse of {place} repainted"), True) for n, place in enumerate(PLACES[6:9])]
    rows += [
        (row(f"c{n}", f"Lighthouse cinema of {place} sold out"), False)
        for n, place in enumerate(PLACES[9:12])
    ]
    rows += [
        (row(f"o{n}", f"Council of {place} debates parking"), False) for n, place in enumerate(PLACES[12:])
    ]
    prepared(config, rows)

    async def more(runtime: Runtime) -> None:
        await feed_in(
            runtime,
            [
                row("near", "Lantern lit above Holham harbour"),
                row("sure", "Lighthouse lantern guides fogbound lighthouses"),
            ],
        )

    run(config, more)
    found = with_store(config, lambda store: suggest(config, store, TOPIC))
    assert found.stories[0].id == "near", "the surest story teaches least"
    assert "falls just short" in found.stories[0].why
    keeper = next(one for one in found.add if "keeper" in one.what)
    assert (keeper.gained.relevant, keeper.gained.irrelevant) == (6, 0)
    assert not any("parking" in one.what or "cinema" in one.what for one in found.add)


def test_a_term_that_is_mostly_wrong_is_to_be_dropped(config: Config) -> None:
    rows = [
        (row(f"c{n}", f"Fogbound cinema of {place} sold out"), False) for n, place in enumerate(PLACES[:4])
    ]
    rows += [(row("f", "Fogbound ferries wait off Dunstow"), True)]
    rows += [(row(f"l{n}", f"Lighthouse of {place} repainted"), True) for n, place in enumerate(PLACES[6:9])]
    prepared(config, rows)
    (drop,) = with_store(config, lambda store: suggest(config, store, TOPIC)).drop
    assert drop.what == "fogbound"
    assert (drop.lost.irrelevant, drop.lost.relevant) == (4, 1)
    assert "3 more" in drop.why


PLACES = [a + b for a in ("Bal", "Cor", "Dun", "Fen") for b in ("more", "wick", "stow", "ham", "by")]


def digest(folder: Path) -> str:
    """A hash of every row of every table."""
    with sqlite3.connect(folder / "a.db") as connection:
        text = "\n".join(connection.iterdump())
    connection.close()
    return hashlib.sha256(text.encode()).hexdigest()


CHANGED = CONFIG.replace('"fogbound" = 2', '"keeper" = 2').replace(
    'exclude = ["museum"]', 'exclude = ["cinema"]'
)


def test_a_backtest_lists_exactly_what_changes_and_why_and_changes_nothing(
    tmp_path: Path, config: Config
) -> None:
    prepared(config)
    after = write(tmp_path / "new", CHANGED)
    before = digest(tmp_path)
    (done,) = with_store(config, lambda store: backtest_config(config, after, store))
    assert digest(tmp_path) == before
    assert {one.id: {reason.what for reason in one.terms} for one in done.entered} == {
        "a4": {"keeper"},
        "a5": {"museum"},
    }
    assert {one.id: {reason.what for reason in one.terms} for one in done.left} == {
        "a3": {"fogbound"},
        "a6": {"cinema"},
    }
    assert {one.id: one.judged for one in (*done.entered, *done.left)} == {
        "a3": True, "a4": True, "a5": True, "a6": False
    }  # fmt: skip
    assert [one.id for one in done.left] == ["a3", "a6"], "what a person wants comes first among what is lost"
    assert (done.documents, done.belonged, done.belongs) == (10, 4, 4)
    assert (done.before.precision.value, done.before.recall.value) == pytest.approx((3 / 4, 3 / 5))
    assert (done.after.precision.value, done.after.recall.value) == pytest.approx((1, 4 / 5))
    assert set(done.responsible) == {("keeper", 1, 0), ("museum", 1, 0), ("fogbound", 0, 1), ("cinema", 0, 1)}


@pytest.mark.parametrize(
    ("setting", "raised", "lowered"),
    [
        ("points = 6", "points 2 -> 6", "points 6 -> 2"),
        ("points = 2\nthreshold = 0.9", "threshold 0.5 -> 0.9", "threshold 0.9 -> 0.5"),
        ("points = 2\ndistinct = 3", "distinct 1 -> 3", "distinct 3 -> 1"),
    ],
)
def test_a_backtest_names_the_setting_that_asks_for_more_or_less(
    tmp_path: Path, config: Config, setting: str, raised: str, lowered: str
) -> None:
    prepared(config, judge=False)
    strict = write(tmp_path / "new", CONFIG.replace("points = 2", setting))
    (there,) = with_store(config, lambda store: backtest_config(config, strict, store))
    (back,) = with_store(config, lambda store: backtest_config(strict, config, store))
    assert {one.id for one in there.left} == {one.id for one in back.entered} >= {"a1", "a2"}
    assert {one.terms[0].what for one in there.left} == {raised}
    assert {one.terms[0].what for one in back.entered} == {lowered}
    assert (raised, 0, len(there.left)) in there.responsible
    lenient = CONFIG.replace("points = 2", setting).replace('"lantern" = 1', '"keeper" = 9\n"reports" = 9')
    (mixed,) = with_store(
        config, lambda store: backtest_config(config, write(tmp_path / "m", lenient), store)
    )
    assert all(raised not in {reason.what for reason in one.terms} for one in mixed.entered)


def test_a_backtest_sees_new_topics_lost_topics_and_changed_entities(tmp_path: Path) -> None:
    text = CONFIG.replace('"fogbound" = 2', '"@weather" = 2') + '\n[entities]\nweather = ["fogbound"]\n'
    config = write(tmp_path, text)
    prepared(config, judge=False)

    def ids(new: str) -> dict[str, tuple[set[str], set[str]]]:
        after = write(tmp_path / "new", new)
        done = with_store(config, lambda store: backtest_config(config, after, store))
        return {one.topic: ({c.id for c in one.entered}, {c.id for c in one.left}) for one in done}

    assert ids(text) == {}
    assert ids(text.replace('["fogbound"]', '["bakery"]')) == {TOPIC: ({"a9"}, {"a3"})}
    assert ids(text.replace("topics.lighthouses", "topics.lights")) == {
        TOPIC: (set(), {"a1", "a2", "a3", "a6"}),
        "lights": ({"a1", "a2", "a3", "a6"}, set()),
    }


def test_near_misses_say_why_and_leave_out_what_a_person_decided(config: Config) -> None:
    prepared(config, judge=False)

    def missed() -> dict[str, tuple[str, float, str]]:
        found = with_store(config, lambda store: near_misses(store, [], margin=0.49))
        return {
            one.story.entries[0].entry.id: (one.topic, one.threshold - one.score, one.why.kind)
            for one in found
        }

    before = missed()
    assert set(before) == {"a5", "a7"}
    assert before["a5"][2] == "exclude"
    assert before["a7"][2] == "score"
    assert all(topic == TOPIC and 0 < missing <= 0.49 for topic, missing, _ in before.values())
    tight = with_store(config, lambda store: near_misses(store, [], margin=0.001))
    assert tight == []

    async def decide(runtime: Runtime) -> None:
        await labels.label(runtime, "a5", TOPIC, relevant=False)

    run(config, decide)
    assert set(missed()) == {"a7"}
    limited = with_store(config, lambda store: near_misses(store, [TOPIC], margin=0.49, limit=1))
    assert [one.story.entries[0].entry.id for one in limited] == ["a7"]


def test_every_verb_on_the_command_line(tmp_path: Path, config: Config, cli: Cli) -> None:
    async def work(runtime: Runtime) -> None:
        await feed_in(runtime, [*stream(40), *(entry for entry, _ in TEN)])
        await teach(runtime, judged(range(12)))

    run(config, work)
    cli(config, "label", "s12", "--topic", TOPIC, "--yes")
    before = digest(tmp_path)
    (figures,) = cli(config, "evaluate", "--topic", TOPIC, "--json").json
    assert (figures["topic"], figures["judgements"]) == (TOPIC, 13)
    assert figures["rules"]["recall"].keys() == {"value", "low", "high"}
    assert cli(config, "suggest", "--topic", TOPIC, "--json").json.keys() == {"stories", "add", "drop"}
    write(tmp_path / "new", CHANGED)
    (change,) = cli(config, "backtest", "--config", str(tmp_path / "new" / "config.toml"), "--json").json
    assert {"a4", "a5"} <= {one["id"] for one in change["entered"]}
    missed = cli(config, "near-misses", "--margin", "0.49", "--json").json
    assert {"a5", "a7"} <= {miss["entries"][0]["id"] for miss in missed}
    assert all(
        miss["topic"] == TOPIC and miss["score"] < miss["threshold"] and miss["why"] for miss in missed
    )
    assert not any("+" in miss["why"] for miss in missed), "what is missing speaks for nothing"
    assert digest(tmp_path) == before, "looking changes nothing"
    (trained,) = cli(config, "train", "--json").json
    assert (trained["used"], trained["judgements"]) == (True, 13)
    (known,) = cli(config, "models", "--json").json
    assert (known["version"], known["in_use"], known["topic"]) == (trained["version"], True, TOPIC)
    story = cli(config, "explain", "a1", "--json").json["entry"]
    assert [label["model"] for label in story["topics"]] == [trained["version"]]
    assert "rules alone" in cli(config, "models", "use", TOPIC, "none").stdout
    (known,) = cli(config, "models", "list", "--json").json
    assert known["in_use"] is False
    assert [label["model"] for label in cli(config, "explain", "a1", "--json").json["entry"]["topics"]] == [
        ""
    ]
    assert "there are: " + trained["version"] in cli(config, "models", "use", TOPIC, "x", code=1).stderr
    for verb in ("evaluate", "models", "near-misses"):
        assert TOPIC in cli(config, verb).stdout
    assert "Worth asking" in cli(config, "suggest", "-t", TOPIC).stdout
    cli(config, "train", "unknown", code=2)
