"""What `remove = [...]` takes out of a topic of the library: terms, groups by name, facets by slug."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from classifiers.terms.closest import suggestion
from classifiers.types import Mistake

Path = tuple[str | int, ...]


def remove(
    table: dict[str, Any],
    places: dict[str, list[int | None]],
    items: Any,
    path: Path,
    lists: Sequence[str],
) -> list[Mistake]:
    """Take what `items` names out of a topic's table, which is changed in place. Return what is wrong with them.

    Args:
        table: the topic's table.
        places: of its groups and lists of terms, where each item was written (`overlay.Overlay`): kept in step.
        items: the value of `remove`, of any shape.
        path: where that value lies.
        lists: the settings that are lists of terms.
    """
    if not isinstance(items, list) or not all(isinstance(item, str) for item in items):
        message = 'must be a list, as in ["@spies", "group: an accident at sea", "facet: cyber"]'
        return [Mistake(path, message)]
    mistakes = []
    for place, item in enumerate(items):
        kind, _, name = (part.strip() for part in item.partition(":"))
        if kind == "group":
            known, done = _group(table, places, name)
        elif kind == "facet":
            known, done = _facet(table, name)
        else:
            name = item
            known, done = _term(table, places, item, lists)
        if not done:
            hint = suggestion(name, known, most=0) or "; take it out"
            message = f'does nothing: there is no "{item}" in the library\'s topic{hint}'
            mistakes.append(Mistake((*path, place), message, warning=True))
    return mistakes


def _group(table: dict[str, Any], places: dict[str, list[int | None]], name: str) -> tuple[list[str], bool]:
    """Return the names of all groups, and whether one of them was taken out."""
    groups = table.get("groups", [])
    if "groups" not in places:
        return [], True  # they could not be read, which is said elsewhere
    known = [str(group.get("name", "")) for group in groups]
    return known, _keep(table, places, "groups", [one != name for one in known])


def _facet(table: dict[str, Any], slug: str) -> tuple[list[str], bool]:
    facets = table.get("facets", {})
    if not isinstance(facets, Mapping):
        return [], True
    table["facets"] = {name: facet for name, facet in facets.items() if name != slug}
    if table.get("default_facet") == slug:
        del table["default_facet"]
    return list(facets), slug in facets


def _term(
    table: dict[str, Any], places: dict[str, list[int | None]], item: str, lists: Sequence[str]
) -> tuple[list[str], bool]:
    known: list[str] = []
    done = False
    terms = table.get("terms")
    if isinstance(terms, Mapping):
        known += terms
        done = item in terms
        table["terms"] = {name: value for name, value in terms.items() if name != item}
    for key in lists:
        listed = table.get(key)
        if isinstance(listed, list):
            known += (str(one) for one in listed)
            done = _keep(table, places, key, [one != item for one in listed]) or done
    return known, done


def _keep(table: dict[str, Any], places: dict[str, list[int | None]], key: str, keep: Sequence[bool]) -> bool:
    """Keep the marked items of a list, in a copy of it; say whether any went."""
    table[key] = [one for one, stays in zip(table.get(key, []), keep, strict=True) if stays]
    if key in places:
        places[key] = [one for one, stays in zip(places[key], keep, strict=True) if stays]
    return not all(keep)
