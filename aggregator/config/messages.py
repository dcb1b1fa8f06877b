"""What is wrong with a setting, in plain words, from what pydantic found."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from pydantic_core import ErrorDetails

from aggregator.config.schema import choices_in, setting_at, settings, table_at
from aggregator.config.secrets import mask
from aggregator.config.toml_lines import Path
from classifiers.terms.closest import suggestion

_KINDS = {
    "string_type": "text in quotes",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "finite_number": "a finite number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "tuple_type": "a list, as in [ ... ]",
    "list_type": "a list, as in [ ... ]",
    "dict_type": "a table",
    "mapping_type": "a table",
    "model_type": "a table",
    "model_attributes_type": "a table",
}
AT_THE_TOP = ("include", "opml")
"""Settings that are easily written at the end of the file, where they fall into the last table."""
TO_THE_TOP = "move this line to the top of the file, above the first [table]"
PATTERNS = {
    r"^[^\x00-\x1f\x7f]*$": "must be one line without control characters",
    "^[a-z0-9]+(?:-[a-z0-9]+)*$": "must be lower-case letters and digits joined by hyphens, such as korea-watch",
    "^([A-Z]{2})?$": "must be a two-letter ISO 3166 code in capitals, such as KR",
    "^[A-Z]{2}$": "must be a two-letter ISO 3166 code in capitals, such as KR",
    "^([a-z]{2,3})?$": "must be an ISO 639 code in lower case, such as ko",
    "^[a-z]{2,3}$": "must be an ISO 639 code in lower case, such as ko",
    r"^(https?://\S+)?$": "must be a URL that begins with http:// or https://",
    "^([01][0-9]|2[0-3]):[0-5][0-9]$": "must be a time of day such as 06:00",
    "^[!#$%&'*+.^_`|~0-9A-Za-z-]*$": "must be a header's name, such as Authorization",
}
"""Every pattern that a setting may have to match, in words (a test holds that none is missing)."""


def explain(error: ErrorDetails, path: Path) -> str:
    """One sentence on what must change at `path`."""
    kind, value, context = error["type"], error["input"], error.get("ctx", {})
    if kind == "missing":
        info = setting_at(path)
        return f"is missing. {info.description}" if info and info.description else "is missing"
    if kind == "extra_forbidden":
        return unknown_key(path)
    if kind == "value_error":
        return str(context.get("error", error["msg"]))
    if kind == "literal_error":
        return _choice(path, value)
    if kind == "string_pattern_mismatch":
        rule = PATTERNS.get(context["pattern"], f"must match {context['pattern']}")
        return f"{rule}, got {shown(value)}"
    if kind == "string_too_long":
        return f"must have at most {context['max_length']:,} characters, it has {len(value):,}"
    if kind in {"greater_than", "greater_than_equal", "less_than", "less_than_equal"}:
        return f"must be {_range(path)}, got {shown(value)}"
    if kind in {"tuple_type", "list_type"} and isinstance(value, dict) and table_at(path) is not None:
        name = ".".join(step for step in path if isinstance(step, str))
        return f"there may be several, so write [[{name}]] in double brackets"
    if kind in _KINDS:
        return f"must be {_KINDS[kind]}, got {shown(value)}"
    message = error["msg"][:1].lower() + error["msg"][1:]
    return f"{message}, got {shown(value)}"


def unknown_key(path: Path) -> str:
    """What to say of a key that is no setting, with the setting that was probably meant."""
    if len(path) > 1 and path[-1] in AT_THE_TOP:
        return f"stands inside [{path[0]}]; {TO_THE_TOP}"
    table = table_at(path[:-1])
    known = list(settings(table)) if table else []
    return f"is not a setting{suggest(str(path[-1]), known, otherwise='known here')}"


def suggest(word: str, known: Iterable[str], *, otherwise: str) -> str:
    """`; did you mean "x"?`, or the list of what is known, or nothing where that would be too long."""
    return suggestion(word, list(known), otherwise=f"{otherwise}:", most=20)


def shown(value: Any) -> str:
    """A value as it would stand in the file, shortened, without passwords."""
    try:
        text = json.dumps(value, ensure_ascii=False)
    except (TypeError, ValueError):
        text = str(value)
    text = mask(text)
    return text if len(text) <= 80 else f"{text[:77]}..."


def _choice(path: Path, value: Any) -> str:
    info = setting_at(path)
    choices = choices_in(info.annotation) if info else []
    return f"must be one of {', '.join(choices)}, got {shown(value)}{suggestion(str(value), choices, most=0)}"


def _range(path: Path) -> str:
    limits: dict[str, Any] = {}
    info = setting_at(path)
    for rule in info.metadata if info else ():
        limits |= {
            name: getattr(rule, name)
            for name in ("gt", "ge", "lt", "le")
            if getattr(rule, name, None) is not None
        }
    low, high = limits.get("ge"), limits.get("le")
    if low is not None and high is not None:
        return f"between {low} and {high}"
    words = {"gt": "more than", "ge": "at least", "lt": "less than", "le": "at most"}
    return " and ".join(f"{words[name]} {limit}" for name, limit in limits.items())
