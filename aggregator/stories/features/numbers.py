"""Numbers in Korean, English and Japanese text, brought to one form."""

from __future__ import annotations

import re
from collections.abc import Sequence

from classifiers.terms.name_finder import NameHit

_ENGLISH = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
    "eleven": 11, "twelve": 12, "dozen": 12, "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50,
}  # fmt: skip
_ENGLISH_ORDINAL = {
    "first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "sixth": 6, "seventh": 7, "eighth": 8, "ninth": 9,
    "tenth": 10, "eleventh": 11, "twelfth": 12, "thirteenth": 13, "fourteenth": 14, "fifteenth": 15, "sixteenth": 16,
    "seventeenth": 17, "eighteenth": 18, "nineteenth": 19, "twentieth": 20,
}  # fmt: skip
_KOREAN = {
    "한": 1, "두": 2, "세": 3, "네": 4, "다섯": 5, "여섯": 6, "일곱": 7, "여덟": 8, "아홉": 9, "열": 10,
}  # fmt: skip
_SCALE = {
    "천": 1e3, "만": 1e4, "억": 1e8, "조": 1e12, "千": 1e3, "万": 1e4, "億": 1e8, "兆": 1e12,
    "thousand": 1e3, "million": 1e6, "billion": 1e9, "trillion": 1e12, "m": 1e6, "bn": 1e9,
}  # fmt: skip
_DIGIT = re.compile(r"\d")
_DIGITS = re.compile(
    r"(?P<ordinal_before>제|第)?(?<![\w.,-])?(?P<number>\d[\d,]*(?:\.\d+)?)"
    r"(?P<parts>(?:\s?(?:천|만|억|조|千|万|億|兆)\s?(?:\d[\d,]*(?:\.\d+)?)?)+|\s?(?:thousand|million|billion|trillion|bn)\b)?"
    r"(?P<unit>st\b|nd\b|rd\b|th\b|차|번째|회|호|次|回|号|번|"
    r"일|월|년|시|분|日|月|年|時|분기|명|발|기|대|척|개|건|곳|人|名|発|隻|件|%|％|퍼센트|percent|km|㎞|도|세|歳)?",
    re.IGNORECASE,
)
_PART = re.compile(
    r"(\d[\d,]*(?:\.\d+)?)?\s?([천만억조千万億兆]|thousand|million|billion|trillion|bn)", re.IGNORECASE
)
_ORDINAL_UNITS = frozenset({"st", "nd", "rd", "th", "차", "번째", "次", "호", "号"})
_TIME_UNITS = frozenset({"일", "월", "년", "시", "분", "日", "月", "年", "時", "분기"})
_YEARS = frozenset({"년", "年"})
_LONGEST = 40
"""Years up to which a number of them is a span ("징역 8년", "eight years"), not a date."""
_WORD_NUMBER = re.compile(r"\b(" + "|".join([*_ENGLISH, *_ENGLISH_ORDINAL]) + r")\b", re.IGNORECASE)
_NUMBER_WORDS = frozenset((*_ENGLISH, *_ENGLISH_ORDINAL))
_LATIN_WORD = re.compile("[a-z]+")
_KOREAN_COUNT = re.compile(r"(한|두|세|네|다섯|여섯|일곱|여덟|아홉|열)\s?(발|명|차례|번째|척|대|기|건|곳|개)")
_NEAR = 14
"""Letters between a number and the thing it counts."""
_MONTH = re.compile(
    r"\b(?:jan|feb|mar|apr|may|jun|jul|aug|sep|sept|oct|nov|dec)[a-z]*\.?\s(\d{1,2})(?:st|nd|rd|th)?\b",
    re.IGNORECASE,
)


def numbers(text: str, hits: Sequence[NameHit]) -> list[str]:
    """Features of the numbers in a text: `num:`, `ord:`, `day:` (of the month) and `count:N|concept`.

    `hits` are the concepts found in the same text; a small number close before or after a thing or act counts it.
    """
    found: list[str] = []
    digits = _DIGIT.search(text) is not None
    dates = {match.start(1): match.group(1) for match in _MONTH.finditer(text)} if digits else {}
    found.extend(f"day:{int(day)}" for day in dates.values())
    for match in _DIGITS.finditer(text) if digits else ():
        start = match.start("number")
        if start in dates or (
            start and text[start - 1].isascii() and (text[start - 1].isalnum() or text[start - 1] in "-.")
        ):
            continue
        value = _value(match.group("number"), match.group("parts") or "")
        unit = (match.group("unit") or "").lower()
        if match.group("ordinal_before") or unit in _ORDINAL_UNITS:
            found.append(f"ord:{value:g}")
        elif unit in ("일", "日"):
            found.append(f"day:{value:g}")
        elif unit in _TIME_UNITS and not (unit in _YEARS and value <= _LONGEST):
            continue
        else:
            found.append(f"num:{value:.10g}")
            found.extend(_counted(value, start, match.end(), hits))
    spelt = not _NUMBER_WORDS.isdisjoint(_LATIN_WORD.findall(text.lower()))  # far cheaper than the search
    for match in _WORD_NUMBER.finditer(text) if spelt else ():
        word = match.group(1).lower()
        if word in _ENGLISH_ORDINAL:
            if word not in ("first", "second"):
                found.append(f"ord:{_ENGLISH_ORDINAL[word]}")
        else:
            counted = _counted(_ENGLISH[word], match.start(), match.end(), hits)
            found.extend(counted)
            if _ENGLISH[word] > 2:
                found.append(f"num:{_ENGLISH[word]}")
    for match in _KOREAN_COUNT.finditer(text) if not text.isascii() else ():
        if match.start() and text[match.start() - 1].isalnum():
            continue
        value = _KOREAN[match.group(1)]
        if match.group(2) == "번째":
            found.append(f"ord:{value}")
        else:
            found.extend(_counted(value, match.start(), match.end(), hits))
            if value > 2:
                found.append(f"num:{value}")
    return found


def _value(number: str, parts: str) -> float:
    """ "3" + "천500억" is 350,000,000,000; "1.5" + " billion" is 1,500,000,000."""
    whole = f"{number}{parts}"
    total = section = 0.0
    end = 0
    for match in _PART.finditer(whole):
        amount = float(match.group(1).replace(",", "")) if match.group(1) else 0.0
        scale = _SCALE[match.group(2).lower()]
        if scale == 1e3 and match.group(2) in "천千":
            section += (amount or 1) * scale
        else:
            total += (section + amount) * scale if section + amount else scale
            section = 0.0
        end = match.end()
    rest = whole[end:].strip().replace(",", "").rstrip(".")
    return total + section + (float(rest) if rest else 0.0)


def _counted(value: float, start: int, end: int, hits: Sequence[NameHit]) -> list[str]:
    if not value < 1000:
        return []
    best: tuple[int, str] | None = None
    for hit in hits:
        gap = hit.start - end if hit.start >= end else start - hit.end
        if not 0 <= gap <= _NEAR:
            continue
        for concept in hit.means:
            if concept.startswith(("thing:", "act:kill", "act:injure")) and (best is None or gap < best[0]):
                best = (gap, concept)
    return [f"count:{value:g}|{best[1]}"] if best else []
