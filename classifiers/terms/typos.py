"""Slips of the pen that would otherwise be read as plain words, each with what was probably meant.

Pure text in, a message's end out: nothing here knows how terms are matched.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import SequenceMatcher

MINUS = "-\u2010\u2011\u2012\u2013\u2014\u2212"
"""The hyphen, and what editors make of it."""

_NUMBERS = frozenset({"points", "threshold", "distinct", "passing"})
_TABLES = {"sources", "fields", "facets", "default_facet", "groups"}
_OTHERS = _NUMBERS | _TABLES | {"title", "exclude", "ignore", "aside"}
"""The settings of a topic that can be mistaken for terms; those whose value is a number look like a weight."""

_LIKE_WITHIN = re.compile(r"\bw[a-z]{2,8}(?:\s+in\b)?", re.IGNORECASE)
_FIELD = re.compile(r"\s*([a-z]+(?:\s*,\s*[a-z]+)*):(\S.*)", re.DOTALL)
_NEARNESS = re.compile(
    r"\s+(?:(?P<count>\S+)\s+)?words?\b(?:\s+(?P<link>of|or|off|before|after|from)\b)?(?P<right>.*)"
    r"|\s+(?P<number>\d+)\s*(?:words?\s*)?(?P<relation>of|before|after|from)\b(?P<beyond>.*)",
    re.IGNORECASE | re.DOTALL,
)
"""What follows the word "within": the words are there, or a number and "of" without them."""


def nearness_typo(text: str) -> str:
    """Return how a term that was hardly meant as a plain phrase must be written, or an empty string.

    Args:
        text: a term, or the part of one, in which no "within N words of" could be read.
    """
    for word in _LIKE_WITHIN.finditer(text):
        typo = _NEARNESS.match(text, word.end())
        if typo is None:
            continue
        count = typo["count"] or typo["number"] or ""
        spelt = "".join(word[0].lower().split())
        alike = SequenceMatcher(None, spelt, "within").ratio()
        if alike < 1 and not (count.isdigit() and alike > (0.81 if typo["number"] else 0.7)):
            continue  # "with 5 of its crew" and "words of praise" are phrases
        left = text[: word.start()].strip() or "ferry"
        right = (typo["right"] or typo["beyond"] or "").strip() or "sank"
        link = (typo["link"] or typo["relation"] or "of").lower()
        if link == "after":
            left, right = right, left
        return (
            f'must be written "{left} within {count if count.isdigit() else 5} words '
            f'{"before" if link in ("before", "after") else "of"} {right}" to mean nearness'
        )
    return ""


def field_typo(text: str, fields: Sequence[str]) -> str:
    """Return what to write where the name of a field stands before a colon without a blank, or an empty string.

    Args:
        text: a term as written.
        fields: the fields there are.
    """
    found = _FIELD.match(text)
    if found is None or not all(name.strip() in fields for name in found[1].split(",")):
        return ""
    names, rest = found[1], found[2]
    return (
        f'looks for the words "{text.strip()}", colon and all; to look for "{rest}" in the {names} only, '
        f'put a blank behind the colon: "{names}: {rest}"'
    )


def minus_typo(text: str) -> str:
    """Return what to write instead of a minus in front of a word of a topic, or an empty string."""
    word = text.lstrip(MINUS + " ")
    if not word or text[0] not in MINUS:
        return ""
    return (
        "begins with a minus, which only a name in [entities] can have; leave it out and take points away "
        f'with a negative weight, as in "{word}" = -1 (in a group: none = ["{word}"])'
    )


def setting_typo(key: str, value: object, path: tuple[str | int, ...]) -> str:
    """Return where a setting that was written below the heading of terms belongs, or an empty string.

    Args:
        key: the key that stands among the terms.
        value: its value. A number could be a weight as well, so only settings that are numbers are suspected.
        path: where the terms lie, as in ("topics", "ferries", "terms").
    """
    of_facet = len(path) > 3
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if key not in (_NUMBERS if number else _OTHERS):
        return ""
    if isinstance(value, dict) and value.keys() & {"weight", "in"}:
        return ""
    if of_facet and key == "title":
        return f"stands among the terms; to set the facet's title, move it above [{_dotted(path)}]"
    where = f"below the line [{_dotted(path[:2])}]" if of_facet else f"above [{_dotted(path)}]"
    if number:
        return (
            f"stands among the terms; to set the topic's {key}, move it {where} "
            f'(to look for the word: "{key}" = {{ weight = {value} }})'
        )
    return f"stands among the terms but is a setting of the topic; move it {where}"


def _dotted(path: tuple[str | int, ...]) -> str:
    return ".".join(str(part) for part in path)
