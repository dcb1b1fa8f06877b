"""The term language: one string of config.toml read into what the matcher looks for.

North Korea                     a phrase; case, accents, hyphens and apostrophes do not matter
NK                              all in upper case: matches upper case only
missile(s)                      what stands in brackets may be there or not
launch*                         any ending (or, in front, any beginning); " * " is any one word
한·미                           the dot may be any dot or nothing (between other scripts a blank or hyphen too)
탄도 미사일                     a blank between Korean words may be left out
@kim-jong-un                    every name of an entity
missile(s) within 5 words of @japan
@north-korea within 3 words before fire*
title: @north-korea             only in that field; several: "title, url: ..."
/KN-?\\d{2}/                     a regular expression of RE2 (github.com/google/re2/wiki/Syntax)
"""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass

from classifiers.terms.closest import closest
from classifiers.terms.text import HAN, HANGUL, LATIN, NOTHING, SCRIPT, fold, readable
from classifiers.terms.typos import minus_typo, nearness_typo

FIELDS = ("title", "summary", "text", "url", "source", "category", "author", "language")
"""The fields of a document that a term may be limited to, in the order in which they are searched."""

DEFAULT_FIELDS = frozenset({"title", "summary", "text"})
"""Where a term without a field is looked for."""

MOST_VARIANTS = 64
MOST_WORDS = 200

_FIELD = re.compile(r"^\s*([a-z]+(?:\s*,\s*[a-z]+)*)\s*:\s+(.+)$", re.DOTALL)
_NEAR = re.compile(r"^(.+?)\s+within\s+(\d+)\s+words?\s+(of|before)\s+(.+)$", re.DOTALL)
_ENTITY = re.compile(r"^@([a-z0-9][a-z0-9-]*)$")
_ANY_LETTERS = r"[^\W_]{0,40}"
_ANY_WORD = r"[^\s]{1,60}"


class TermError(ValueError):
    """A term that cannot be read; the message says what is wrong and what to write instead."""


@dataclass(frozen=True, slots=True)
class Literal:
    """One spelling to look for, folded."""

    anchor: str
    """The folded characters that the automaton looks for: all of it, or the longest piece between wildcards."""
    before: str = ""
    """Regular expression for what stands right before the anchor, for a wildcard inside a term."""
    after: str = ""
    open_left: bool = False
    """A wildcard in front: any beginning of the word is allowed."""
    open_right: bool = False
    upper: tuple[bool, ...] | None = None
    """Which characters of the anchor must be in upper case; None where case does not matter."""


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words, with every spelling that they stand for."""

    literals: tuple[Literal, ...]


@dataclass(frozen=True, slots=True)
class Entity:
    """A reference to a named list of aliases."""

    name: str


@dataclass(frozen=True, slots=True)
class Pattern:
    """A user's regular expression, for RE2."""

    source: str


@dataclass(frozen=True, slots=True)
class Near:
    """Two things close to each other, in the same field."""

    left: Simple
    right: Simple
    words: int
    ordered: bool
    """True: the left one comes first."""


Simple = Phrase | Entity | Pattern
Body = Simple | Near


@dataclass(frozen=True, slots=True)
class Term:
    """One term as written, and what it means."""

    text: str
    body: Body
    fields: frozenset[str] = DEFAULT_FIELDS


def parse_term(text: str) -> Term:
    """Read one term as written in config.toml.

    Raises:
        TermError: the term cannot be read.
    """
    rest = text.strip()
    fields = DEFAULT_FIELDS
    limited = _FIELD.match(rest)
    if limited:
        fields = _fields(limited.group(1))
        rest = limited.group(2).strip()
    near = None if rest.startswith("/") and rest.endswith("/") else _NEAR.match(rest)
    if near is None:
        return Term(text, _simple(rest, fields), fields)
    words = int(near.group(2))
    if not 1 <= words <= MOST_WORDS:
        raise TermError(f'"within {words} words" must name 1 to {MOST_WORDS} words')
    if _NEAR.match(near.group(4)):
        raise TermError(
            'only one "within N words of" fits into a term; use a group with within = N for three things'
        )
    left, right = _simple(near.group(1).strip(), fields), _simple(near.group(4).strip(), fields)
    return Term(text, Near(left, right, words, near.group(3) == "before"), fields)


def _fields(names: str) -> frozenset[str]:
    found = frozenset(name.strip() for name in names.split(","))
    unknown = sorted(found - set(FIELDS))
    if unknown:
        close = closest(unknown[0], FIELDS)
        meant = f'did you mean "{close}:"? The' if close else "the"
        raise TermError(
            f'"{unknown[0]}:" is not a field; {meant} fields are {", ".join(FIELDS)} '
            "(for a colon that belongs to the words, leave out the blank after it)"
        )
    return found


def _simple(text: str, fields: frozenset[str]) -> Simple:
    if not text:
        raise TermError("is empty; write a word or a phrase")
    if len(text) > 1 and text.startswith("/") and text.endswith("/"):
        if len(text) < 3:
            raise TermError("is an empty regular expression; write it between the slashes")
        return Pattern(text[1:-1])
    typo = nearness_typo(text) or minus_typo(text)
    if typo:
        raise TermError(typo)
    if text.startswith("@"):
        named = _ENTITY.match(text)
        if named is None:
            raise TermError(
                f'"{text}" is not the name of an entity: @ and lower-case letters, digits and hyphens'
            )
        return Entity(named.group(1))
    exact = text.startswith("=")
    return Phrase(phrase_literals(text.removeprefix("="), exact, shouting=fields != {"url"}))


def phrase_literals(text: str, exact: bool = False, shouting: bool = True) -> tuple[Literal, ...]:
    """Return every spelling that a phrase stands for.

    Args:
        text: the phrase as written, with brackets and wildcards.
        exact: match the case as written.
        shouting: a phrase all in upper case matches upper case only (not so in URLs).

    Raises:
        TermError: brackets do not pair, or nothing but wildcards is left.
    """
    spellings: dict[str, None] = {}
    for choice in _bracket_choices(readable(text)):
        for spelling in _dot_choices(" ".join(choice.split())):
            for written in _blank_choices(spelling):
                spellings[written] = None
    if len(spellings) > MOST_VARIANTS:
        raise TermError(
            f"stands for {len(spellings)} spellings, more than {MOST_VARIANTS}; write several terms"
        )
    literals: dict[Literal, None] = {}
    for spelling in spellings:
        if spelling:
            literals[_literal(spelling, exact or (shouting and spelling.isupper()))] = None
    if not literals:
        raise TermError("has nothing left to look for; write at least one word outside the brackets")
    return tuple(literals)


def _bracket_choices(text: str) -> list[str]:
    """Return `text` with each part in brackets there and not there."""
    if "(" not in text and ")" not in text:
        return [text]
    parts = re.split(r"\(([^()]*)\)", text)
    if any("(" in part or ")" in part for part in parts):
        raise TermError(
            "has a bracket without its partner; what stands in brackets may be there or not: missile(s)"
        )
    optional = len(parts) // 2
    if optional > 6:
        raise TermError("has more than six parts in brackets; write several terms")
    found = []
    for chosen in itertools.product((True, False), repeat=optional):
        pieces = [part if place % 2 == 0 or chosen[place // 2] else "" for place, part in enumerate(parts)]
        found.append("".join(pieces))
    return found


def _dot_choices(text: str) -> list[str]:
    """Return `text` with its dots as dots, left out, and as blanks (a hyphen is folded to a blank).

    Between Hangul syllables a blank is no spelling of the dot: "구조 중" holds no 조·중.
    """
    plain = text.replace("\u30fb", "\u00b7")
    if "\u00b7" not in plain:
        return [plain]
    found = [plain, plain.replace("\u00b7", "")]
    if not any(SCRIPT[before] == HANGUL for before, dot in itertools.pairwise(plain) if dot == "\u00b7"):
        found.append(plain.replace("\u00b7", " "))
    return found


def _blank_choices(text: str) -> list[str]:
    """Return `text` with each blank between two Hangul syllables there and not there, for up to three blanks."""
    places = [
        place
        for place, character in enumerate(text)
        if character == " " and SCRIPT[text[place - 1]] == HANGUL and SCRIPT[text[place + 1]] == HANGUL
    ]
    if not places:
        return [text]
    if len(places) > 3:
        joined = "".join(character for place, character in enumerate(text) if place not in places)
        return [text, joined]
    found = []
    for dropped in itertools.product((False, True), repeat=len(places)):
        gone = {place for place, drop in zip(places, dropped, strict=True) if drop}
        found.append("".join(character for place, character in enumerate(text) if place not in gone))
    return found


def _literal(spelling: str, cased: bool) -> Literal:
    open_left, open_right = spelling.startswith("*"), spelling.endswith("*")
    inner = spelling.strip("*")
    if not any(SCRIPT[character] != NOTHING for character in inner):
        raise TermError("has no letter to look for; write at least one word")
    pieces = re.split(r"(\*+)", inner)
    literal_pieces = [place for place in range(0, len(pieces), 2) if pieces[place].strip()]
    place = max(literal_pieces, key=lambda candidate: len(pieces[candidate].strip()))
    chosen = pieces[place]
    anchor = fold(chosen)
    upper = tuple(character.isupper() for character in chosen) if cased else None
    before = _expression(pieces[:place], pieces[place])
    after = _expression(pieces[place + 1 :], "", follows=pieces[place])
    if before and not open_left and SCRIPT[fold(inner[0])] == LATIN:
        before = r"(?<![a-z0-9])" + before
    if after and not open_right and SCRIPT[fold(inner[-1])] == LATIN:
        after += r"(?![a-z0-9])"
    return Literal(
        anchor=anchor,
        before=before,
        after=after,
        open_left=open_left,
        open_right=open_right,
        upper=upper,
    )


def _expression(pieces: list[str], right: str, follows: str = "") -> str:
    """Return a regular expression for pieces and wildcards, as they stand beside the anchor."""
    found = []
    for place, piece in enumerate(pieces):
        if not piece.startswith("*"):
            found.append(re.escape(fold(piece)))
            continue
        before = pieces[place - 1] if place else follows
        after = pieces[place + 1] if place + 1 < len(pieces) else right
        alone = (not before or before.endswith(" ")) and (not after or after.startswith(" "))
        found.append(_ANY_WORD if alone else _ANY_LETTERS)
    return "".join(found)


def is_single_sign(literal: Literal) -> bool:
    """Say whether a literal is one Han character, which only Korean headlines use as a word."""
    return (
        len(literal.anchor) == 1
        and SCRIPT[literal.anchor] == HAN
        and not literal.open_left
        and not literal.open_right
    )
