"""Read the `[topics.*]` and `[entities]` tables of config.toml: every mistake at once, never an exception."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from classifiers.library.gazetteer.read import shipped
from classifiers.library.gazetteer.records import Gazetteer
from classifiers.rules.lint import topic_warnings
from classifiers.rules.overlay import Overlay, overlay
from classifiers.rules.read_entities import Names
from classifiers.rules.table_reader import Reader, slug_mistake
from classifiers.rules.topic import PASSING, Facet, Group, Topic, WeightedTerm
from classifiers.terms.language import FIELDS, Entity, Near, Term
from classifiers.types import Mistake

__all__ = ["Facet", "Group", "Topic", "WeightedTerm", "read_topics"]

DEFAULT_FIELD_WEIGHTS = {"title": 1.5, "summary": 1.0, "text": 0.5}
"""A title says what a story is about; a full text mentions much in passing."""

LANGUAGE_VERSION = 3
"""Part of every hash: raised when the same tables would decide otherwise."""

TOPIC_KEYS = (
    "use",
    "remove",
    "title",
    "threshold",
    "points",
    "distinct",
    "terms",
    "groups",
    "exclude",
    "ignore",
    "aside",
    "passing",
    "sources",
    "fields",
    "facets",
    "default_facet",
)
GROUP_KEYS = ("name", "weight", "all", "any", "none", "within", "in", "must")
FACET_KEYS = ("title", "terms")


def read_topics(
    topics: Mapping[str, Any], entities: Mapping[str, Any], gazetteer: Gazetteer | None = None
) -> tuple[dict[str, Topic], list[Mistake]]:
    """Read the raw tables.

    Args:
        topics: the table `topics` as TOML gives it, by slug.
        entities: the table `entities` as TOML gives it, by name.
        gazetteer: the names that terms may use besides; None: those that ship.

    Returns:
        The topics by slug, in the order written, and every mistake and warning with its path of keys from
        the root. Where there are mistakes that are not warnings the topics are incomplete: do not run them.
    """
    reader = Reader()
    names = Names(reader, entities, gazetteer or shipped())
    found: dict[str, Topic] = {}
    laid: dict[str, Overlay] = {}
    for slug, raw in topics.items():
        path = ("topics", slug)
        problem = slug_mistake(slug)
        if problem:
            reader.mistake(path, problem)
        if not isinstance(raw, Mapping):
            reader.mistake(path, f"must be a table: write [topics.{slug}]")
            continue
        laid[slug] = overlay(raw, path)
        reader.mistakes += laid[slug].mistakes
        before = len(reader.mistakes)
        found[slug] = _topic(reader, slug, laid[slug].table, names)
        reader.mistakes[before:] = [laid[slug].located(one, path) for one in reader.mistakes[before:]]
    for slug, topic in found.items():
        path = ("topics", slug)
        doubts = topic_warnings(topic, path, complete=not reader.has_mistake(path))
        reader.mistakes += (laid[slug].located(one, path) for one in doubts)
    names.doubts(found.values())
    return found, reader.mistakes


def _topic(reader: Reader, slug: str, raw: Mapping[str, Any], names: Names) -> Topic:
    path: tuple[str | int, ...] = ("topics", slug)
    reader.known_keys(raw, TOPIC_KEYS, path)
    facets = _facets(reader, raw.get("facets", {}), (*path, "facets"))
    default_facet = reader.text(raw, "default_facet", path, "")
    if default_facet and default_facet not in {facet.slug for facet in facets}:
        reader.mistake((*path, "default_facet"), f'"{default_facet}" is not one of the facets of this topic')
    terms = reader.weighted(raw.get("terms", {}), (*path, "terms"))
    groups = tuple(
        _group(reader, item, (*path, "groups", place))
        for place, item in enumerate(reader.tables(raw.get("groups", []), (*path, "groups")))
    )
    exclude = reader.terms(raw.get("exclude", []), (*path, "exclude"))
    ignore = reader.terms(raw.get("ignore", []), (*path, "ignore"))
    aside = reader.terms(raw.get("aside", []), (*path, "aside"))
    weights = [item.weight for item in terms] + [group.weight for group in groups]
    if not any(weight > 0 for weight in weights) and not reader.has_mistake(path):
        reader.mistake(path, "has no term or group with a positive weight, so no story can belong to it")
    used = [item.term for item in terms] + [*exclude, *ignore, *aside]
    used += [term for group in groups for term in (*group.all, *group.any, *group.none)]
    used += [item.term for facet in facets for item in facet.terms]
    own_aliases = _used_names(used, names)
    return Topic(
        slug=slug,
        title=reader.text(raw, "title", path, slug),
        threshold=reader.number(raw, "threshold", path, 0.5, lowest=0.0, highest=1.0),
        points=reader.number(raw, "points", path, 3.0, lowest=0.1, highest=1000.0),
        distinct=int(reader.number(raw, "distinct", path, 1, lowest=1, highest=50, whole=True)),
        terms=terms,
        groups=groups,
        exclude=exclude,
        ignore=ignore,
        passing=reader.number(raw, "passing", path, PASSING, lowest=0.0, highest=1.0),
        aside=aside,
        sources=reader.weights(raw.get("sources", {}), (*path, "sources")),
        fields={
            **DEFAULT_FIELD_WEIGHTS,
            **reader.weights(raw.get("fields", {}), (*path, "fields"), keys=FIELDS, lowest=0.0),
        },
        facets=facets,
        default_facet=default_facet,
        entities=own_aliases,
        hash=_hash(slug, raw, own_aliases),
    )


def _group(reader: Reader, raw: Mapping[str, Any], path: tuple[str | int, ...]) -> Group:
    reader.known_keys(raw, GROUP_KEYS, path)
    members = {key: reader.terms(raw.get(key, []), (*path, key)) for key in ("all", "any", "none")}
    if not members["all"] and not members["any"] and not reader.has_mistake(path):
        reader.mistake(path, "needs all = [...] or any = [...]: what must be found")
    weight = reader.number(raw, "weight", path, 0.0, lowest=-1000.0, highest=1000.0)
    must = reader.flag(raw, "must", path)
    if not weight and not must:
        reader.mistake(path, "has no effect; give it a weight, or must = true")
    fields: frozenset[str] | None = None
    if "in" in raw:
        fields = reader.fields(raw["in"], (*path, "in"))
    return Group(
        name=reader.text(raw, "name", path, "") or f"group {int(path[-1]) + 1}",
        weight=weight,
        all=members["all"],
        any=members["any"],
        none=members["none"],
        within=int(reader.number(raw, "within", path, 0, lowest=1, highest=1000, whole=True)),
        fields=fields,
        must=must,
    )


def _facets(reader: Reader, raw: Any, path: tuple[str | int, ...]) -> tuple[Facet, ...]:
    if not isinstance(raw, Mapping):
        reader.mistake(path, "must hold tables: write [topics.NAME.facets.FACET]")
        return ()
    found = []
    for slug, table in raw.items():
        here = (*path, slug)
        problem = slug_mistake(slug)
        if problem:
            reader.mistake(here, problem)
        if not isinstance(table, Mapping):
            reader.mistake(here, 'must be a table with title = "..." and terms')
            continue
        reader.known_keys(table, FACET_KEYS, here)
        found.append(
            Facet(
                slug=slug,
                title=reader.text(table, "title", here, slug),
                terms=reader.weighted(table.get("terms", {}), (*here, "terms")),
            )
        )
    return tuple(found)


def _used_names(terms: list[Term], names: Names) -> dict[str, tuple[str, ...]]:
    found: set[str] = set()

    def visit(name: str) -> None:
        if name not in found and name in names.aliases:
            found.add(name)
            for inner in names.inner(name):
                visit(inner)

    for term in terms:
        bodies = (term.body.left, term.body.right) if isinstance(term.body, Near) else (term.body,)
        for body in bodies:
            if isinstance(body, Entity):
                visit(body.name)
    return {name: names.aliases[name] for name in sorted(found)}


def _hash(slug: str, raw: Mapping[str, Any], aliases: Mapping[str, tuple[str, ...]]) -> str:
    plain = {
        "version": LANGUAGE_VERSION,
        "slug": slug,
        "topic": raw,
        "entities": {k: list(v) for k, v in aliases.items()},
    }
    text = json.dumps(plain, ensure_ascii=False, sort_keys=False, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:12]
