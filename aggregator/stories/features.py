"""What an entry is about, as weighted features: concepts in any language, numbers, Latin names, rare words.

    person:trump place:gyeongju org:apec act:launch thing:missile   from the term table, the same in every language
    num:350000000000  ord:13  count:2|thing:missile                 numbers, ordinals, how many of what
    w:gyeongjuman  w:술판                                           other words; Korean ones without their particle

A feature of the headline weighs 1, one of the lead alone a half. How rare it is, the window knows (window.py).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from aggregator.stories.numbers import numbers
from aggregator.stories.terms import TermFinder
from aggregator.stories.words import words

LEAD_WEIGHT = 0.5
_MOST = 64

_PARTICLES = tuple(
    sorted(
        [
            "은",
            "는",
            "이",
            "가",
            "을",
            "를",
            "의",
            "에",
            "도",
            "만",
            "로",
            "와",
            "과",
            "랑",
            "나",
            "야",
            "에서",
            "에게",
            "에는",
            "에도",
            "으로",
            "이나",
            "부터",
            "까지",
            "처럼",
            "보다",
            "마다",
            "라고",
            "이라고",
            "에게서",
            "으로서",
            "로서",
            "으로써",
            "로써",
            "이라며",
            "라며",
            "다고",
            "이라는",
            "라는",
            "에서는",
            "에서도",
            "으로는",
            "로는",
            "께서",
            "한테",
            "이며",
            "하는",
            "했다",
            "한다",
            "하고",
            "해야",
            "하며",
            "하다",
            "하게",
            "됐다",
            "된다",
            "되고",
            "되는",
            "되며",
            "했던",
            "한",
            "할",
            "해",
            "하기",
            "하려",
            "했고",
            "한다고",
            "했다고",
            "이다",
            "였다",
            "이었다",
            "입니다",
            "들",
            "들이",
            "들은",
            "들의",
            "들을",
            "들도",
        ],
        key=len,
        reverse=True,
    )
)
_STOP = frozenset(
    [
        "the",
        "a",
        "an",
        "of",
        "to",
        "in",
        "on",
        "at",
        "for",
        "from",
        "by",
        "with",
        "as",
        "is",
        "are",
        "was",
        "were",
        "be",
        "been",
        "it",
        "its",
        "this",
        "that",
        "these",
        "those",
        "and",
        "or",
        "but",
        "not",
        "no",
        "he",
        "she",
        "they",
        "we",
        "you",
        "i",
        "his",
        "her",
        "their",
        "our",
        "your",
        "who",
        "what",
        "when",
        "where",
        "why",
        "how",
        "which",
        "will",
        "would",
        "could",
        "should",
        "may",
        "might",
        "can",
        "has",
        "have",
        "had",
        "do",
        "does",
        "did",
        "after",
        "before",
        "over",
        "under",
        "into",
        "out",
        "up",
        "down",
        "about",
        "more",
        "most",
        "than",
        "new",
        "says",
        "said",
        "say",
        "amid",
        "among",
        "against",
        "during",
        "between",
        "first",
        "last",
        "year",
        "years",
        "day",
        "days",
        "week",
        "month",
        "time",
        "people",
        "man",
        "woman",
        "some",
        "any",
        "all",
        "other",
        "also",
        "just",
        "only",
        "still",
        "if",
        "so",
        "one",
        "two",
        "three",
        "get",
        "gets",
        "got",
        "make",
        "makes",
        "made",
        "take",
        "takes",
        "le",
        "la",
        "les",
        "de",
        "des",
        "du",
        "un",
        "une",
        "et",
        "en",
        "au",
        "aux",
        "pour",
        "par",
        "sur",
        "dans",
        "avec",
        "est",
        "sont",
        "que",
        "qui",
        "ne",
        "pas",
        "se",
        "ce",
        "sa",
        "son",
        "ses",
        "plus",
        "있다",
        "없다",
        "것",
        "수",
        "등",
        "및",
        "이",
        "그",
        "저",
        "더",
        "위해",
        "대한",
        "대해",
        "관련",
        "따르면",
        "밝혔다",
        "말했다",
        "전했다",
        "보도했다",
        "이날",
        "지난",
        "오는",
        "오전",
        "오후",
        "현지시간",
        "현지",
        "시각",
        "시간",
        "올해",
        "작년",
        "내년",
        "오늘",
        "어제",
        "내일",
        "최근",
        "가운데",
        "통해",
        "이후",
        "앞두고",
        "계기",
        "또",
        "다시",
        "우리",
        "이번",
        "기자",
        "특파원",
        "장관",
        "대표",
        "의원",
        "위원장",
        "국무위원장",
        "주석",
        "신임",
        "전날",
        "당시",
        "경우",
        "때문",
        "으로",
        "에서",
        "씨",
        "첫",
        "개",
        "명",
        "년",
        "월",
        "일",
    ]
)
_CJK_RUN = re.compile(r"[\u4e00-\u9fff々]+|[\u30a0-\u30ffー]{2,}")
_HANGUL = re.compile(r"[\uac00-\ud7a3]+")


class Extractor:
    """Turns headline and lead into features. Holds nothing but its tables."""

    def __init__(self, entities: Mapping[str, Sequence[str]]) -> None:
        self._terms = TermFinder(entities)

    def features(self, title: str, lead: str, language: str) -> dict[str, float]:
        """Features with their weights, headline first; at most 64."""
        found: dict[str, float] = {}
        for text, weight in ((title, 1.0), (lead, LEAD_WEIGHT)):
            for feature in self._of(text, language):
                if feature not in found:
                    found[feature] = weight
                    if len(found) >= _MOST:
                        return found
        return found

    def _of(self, text: str, language: str) -> list[str]:
        korean = language == "ko" or (not language and _HANGUL.search(text) is not None)
        hits = self._terms.find(text, hanja=korean)
        found: list[str] = []
        rest: list[str] = []
        position = 0
        for hit in hits:
            found.extend(hit.concepts)
            rest.append(text[position : hit.start])
            position = hit.end
        rest.append(text[position:])
        found.extend(numbers(text, hits))
        for part, piece in enumerate(rest):
            found.extend(_words_of(piece, after_form=part > 0))
        return found


def _words_of(text: str, *, after_form: bool) -> list[str]:
    """Word features of a piece of text between forms. `after_form`: what it begins with may be a mere ending."""
    found: list[str] = []
    ending = after_form and bool(text) and text[0].isalnum()
    for word in words(text):
        first, ending = ending, False
        if word.isdigit() or word in _STOP:
            continue
        if _HANGUL.search(word):
            for run in _HANGUL.findall(word):
                stem = _stem_korean(run)
                if len(stem) > 1 and stem not in _STOP and not (first and len(run) < 4):
                    found.append(f"w:{stem}")
        elif word[0] < "\u0250":
            if first and len(word) < 3:
                continue
            stem = _stem_latin(word)
            if len(stem) > 2 and stem not in _STOP:
                found.append(f"w:{stem}")
        else:
            for run in _CJK_RUN.findall(word):
                if len(run) <= 4 or "\u30a0" <= run[0] <= "\u30ff":
                    if len(run) > 1:
                        found.append(f"w:{run}")
                else:
                    found.extend(f"w:{run[i : i + 2]}" for i in range(len(run) - 1))
    return found


def _stem_korean(word: str) -> str:
    for particle in _PARTICLES:
        if len(word) - len(particle) >= 2 and word.endswith(particle):
            return word[: -len(particle)]
    return word


def _stem_latin(word: str) -> str:
    word = word.removesuffix("'s").removesuffix("’s")
    for ending in ("ies", "ing", "ed", "es", "s"):
        if len(word) - len(ending) >= 4 and word.endswith(ending):
            return word[: -len(ending)] + ("y" if ending == "ies" else "")
    return word
