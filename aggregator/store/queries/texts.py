"""What of an entry's text is stored where it is only counted, and read where it is one of many. Pure."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import ColumnElement, case, func

from aggregator.core.types import Entry

_BEGINNING, _END = 6000, 500
"""Characters of a full text that are read with its story: a source is named at the start of a text, or under it."""


def without_text(entry: Entry) -> Entry:
    """What is stored of an entry that is only counted: who, where and when, and its headline."""
    return replace(
        entry, summary="", content="", text="", author="", categories=(), enclosures=(), image="", credit=""
    )


def excerpt_of(text: ColumnElement[str]) -> ColumnElement[str]:
    """A column's text, or of a long one the beginning and the end."""
    return case(
        (func.length(text) <= _BEGINNING + _END, text),
        else_=func.substr(text, 1, _BEGINNING) + "\n" + func.substr(text, -_END),
    )
