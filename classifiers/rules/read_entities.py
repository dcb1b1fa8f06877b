"""Read the table [entities] and lay it over the gazetteer: every mistake with its place, and what does nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from classifiers.library.gazetteer.own import changes_nothing, extended, replaces, spellings
from classifiers.library.gazetteer.records import Gazetteer
from classifiers.rules.lint import blunt_names, covered_names
from classifiers.rules.table_reader import Path, Reader, slug_mistake
from classifiers.rules.topic import Topic
from classifiers.terms.language import DEFAULT_FIELDS, Near, Phrase
from classifiers.terms.typos import MINUS
from classifiers.types import Mistake

ENTRY_KEYS = ("names", "replace")


class Names:
    """What `@name` stands for in topics: the gazetteer's names with a person's own."""

    def __init__(self, reader: Reader, raw: Any, gazetteer: Gazetteer) -> None:
        """Read [entities] as TOML gives it. Names with mistakes keep the spellings that can be read."""
        self._reader = reader
        self._gazetteer = gazetteer
        self._paths: dict[tuple[str, str], Path] = {}
        """Where a person wrote a spelling, by name and spelling."""
        shipped = gazetteer.aliases()
        if not isinstance(raw, Mapping):
            reader.mistake(("entities",), "must be a table: write [entities]")
            raw = {}
        reader.names = (*shipped, *raw)
        self._own: dict[str, tuple[str, ...]] = {
            slug: self._entry(slug, entry, shipped.get(slug)) for slug, entry in raw.items()
        }
        merged = extended(gazetteer, {s: {**_table(raw[s]), "names": own} for s, own in self._own.items()})
        new = {slug: own for slug, own in self._own.items() if slug not in shipped}
        self.aliases: dict[str, tuple[str, ...]] = {**merged.aliases(), **new}
        """Spellings by name, as written."""
        self._new = tuple(new)
        for slug in self._own:
            self._cut_circle(slug)

    def _entry(self, slug: str, raw: Any, shipped: tuple[str, ...] | None) -> tuple[str, ...]:
        """Return the spellings of one entry that can be read."""
        reader, path = self._reader, ("entities", slug)
        if problem := slug_mistake(slug):
            reader.mistake(path, problem)
        place: Path = path
        listed = raw
        if isinstance(raw, Mapping):
            reader.known_keys(raw, ENTRY_KEYS, path)
            reader.flag(raw, "replace", path)
            listed, place = raw.get("names", []), (*path, "names")
        if not isinstance(listed, list) or not all(isinstance(item, str) for item in listed):
            reader.mistake(
                place,
                'must be a list of names in quotes, as in ["North Korea", "DPRK"], or a table: '
                '{ names = ["DPRK"], replace = true }',
            )
            return ()
        own = self._readable(slug, listed, place)
        replacing = replaces(raw)
        if shipped is None:
            if replacing:
                reader.mistake(
                    (*path, "replace"), f"there is no @{slug} to replace; take it out", warning=True
                )
        elif (
            own
            and not reader.has_mistake(path)
            and changes_nothing(self._gazetteer, slug, own, replacing=replacing)
        ):
            reader.mistake(
                path, f"says nothing that @{slug} does not find already; take it out", warning=True
            )
        if not any(not item.startswith("-") for item in own) and (shipped is None or replacing or not listed):
            reader.mistake(path, "has no name to look for, so it never matches; add one", warning=True)
        return own

    def _readable(self, slug: str, items: list[str], above: Path) -> tuple[str, ...]:
        reader, kept, seen = self._reader, list[str](), set[object]()
        for place, item in enumerate(items):
            path: Path = (*above, place)
            shield = item.startswith("-")
            if item and item[0] in MINUS and not shield:
                reader.mistake(path, f'write the minus as a plain hyphen: "-{item[1:]}"')
                continue
            term = reader.term(item[1:] if shield else item, path)
            if term is None:
                continue
            if isinstance(term.body, Near):
                reader.mistake(path, '"within N words of" belongs in a term or a group, not in an entity')
                continue
            if shield and not isinstance(term.body, Phrase):
                reader.mistake(path, "only words can follow a minus")
                continue
            if term.fields != DEFAULT_FIELDS:
                reader.mistake(path, f'write the field where the entity is used, as in "title: @{slug}"')
                continue
            if term.body in seen and not shield:
                reader.mistake(
                    path, f'"{item}" says the same as an earlier name of @{slug}; take one out', warning=True
                )
            seen.add(term.body)
            self._paths.setdefault((slug, item), path)
            kept.append(item)
        return tuple(kept)

    def inner(self, slug: str) -> tuple[str, ...]:
        """Return the names that a name refers to."""
        return tuple(item[1:] for item in self.aliases.get(slug, ()) if item.startswith("@"))

    def _cut_circle(self, slug: str) -> None:
        """Note a name that contains itself, and cut the circle so that the rest can be read."""
        waiting, seen = list(self.inner(slug)), set[str]()
        while waiting:
            inner = waiting.pop()
            if inner == slug:
                message = f"@{slug} contains itself; take out one of the references"
                self._reader.mistake(("entities", slug), message)
                self.aliases[slug] = tuple(i for i in self.aliases[slug] if not i.startswith("@"))
                return
            if inner not in seen:
                seen.add(inner)
                waiting.extend(self.inner(inner))

    def doubts(self, topics: Iterable[Topic]) -> None:
        """Note which of a person's names can never match, find too much, or are used by no topic."""
        reader = self._reader
        for slug in self._own:
            for doubt in (*covered_names(slug, self.aliases), *blunt_names(slug, self.aliases)):
                if (path := self._written(doubt.path)) is not None:
                    reader.mistakes.append(Mistake(path, doubt.message, doubt.warning))
        if reader.has_mistake(("entities",)) or reader.has_mistake(("topics",)):
            return  # not before all can be read that might use them
        used = {name for topic in topics for name in topic.entities}
        for slug in self._new:
            if slug not in used:
                reader.mistake(("entities", slug), f"no topic uses @{slug}", warning=True)

    def _written(self, path: Path) -> Path | None:
        """Return where a person wrote what stands at a place of `aliases`; None for a spelling that ships."""
        slug = str(path[1])
        if len(path) < 3:
            return path
        return self._paths.get((slug, self.aliases[slug][int(path[2])]))


def _table(raw: Any) -> Mapping[str, Any]:
    return raw if isinstance(raw, Mapping) else {"names": spellings(raw)}
