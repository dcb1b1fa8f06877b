"""Writes the tables of settings in docs/configuration.md from the models themselves.

`python -m aggregator.config.reference docs/configuration.md` (or `make docs`) puts them between the two
markers; a test holds that they are current.
"""

from __future__ import annotations

import json
import sys
import typing
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from types import UnionType
from typing import Any, Literal

from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from aggregator.config.root import Config
from aggregator.config.schema import section_in, settings
from aggregator.config.values import Section, format_duration, format_size, parse_size

BEGIN = "<!-- Written by `make docs` from here -->"
END = "<!-- to here. Change the descriptions in aggregator/config/, not this part. -->"


def render() -> str:
    """Every setting with its type, default and meaning, as Markdown."""
    parts = ["### At the top of the file\n", _table(Config, scalars_only=True)]
    for heading, model in tables(Config):
        parts += [f"### `{heading}`\n", f"{_first_sentence(model)}\n", _table(model)]
    return "\n".join(parts)


def tables(model: type[Section], prefix: str = "") -> Iterator[tuple[str, type[Section]]]:
    """The tables of settings below `model`: (`[poll]`, PollConfig), (`[[feeds]]`, FeedConfig), ..."""
    for name, info in settings(model).items():
        inner = section_in(info.annotation)
        if inner is None:
            continue
        key = f"{prefix}{name}"
        origin = typing.get_origin(info.annotation)
        if origin is tuple:
            yield f"[[{key}]]", inner
        elif origin is None:
            yield f"[{key}]", inner
        else:
            yield f"[{key}.<slug>]", inner
        yield from tables(inner, f"{key}.")


def insert(document: str) -> str:
    """Put the tables between the markers of `document`. Raises ValueError when it has no markers."""
    before, found, rest = document.partition(BEGIN)
    _, closed, after = rest.partition(END)
    if not found or not closed:
        raise ValueError(f"the document lacks the lines {BEGIN!r} and {END!r}")
    return f"{before}{BEGIN}\n\n{render()}\n{END}{after}"


def _table(model: type[Section], *, scalars_only: bool = False) -> str:
    rows = ["| setting | type | default | meaning |", "| --- | --- | --- | --- |"]
    for name, info in settings(model).items():
        if section_in(info.annotation) or (scalars_only and not info.description):
            continue
        meaning = (info.description or "").replace("|", "\\|")
        rows.append(f"| `{name}` | {_type(info)} | {_default(info)} | {meaning} |")
    return "\n".join(rows) + "\n"


def _type(info: FieldInfo) -> str:
    return _words(info.annotation, info) + _limits(info)


def _words(annotation: Any, info: FieldInfo | None = None) -> str:
    origin, inside = typing.get_origin(annotation), typing.get_args(annotation)
    if info and any(getattr(rule, "func", None) is parse_size for rule in info.metadata):
        return "size"
    if origin is typing.Annotated:
        return _words(inside[0])
    if origin is Literal:
        return ", ".join(f"`{choice}`" for choice in inside if choice)
    if origin is tuple:
        return f"list of {_words(inside[0])}"
    if origin in {typing.Union, UnionType}:
        return " or ".join(_words(one) for one in inside if one is not type(None))
    if origin is not None:
        return f"table: {_words(inside[0])} = {_words(inside[1])}"
    names = {str: "text", int: "whole number", float: "number", bool: "true or false", timedelta: "duration"}
    return names[annotation]


def _limits(info: FieldInfo) -> str:
    words = {"gt": "above", "ge": "from", "lt": "below", "le": "to"}
    limits = [
        f"{words[name]} {getattr(rule, name):g}"
        for rule in info.metadata
        for name in words
        if getattr(rule, name, None) is not None
    ]
    return f", {' '.join(limits)}" if limits else ""


def _default(info: FieldInfo) -> str:
    if info.is_required():
        return "required"
    value = info.get_default(call_default_factory=True, validated_data={})
    if value is None or value is PydanticUndefined:
        return "none"
    if isinstance(value, timedelta):
        value = format_duration(value)
    elif _words(info.annotation, info) == "size":
        value = format_size(value)
    if isinstance(value, Mapping):
        return f"`{{ {', '.join(f'{key} = {json.dumps(one)}' for key, one in value.items())} }}`"
    return f"`{json.dumps(value, ensure_ascii=False)}`"


def _first_sentence(model: type[Section]) -> str:
    return (model.__doc__ or "").strip().split("\n\n")[0].replace("\n    ", " ")


def main(arguments: list[str]) -> int:
    """Rewrite the file that the one argument names."""
    if len(arguments) != 1:
        sys.stderr.write("usage: python -m aggregator.config.reference docs/configuration.md\n")
        return 2
    path = Path(arguments[0])
    path.write_text(insert(path.read_text(encoding="utf-8")), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
