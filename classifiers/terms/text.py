"""Text made comparable: what a reader sees, and a folded copy of the same length to search in.

Two steps, kept apart on purpose:

- `readable` changes what only the encoding of a text can change (compatibility forms, runs of white space);
- `fold` maps that text character by character (case, diacritics, hyphens, apostrophes, dots between
  names), so that a position in the folded text is the same position in the readable text. Whatever matches
  can be shown as it stood there, and a case-sensitive term is one comparison away.
"""

from __future__ import annotations

import html
import re
import unicodedata

_ACCENTED = re.compile("[\u00c0-\u024f\u1e00-\u1eff\u0370-\u03ff\u1f00-\u1fff]")
_DOTS = "\u30fb\u2027\u2219\u2022\u22c5\uff65"
_APOSTROPHES = "\u2019\u2018\u02bc\u02b9\u2032\u0060\u00b4\u201b"
_HYPHENS = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u00ad\ufe63\uff0d"
_QUOTES = "\u201c\u201d\u201e\u201f\u00ab\u00bb"
_REPLACED = (
    [(dot, "\u00b7") for dot in _DOTS]
    + [(mark, "'") for mark in _APOSTROPHES]
    + [(hyphen, " ") for hyphen in _HYPHENS]
    + [(quote, '"') for quote in _QUOTES]
)
_MARKS = re.compile("[" + "".join(mark for mark, _ in _REPLACED) + "]")
# Letters that have no canonical decomposition but that readers type without the stroke.
_STROKES = {
    "\u0142": "l",
    "\u00f8": "o",
    "\u0111": "d",
    "\u0127": "h",
    "\u0131": "i",
    "\u0167": "t",
    "\u03c2": "\u03c3",
}


def _plain_letters() -> dict[int, str]:
    """Every accented Latin or Greek letter with its one base letter."""
    table = {ord(letter): base for letter, base in _STROKES.items()}
    for start, stop in ((0xC0, 0x250), (0x1E00, 0x1F00), (0x370, 0x400), (0x1F00, 0x2000)):
        for code in range(start, stop):
            letter = chr(code)
            base = unicodedata.normalize("NFD", letter)[0]
            if base != letter:
                table[code] = base
    return table


_PLAIN = _plain_letters()


def readable(text: str) -> str:
    """Return `text` in Unicode normal form NFKC (UAX 15), character references resolved, white space as single blanks.

    Feeds escape twice now and then, so that "&amp;amp;" is left for an ampersand.
    The Korean letter arae-a, which Korean newspapers type as a dot between names, becomes that dot first:
    NFKC would turn it into a vowel.
    """
    if "&" in text:
        text = html.unescape(html.unescape(text))
    if not text.isascii():
        if "\u318d" in text:
            text = text.replace("\u318d", "\u00b7")
        text = unicodedata.normalize("NFKC", text)
    return " ".join(text.split())


def fold(text: str) -> str:
    """Return readable `text` with case, diacritics, hyphens, apostrophes and dots folded, same length.

    Hyphens and dashes become blanks, so "Kim Jong-un" reads as "kim jong un" and a dash between blanks
    keeps the words around it from forming a phrase.
    """
    if text.isascii():
        return text.lower().replace("-", " ")
    lower = text.lower()
    if len(lower) != len(text):
        lower = "".join(letter.lower()[0] for letter in text)
    lower = lower.replace("-", " ")
    if _MARKS.search(lower):
        for old, new in _REPLACED:
            lower = lower.replace(old, new)
    if _ACCENTED.search(lower):
        lower = lower.translate(_PLAIN)
    return lower


LATIN, HANGUL, HAN, KATAKANA, HIRAGANA, NOTHING = "L", "H", "C", "K", "R", ""


class _Scripts(dict[str, str]):
    """The script class of a character, computed once each."""

    def __missing__(self, character: str) -> str:
        code = ord(character)
        if 0xAC00 <= code <= 0xD7A3 or 0x1100 <= code <= 0x11FF or 0x3131 <= code <= 0x318E:
            found = HANGUL
        elif (
            0x4E00 <= code <= 0x9FFF
            or 0x3400 <= code <= 0x4DBF
            or 0x20000 <= code <= 0x323AF
            or code == 0x3005
        ):
            found = HAN
        elif 0x30A0 <= code <= 0x30FF or 0x31F0 <= code <= 0x31FF:
            found = KATAKANA
        elif 0x3041 <= code <= 0x309F:
            found = HIRAGANA
        elif character.isalnum() or unicodedata.category(character)[0] == "M":
            found = LATIN
        else:
            found = NOTHING
        self[character] = found
        return found


SCRIPT = _Scripts()
"""`SCRIPT[character]` is one of LATIN (any alphabet and digits), HANGUL, HAN, KATAKANA, HIRAGANA, NOTHING."""


LONGEST_WORD = 40
"""Characters in a word for the purpose of distances."""


def is_within(folded: str, start: int, end: int, words: int) -> bool:
    """Say whether what starts at `end` is at most `words` words after what ended at `start`.

    Words are counted by blanks, and two characters of Han or kana as one word: neighbours with a blank
    between them are one word apart.
    """
    if end - start > words * LONGEST_WORD:
        return False
    between = folded[start:end]
    distance = between.count(" ") + (1 if between else 0)
    if not between.isascii():
        distance += sum(1 for character in between if SCRIPT[character] in (HAN, KATAKANA, HIRAGANA)) // 2
    return distance <= words
