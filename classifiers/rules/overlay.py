"""A topic of the library with a person's own settings on top: `use = "SLUG"`. Plain tables in, a plain table out.

What the person writes is in the language of every topic:

    title, threshold, points, ...   take the place of the library's
    terms, sources, fields          each line is added, or takes the place of the library's line of that name;
                                    a term with weight 0 is taken out
    exclude, ignore, aside          are added to the library's
    groups                          one with a name of the library's changes what it says there, another is added
    facets                          likewise, by their slug
    remove = [...]                  takes out terms, and "group: NAME" and "facet: SLUG"   (removal.py)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from classifiers.library.shipped_topics import shipped_slugs, shipped_topic
from classifiers.rules.removal import remove
from classifiers.terms.closest import suggestion
from classifiers.types import Mistake

Path = tuple[str | int, ...]

USE, REMOVE = "use", "remove"
_TABLES = ("terms", "sources", "fields")
LISTS = ("exclude", "ignore", "aside")


@dataclass(slots=True)
class Overlay:
    """A topic's table as it takes effect, and where each part of its lists was written."""

    table: dict[str, Any]
    own: Mapping[str, Any]
    """The person's part alone."""
    places: dict[str, list[int | None]] = field(default_factory=dict)
    """Of `groups` and each list of terms: each item's place among the person's own; None for the library's."""
    mistakes: list[Mistake] = field(default_factory=list)
    """What is wrong with the person's part, and (as warnings) what of it does nothing."""

    def located(self, mistake: Mistake, path: Path) -> Mistake:
        """Return a mistake found in the table at `path` with the path at which a person can mend it."""
        if USE not in self.own or mistake.path[: len(path)] != path:
            return mistake
        inside = mistake.path[len(path) :]
        places = self.places.get(str(inside[0]), []) if len(inside) > 1 else []
        at = inside[1] if len(inside) > 1 else None
        if isinstance(at, int) and at < len(places):
            place = places[at]
            if place is not None:
                return Mistake((*path, inside[0], place, *inside[2:]), mistake.message, mistake.warning)
        elif _holds(self.own, inside):
            return mistake
        message = f"in the library's topic, {self._name(inside)}: {mistake.message}"
        return Mistake((*path, USE), message, mistake.warning)

    def idle(self, path: Path, why: str) -> None:
        """Note a line of the person's that does nothing."""
        self.mistakes.append(Mistake(path, f"does nothing: {why}; take it out", warning=True))

    def _name(self, inside: Path) -> str:
        if inside[0] == "groups" and len(inside) > 1 and isinstance(inside[1], int):
            group = self.table["groups"][inside[1]]
            return f'group "{group.get("name", inside[1] + 1)}"'
        return " ".join(str(step) for step in inside[:2])


def overlay(raw: Mapping[str, Any], path: Path, base: Mapping[str, Any] | None = None) -> Overlay:
    """Return a topic's table with what its `use` names below it; a table without `use` comes back as it is.

    Args:
        raw: the table as TOML gives it, of any shape.
        path: where it lies, for mistakes.
        base: another version of the library's topic to lay it on; None: the one that ships.
    """
    used = raw.get(USE)
    found = Overlay({key: value for key, value in raw.items() if key not in (USE, REMOVE)}, raw)
    if USE not in raw:
        if REMOVE in raw:
            message = "takes something out of a topic of the library, so it needs `use` beside it"
            found.mistakes.append(Mistake((*path, REMOVE), message))
        return found
    if not isinstance(used, str) or used not in shipped_slugs():
        hint = suggestion(str(used), shipped_slugs(), otherwise="there are")
        found.mistakes.append(Mistake((*path, USE), f'the library has no topic "{used}"{hint}'))
        return found
    base = shipped_topic(used).table if base is None else base
    found.table = dict(base)
    found.places = {key: [None] * len(base[key]) for key in ("groups", *LISTS) if key in base}
    for key, value in raw.items():
        if key not in (USE, REMOVE, "groups", "facets"):
            found.table[key] = _merged(found, key, base.get(key), value, (*path, key))
    _groups(found, base.get("groups", []), raw.get("groups", []), (*path, "groups"))
    if "facets" in raw:
        found.table["facets"] = _facets(found, base.get("facets", {}), raw["facets"], (*path, "facets"))
    if REMOVE in raw:
        found.mistakes += remove(found.table, found.places, raw[REMOVE], (*path, REMOVE), LISTS)
    return found


def _merged(found: Overlay, key: str, base: Any, own: Any, path: Path) -> Any:
    """One setting: tables and lists grow, all else is replaced. What has the wrong shape is left to the reader."""
    if key in _TABLES and isinstance(own, Mapping) and isinstance(base, Mapping):
        merged = dict(base)
        for name, value in own.items():
            if merged.get(name) == value:
                found.idle((*path, name), "the library says the same")
            if key == "terms" and name in base and _nothing(value):
                del merged[name]
            else:
                merged[name] = value
        return merged
    if key in LISTS and isinstance(own, list) and isinstance(base, list):
        added = [(place, item) for place, item in enumerate(own) if item not in base]
        for place, item in enumerate(own):
            if item in base:
                found.idle((*path, place), f'"{item}" stands in the library\'s {key} already')
        found.places[key] = [None] * len(base) + [place for place, _ in added]
        return [*base, *(item for _, item in added)]
    if own == base:
        found.idle(path, "the library says the same")
    return own


def _groups(found: Overlay, base: list[dict[str, Any]], own: Any, path: Path) -> None:
    if not isinstance(own, list) or not all(isinstance(group, Mapping) for group in own):
        found.table["groups"] = own  # the reader says what is wrong with it
        del found.places["groups"]
        return
    groups: list[Mapping[str, Any]] = list(base)
    places: list[int | None] = [None] * len(base)
    for place, group in enumerate(own):
        name = group.get("name")
        known = [one.get("name") for one in groups]
        if name is not None and name in known:
            at = known.index(name)
            if all(groups[at].get(key) == value for key, value in group.items()):
                found.idle((*path, place), f'the library\'s group "{name}" says the same')
            groups[at], places[at] = {**groups[at], **group}, place
            if _nothing(group.get("weight")) and not groups[at].get("must"):
                del groups[at], places[at]
        elif "all" not in group and "any" not in group and name is not None:
            hint = suggestion(str(name), [str(one) for one in known if one], most=0)
            message = f'the library\'s topic has no group "{name}" that this could change{hint}'
            found.mistakes.append(Mistake((*path, place), message))
        else:
            groups.append(group)
            places.append(place)
    if groups:
        found.table["groups"] = groups
    found.places["groups"] = places


def _facets(found: Overlay, base: Mapping[str, Any], own: Any, path: Path) -> Any:
    if not isinstance(own, Mapping):
        return own
    merged = dict(base)
    for slug, facet in own.items():
        if slug not in base or not isinstance(facet, Mapping):
            merged[slug] = facet
            continue
        changed = {
            key: _merged(found, key, base[slug].get(key), value, (*path, slug, key))
            for key, value in facet.items()
        }
        merged[slug] = {**base[slug], **changed}
    return merged


def _nothing(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value == 0


def _holds(table: Any, inside: Path) -> bool:
    """Whether the person's own table has something at a path."""
    for step in inside:
        try:
            table = table[step]
        except (KeyError, IndexError, TypeError):
            return False
    return True
