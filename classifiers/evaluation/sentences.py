"""The sentence of a text in which something was found."""

from __future__ import annotations

import re
from collections.abc import Sequence

SENTENCE = 240
"""Characters shown round a find, where its sentence is longer."""

_END = re.compile(r"(?<=[.!?])\s+|(?<=[。！？])|[\n…]+")


def sentence_of(text: str, words: Sequence[str]) -> str:
    """Return the sentence of `text` that holds most of `words`, with those it holds between « and »."""
    sentences = [part.strip() for part in _END.split(text) if part and part.strip()]
    if not sentences:
        return ""
    best = max(sentences, key=lambda sentence: sum(word in sentence for word in words))
    places = sorted({(best.find(word), word) for word in words if word and word in best})
    if len(best) > SENTENCE and places:
        start = max(0, min(places[0][0] - SENTENCE // 3, len(best) - SENTENCE))
        end = start + SENTENCE
        best = ("…" if start else "") + best[start:end] + ("…" if end < len(best) else "")
    for word in sorted({word for _, word in places}, key=lambda word: (-len(word), word)):
        if f"«{word}»" not in best:
            best = best.replace(word, f"«{word}»", 1)
    return best
