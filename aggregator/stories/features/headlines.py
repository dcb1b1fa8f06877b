"""Cleaning and cutting text for grouping: headline marks, datelines, words, Korean particles.

Everything here is pure and language-independent where it can be; what is particular to Korean, English or
Japanese says so.
"""

from __future__ import annotations

import re

from classifiers.terms.text import readable

# Marks that an outlet puts before or after a headline and that say nothing about the event.
_LEADING_MARK = re.compile(
    r"^(?:[\[［【<〈(（「][^\]］】>〉)）」]{1,18}[\]］】>〉)）」]\s*)+"
    r"|^(?:breaking(?: news)?|flash|urgent|exclusive|wrapup|update|live(?: updates?)?|watch|video|opinion|analysis"
    r"|explainer|factbox|refile|corrected|correction|en direct|direct|vidéo|速報|独自|news ?analysis)"
    r"(?:\s*\d+)?\s*(?:[-:|–—―,]|\s-\s)\s*",
    re.IGNORECASE,
)
_TRAILING_MARK = re.compile(
    r"\s*[(（\[［](?:종합\s*\d*\s*보?|\d+\s*보|속보|수정|update\s*\d*|updated|lead|\d+(?:st|nd|rd|th) ld|ld|종합)[)）\]］]\s*$"
    r"|\s+[|–—-]\s+(?:reuters|ap|ap news|afp|yonhap(?: news agency)?|bbc(?: news)?|cnn|tass|xinhua|nhk|kyodo|the guardian"
    r"|the korea (?:herald|times)|연합뉴스|조선일보|중앙일보|동아일보|한겨레)\s*$",
    re.IGNORECASE,
)
_CLOSING = (")", "）", "]", "］")
_DASHES = frozenset("|–—-")
"""One of these is in every headline that ends with a mark."""
# "(서울=연합뉴스) 홍길동 기자 = ", "SEOUL, Oct. 29 (Yonhap) -- ", "Pyongyang, December 24 (KCNA) -- ",
# "GAZA CITY, Gaza Strip (AP) — ", "[서울=뉴시스]홍길동 기자 = ", "LONDON (Reuters) - "
_DATELINE = re.compile(
    r"^\s*[(（\[［][^()（）\[\]［］]{1,30}=[^()（）\[\]［］]{2,20}[)）\]］]\s*(?:[^=\n]{0,60}?(?:기자|특파원|논설위원|PD|객원기자|통신원)\s*=?\s*)?"
    r"|^\s*[A-Z][\w.,'’ /-]{1,50}?\s*[(（][A-Z][\w .]{1,20}[)）]\s*(?:--|–|—|-)\s*"
    r"|^\s*【[^】]{1,20}】\s*",
)
_DATE_ALONE = re.compile(r"(?=.*\d{4})[\d\W_년월일자年月日号]+")
"""What is left of a regular table's headline without its mark, which alone tells it from others of the same day:
"[주요지표] 2031년 11월 4일자"."""
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?", re.UNICODE)
_NOT_WORD = re.compile(r"[\W_]+", re.UNICODE)


def headline_span(text: str) -> tuple[int, int]:
    """Where a normalised title goes on after the marks before it, and where it ends before those after it."""
    start, end, previous = 0, len(text), ""
    rest = text
    while previous != rest:
        previous = rest
        mark = _LEADING_MARK.match(rest)
        if mark is not None:
            start += mark.end()
            rest = rest[mark.end() :]
        if rest.endswith(_CLOSING) or not _DASHES.isdisjoint(rest):
            rest = _TRAILING_MARK.sub("", rest)
        start += len(rest) - len(rest.lstrip())
        rest = rest.strip()
        end = start + len(rest)
    return (0, len(text)) if not rest or _DATE_ALONE.fullmatch(rest) else (start, end)


def lead_span(text: str) -> tuple[int, int]:
    """Where a normalised summary goes on after dateline and byline, and where the mark of truncation begins.

    Nothing between the two where no more than three letters are left.
    """
    dateline = _DATELINE.match(text)
    start = dateline.end() if dateline is not None else 0
    start += len(text) - start - len(text[start:].lstrip())
    end = start + len(text[start:].rstrip(".… "))
    return (start, end) if end - start > 3 else (start, start)


def headline(title: str) -> str:
    """The headline without its marks: "[속보] …(종합2보)" and "UPDATE 2-…" say how, not what."""
    text = readable(title)
    start, end = headline_span(text)
    return text[start:end]


def lead(summary: str) -> str:
    """The summary without dateline, byline and the mark of truncation; empty when nothing is left."""
    text = readable(summary)
    start, end = lead_span(text)
    return text[start:end]


def compact(text: str) -> str:
    """Letters and digits only, lower case: what two versions of one headline have in common."""
    return _NOT_WORD.sub("", text).lower()


def words(text: str) -> list[str]:
    """Words in order, lower case. Scripts without spaces come as runs; extractor.py cuts those further."""
    return _WORD.findall(text.lower())
