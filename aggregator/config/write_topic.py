"""A topic's table as TOML that a person can read: settings, terms, groups, facets, in this order."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping
from typing import Any

import tomlkit

WIDTH = 110
_TABLES = ("terms", "groups", "facets")
_YOURS = "  # yours"


def topic_toml(slug: str, table: Mapping[str, Any], own: Mapping[str, Any] | None = None) -> str:
    """The text of `[topics.SLUG]`.

    Args:
        slug: the topic's name.
        table: what it holds, free of mistakes.
        own: what of it a person wrote on top of the library's topic; those lines are marked.
    """
    return "\n".join(_topic(slug, table, own or {})) + "\n"


def _topic(slug: str, table: Mapping[str, Any], own: Mapping[str, Any]) -> Iterator[str]:
    head = f"topics.{slug}"
    yield f"[{head}]"
    for key, value in table.items():
        if key not in _TABLES:
            yield _line(key, value, mine=key in own)
    if "terms" in table:
        yield f"\n[{head}.terms]"
        yield from _terms(table["terms"], own.get("terms", {}))
    mine = [group.get("name") for group in own.get("groups", [])]
    for group in table.get("groups", []):
        yield f"\n[[{head}.groups]]" + (_YOURS if group.get("name") in mine and own else "")
        yield from (_line(key, value) for key, value in group.items())
    for facet, inside in table.get("facets", {}).items():
        ours = own.get("facets", {}).get(facet, {})
        yield f"\n[{head}.facets.{facet}]"
        yield from (_line(key, inside[key], mine=key in ours) for key in inside if key != "terms")
        if "terms" in inside:
            yield f"[{head}.facets.{facet}.terms]"
            yield from _terms(inside["terms"], ours.get("terms", {}))


def _terms(terms: Mapping[str, Any], own: Mapping[str, Any]) -> Iterator[str]:
    for term, weight in terms.items():
        yield f"{_value(term)} = {_value(weight)}{_YOURS if term in own else ''}"


def _line(key: str, value: Any, *, mine: bool = False) -> str:
    mark = _YOURS if mine else ""
    line = f"{key} = {_value(value)}"
    if not isinstance(value, list) or len(line) <= WIDTH:
        return line + mark
    # A blank inside an item must not end a line: it is put aside while the items are wrapped.
    items = ", ".join(_value(item).replace(" ", "\0") for item in value) + ","
    wrapped = textwrap.wrap(items, WIDTH - 4, break_long_words=False, break_on_hyphens=False)
    inside = "\n".join(f"    {part}" for part in wrapped).replace("\0", " ")
    return f"{key} = [\n{inside}\n]{mark}"


def _value(value: Any) -> str:
    if isinstance(value, Mapping):
        pairs = (f"{tomlkit.key(key).as_string()} = {_value(one)}" for key, one in value.items())
        return f"{{ {', '.join(pairs)} }}" if value else "{}"
    if isinstance(value, list):
        return f"[{', '.join(map(_value, value))}]"
    return str(tomlkit.item(value).as_string())
