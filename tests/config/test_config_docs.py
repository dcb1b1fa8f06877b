"""docs/configuration.md knows every setting, and config.toml shows what a newcomer needs."""

from __future__ import annotations

import re
import tomllib
import typing
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from aggregator.config import Config
from aggregator.config.load import load
from aggregator.config.messages import PATTERNS
from aggregator.config.reference import insert, main
from aggregator.config.root import NOT_SETTINGS
from aggregator.config.values import Section
from classifiers.rules.read_topics import FACET_KEYS, GROUP_KEYS, TOPIC_KEYS


def inner(annotation: object) -> type[Section] | None:
    if isinstance(annotation, type) and issubclass(annotation, Section):
        return annotation
    return next((found for part in typing.get_args(annotation) if (found := inner(part))), None)


def every_setting(model: type[Section], inside: str = "") -> Iterator[tuple[str, str, object]]:
    """(table, setting, field) of the whole tree, without what the loader fills in."""
    for name, info in model.model_fields.items():
        if model is Config and name in NOT_SETTINGS:
            continue
        if section := inner(info.annotation):
            yield from every_setting(section, f"{inside}.{name}".strip("."))
        else:
            yield inside, name, info


ALL = [one for one in every_setting(Config) if one[1] not in {"topics", "entities"} or one[0]]


@pytest.fixture(scope="module")
def page(root: Path) -> str:
    return (root / "docs/configuration.md").read_text()


def chapter(page: str, table: str) -> str:
    """The part of the page below the heading of a table."""
    for part in re.split(r"^### ", page, flags=re.MULTILINE)[1:]:
        heading = part.splitlines()[0].strip("`[]").removesuffix(".<slug>")
        if heading == (table or "At the top of the file"):
            return part
    raise AssertionError(f"no heading for {table or 'the top'}")


def test_the_settings_are_many() -> None:
    assert len(ALL) > 60
    assert ("store", "path") in {(table, name) for table, name, _ in ALL}


@pytest.mark.parametrize(("table", "name", "info"), ALL, ids=[f"{table}.{name}" for table, name, _ in ALL])
def test_every_setting_is_described_and_documented(page: str, table: str, name: str, info: object) -> None:
    description = getattr(info, "description", None)
    assert description, f"{table}.{name} has no description"
    assert description.endswith("."), f"the description of {table}.{name} is no sentence"
    rows = [line for line in chapter(page, table).splitlines() if line.startswith(f"| `{name}` |")]
    assert len(rows) == 1
    assert description.replace("|", "\\|") in rows[0]


@pytest.mark.parametrize(
    ("table", "keys"),
    [("topics", TOPIC_KEYS), ("groups", GROUP_KEYS), ("facets", FACET_KEYS)],
    ids=lambda one: str(one)[:9],
)
def test_every_key_of_a_topic_is_documented(page: str, table: str, keys: tuple[str, ...]) -> None:
    text = chapter(page, "topics")
    for key in keys:
        assert f"`{key}`" in text, f"{table}: {key}"


def test_the_generated_part_is_current(page: str) -> None:
    assert insert(page) == page, "run `make docs`"


def test_the_reference_is_written_between_its_markers_only(root: Path, tmp_path: Path) -> None:
    copy = tmp_path / "configuration.md"
    page = (root / "docs/configuration.md").read_text()
    copy.write_text(page.replace("| `floor` |", "| `flor` |"))
    assert main([str(copy)]) == 0
    assert copy.read_text() == insert(page)
    assert main([]) == 2
    with pytest.raises(ValueError, match="lacks the lines"):
        insert("# no markers")


def test_every_pattern_has_words() -> None:
    def patterns(annotation: object, metadata: list[object]) -> Iterator[str]:
        yield from (rule.pattern for rule in metadata if getattr(rule, "pattern", None))
        for part in typing.get_args(annotation):
            yield from patterns(part, list(getattr(part, "__metadata__", [])))

    used = {
        pattern
        for _, _, info in ALL
        for pattern in patterns(info.annotation, info.metadata)  # type: ignore[attr-defined]
    }
    assert used
    assert used <= PATTERNS.keys()


# --- the shipped file ---


@pytest.fixture(scope="module")
def shipped(root: Path) -> Config:
    return load(root / "config.toml", env={})


def test_the_shipped_configuration_has_neither_mistake_nor_warning(shipped: Config) -> None:
    assert shipped.warnings == ()


def test_the_shipped_feeds_are_described(shipped: Config) -> None:
    assert len(shipped.feeds) >= 40
    for feed in shipped.feeds:
        assert all((feed.title, feed.origin, feed.kind, feed.country, feed.language, feed.folder)), feed.url
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", feed.origin), feed.origin
    assert {"ko", "en"} <= {feed.language for feed in shipped.feeds}
    kinds = {"agency", "newspaper", "broadcaster", "state-media", "government", "think-tank"}
    assert kinds <= {feed.kind for feed in shipped.feeds}


def test_an_outlet_is_one_thing_only(shipped: Config) -> None:
    outlets: dict[str, set[tuple[str, str]]] = {}
    for feed in shipped.feeds:
        outlets.setdefault(feed.origin, set()).add((feed.kind, feed.country))
    assert {origin: what for origin, what in outlets.items() if len(what) > 1} == {}


def test_feeds_agree_with_what_is_known_of_outlets(shipped: Config, root: Path) -> None:
    """One outlet under two names would count as two sources of a story."""
    known = tomllib.loads((root / "aggregator/stories/summary/origins.toml").read_text())
    squeezed = {slug.replace("-", ""): slug for slug in known}
    both = 0
    for feed in shipped.feeds:
        slug = squeezed.get(feed.origin.replace("-", ""))
        if slug is None:
            continue
        both += 1
        assert feed.origin == slug
        assert feed.kind == known[slug]["kind"], slug
        assert feed.country == (known[slug].get("country") or feed.country), slug
    assert both > 20


def test_the_shipped_outputs_and_topics(shipped: Config) -> None:
    outputs = {output.slug: output for output in shipped.outputs}
    assert outputs["korean-peninsula-security"].topics == ("korean-peninsula-security",)
    named = {topic for output in shipped.outputs for topic in output.topics}
    assert named == shipped.topics.keys()


def test_the_shipped_file_reads_from_top_to_bottom(root: Path) -> None:
    text = (root / "config.toml").read_text()
    heads = ["feeds = [", "[poll]", "[http]", "[store]", "[log]", "[web]", "[[outputs]]", "[topics."]
    places = [text.index(f"\n{head}") for head in heads]
    assert places == sorted(places)


def test_the_shipped_file_is_short(root: Path) -> None:
    assert len((root / "config.toml").read_text(encoding="utf-8").splitlines()) <= 250


def test_the_file_of_before_with_its_topics_written_out_works_on(shipped: Config, root: Path) -> None:
    """What shipped when topics and names stood in config.toml as a whole decides what it did."""
    before = load(root / "tests/config/fixtures/config-with-topics-inline.toml", env={})
    assert before.topics == shipped.topics
    assert before.feeds == shipped.feeds
    assert before.outputs == shipped.outputs
    assert all("does not find already; take it out" in warning for warning in before.warnings)


def test_the_commented_settings_of_the_shipped_file_are_the_defaults(root: Path) -> None:
    text = (root / "config.toml").read_text().split("# --- Topics ---")[0]
    example = '"/var/lib/aggregator/aggregator.db"'
    plain = re.sub(r"^# (\w+ = .+)$", r"\1", text, flags=re.MULTILINE)
    assert plain != text
    uncommented = "\n".join(line for line in plain.splitlines() if example not in line)

    written = tomllib.loads(uncommented)
    commented = re.findall(r"^# (\w+) = ", text, flags=re.MULTILINE)
    defaults = Config()
    for section in ("poll", "http", "store", "log", "web"):
        table = getattr(defaults, section)
        for name, value in type(table).model_validate(written.get(section, {})):
            if name in commented and name != "path":
                assert value == getattr(table, name), f"{section}.{name}"


@pytest.mark.reference
def test_most_shipped_feeds_come_from_the_collections(shipped: Config, reference_data: Path) -> None:
    known = (reference_data / "sources/kite_feeds.json").read_text()
    known += (reference_data / "sources/korea-feeds.csv").read_text()
    found = [feed for feed in shipped.feeds if feed.url in known]
    assert len(found) >= 60
    assert all(urlsplit(feed.url).scheme in {"http", "https"} for feed in shipped.feeds)
