"""Take values out of raw TOML tables, noting each mistake with its path and its remedy."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import re2

from classifiers.rules.topic import WeightedTerm
from classifiers.terms.closest import suggestion
from classifiers.terms.language import (
    DEFAULT_FIELDS,
    FIELDS,
    Entity,
    Near,
    Pattern,
    Simple,
    Term,
    TermError,
    parse_term,
)
from classifiers.terms.typos import field_typo, setting_typo
from classifiers.types import Mistake

Path = tuple[str | int, ...]

_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


def slug_mistake(slug: str) -> str:
    """Return what is wrong with a slug, or an empty string."""
    if _SLUG.fullmatch(slug):
        return ""
    return f'"{slug}" must be lower-case letters, digits and single hyphens, as in "korean-peninsula"'


class Reader:
    """Reads values; `mistakes` grows by what was wrong with them."""

    def __init__(self) -> None:
        self.mistakes: list[Mistake] = []
        self.names: Collection[str] = ()
        """What terms may use as `@name`."""

    def mistake(self, path: Path, message: str, warning: bool = False) -> None:
        """Note a mistake."""
        self.mistakes.append(Mistake(path, message, warning))

    def has_mistake(self, path: Path) -> bool:
        """Say whether a mistake, not a mere warning, was noted at `path` or below."""
        return any(not item.warning and item.path[: len(path)] == path for item in self.mistakes)

    def known_keys(self, raw: Mapping[str, Any], known: Sequence[str], path: Path) -> None:
        """Note each key that nobody reads, with the likeliest known one."""
        for key in raw:
            if key not in known:
                self.mistake((*path, key), f'unknown setting "{key}"{suggestion(key, known)}')

    def text(self, raw: Mapping[str, Any], key: str, path: Path, default: str) -> str:
        """Return a string."""
        value = raw.get(key, default)
        if isinstance(value, str):
            return value
        self.mistake((*path, key), f"must be text in quotes, got {value!r}")
        return default

    def flag(self, raw: Mapping[str, Any], key: str, path: Path) -> bool:
        """Return true or false, false where nothing is said."""
        value = raw.get(key, False)
        if isinstance(value, bool):
            return value
        self.mistake((*path, key), f"must be true or false, got {value!r}")
        return False

    def number(
        self,
        raw: Mapping[str, Any],
        key: str,
        path: Path,
        default: float,
        *,
        lowest: float,
        highest: float,
        whole: bool = False,
    ) -> float:
        """Return a number between `lowest` and `highest`, or `default` where nothing is said or it is wrong."""
        if key not in raw:
            return default
        value = self._number(raw[key], (*path, key), lowest, highest, whole)
        return default if value is None else value

    def _number(
        self, value: Any, path: Path, lowest: float, highest: float, whole: bool = False
    ) -> float | None:
        kind = "a whole number" if whole else "a number"
        wrong_kind = isinstance(value, bool) or not isinstance(value, int if whole else (int, float))
        if wrong_kind or not math.isfinite(value) or not lowest <= value <= highest:
            self.mistake(path, f"must be {kind} between {lowest:g} and {highest:g}, got {value!r}")
            return None
        return float(value)

    def weights(
        self, raw: Any, path: Path, keys: Sequence[str] | None = None, lowest: float = -1000.0
    ) -> dict[str, float]:
        """Return a table of numbers."""
        if not isinstance(raw, Mapping):
            self.mistake(path, "must be a table of names and numbers, as in { title = 1.5 }")
            return {}
        if keys is not None:
            self.known_keys(raw, keys, path)
        found = {}
        for key, value in raw.items():
            number = self._number(value, (*path, key), lowest, 1000.0)
            if number is not None:
                found[key] = number
        return found

    def tables(self, raw: Any, path: Path) -> list[Mapping[str, Any]]:
        """Return a list of tables."""
        if isinstance(raw, list) and all(isinstance(item, Mapping) for item in raw):
            return raw
        self.mistake(
            path, f"must be a list of tables: write [[{'.'.join(str(part) for part in path)}]] for each"
        )
        return []

    def fields(self, raw: Any, path: Path) -> frozenset[str]:
        """Return a set of field names."""
        if not isinstance(raw, list) or not raw or not all(isinstance(name, str) for name in raw):
            self.mistake(path, 'must be a list of fields, as in ["title", "summary"]')
            return DEFAULT_FIELDS
        for place, name in enumerate(raw):
            if name not in FIELDS:
                self.mistake((*path, place), f'"{name}" is not a field{suggestion(name, FIELDS)}')
        return frozenset(raw) & frozenset(FIELDS) or DEFAULT_FIELDS

    def terms(self, raw: Any, path: Path) -> tuple[Term, ...]:
        """Return a list of terms."""
        if isinstance(raw, str) or not isinstance(raw, list):
            self.mistake(path, 'must be a list of terms, as in ["North Korea", "@missile"]')
            return ()
        found = []
        for place, item in enumerate(raw):
            if not isinstance(item, str):
                self.mistake((*path, place), f"must be a term in quotes, got {item!r}")
                continue
            term = self.term(item, (*path, place))
            if term is not None:
                found.append(term)
        return tuple(found)

    def weighted(self, raw: Any, path: Path) -> tuple[WeightedTerm, ...]:
        """Return a table of terms and weights; a weight may be a table with weight and in."""
        if not isinstance(raw, Mapping):
            self.mistake(path, 'must be a table of terms and weights, as in "North Korea" = 3')
            return ()
        found = []
        for text, value in raw.items():
            here = (*path, text)
            typo = setting_typo(text, value, path)
            if typo:
                works = isinstance(value, (int, float)) and not isinstance(value, bool)
                self.mistake(here, typo, warning=works)
                if not works:
                    continue
            fields = None
            weight: float | None
            if isinstance(value, Mapping):
                self._weight_keys(value, here)
                fields = self.fields(value["in"], (*here, "in")) if "in" in value else None
                weight = self.number(value, "weight", here, 1.0, lowest=-1000.0, highest=1000.0)
            else:
                weight = self._number(value, here, -1000.0, 1000.0)
            term = self.term(text, here)
            if weight is None or term is None:
                continue
            if weight == 0:
                self.mistake(
                    here, "has weight 0, so it does nothing; give it a weight or take it out", warning=True
                )
            if fields is not None:
                term = Term(term.text, term.body, fields)
            found.append(WeightedTerm(term, weight))
        return tuple(found)

    def _weight_keys(self, raw: Mapping[str, Any], path: Path) -> None:
        """Note keys of a weight's table; a dot outside quotation marks makes such a table of half a term."""
        for key in raw:
            if key not in ("weight", "in"):
                hint = suggestion(key, ("weight", "in"))
                if "mean" not in hint:
                    hint += ' (a term with a dot in it stands in quotation marks as a whole: "N. Korea" = 2)'
                self.mistake((*path, key), f'unknown setting "{key}"{hint}')

    def term(self, text: str, path: Path) -> Term | None:
        """Return a term whose entities exist and whose expressions compile, or None with the mistake noted."""
        try:
            term = parse_term(text)
        except TermError as error:
            # Among weights the path names the term already.
            self.mistake(path, str(error) if path[-1] == text else f'"{text}": {error}')
            return None
        if typo := field_typo(text, FIELDS):
            self.mistake(path, typo, warning=True)
        bodies = (term.body.left, term.body.right) if isinstance(term.body, Near) else (term.body,)
        return term if all(self._body(body, path) for body in bodies) else None

    def _body(self, body: Simple, path: Path) -> bool:
        if isinstance(body, Entity) and body.name not in self.names:
            known = suggestion(body.name, list(self.names))
            self.mistake(path, f"@{body.name} is not in [entities], nor a name that ships{known}")
            return False
        if isinstance(body, Pattern):
            if any(character < " " for character in body.source):
                self.mistake(
                    path,
                    "the regular expression holds a control character, as a single backslash makes one in double "
                    "quotes; write each backslash twice, or put the pattern in single quotes",
                )
                return False
            problem = expression_mistake(body.source)
            if problem:
                self.mistake(path, f"the regular expression /{body.source}/ cannot be used: {problem}")
                return False
        return True


def expression_mistake(source: str) -> str:
    """Return why RE2 cannot run an expression, or an empty string."""
    options = re2.Options()
    options.log_errors = False
    try:
        compiled = re2.compile(source, options)
    except re2.error as error:
        reason = error.args[0]
        return reason.decode() if isinstance(reason, bytes) else str(reason)
    if compiled.search("") is not None:
        return "it matches the empty text, so it would match everywhere"
    return ""
