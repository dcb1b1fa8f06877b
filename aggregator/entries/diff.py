"""The difference a revision makes, by words, for people to read."""

from __future__ import annotations

import re
from itertools import islice

from rapidfuzz.distance import Indel

_PIECE = re.compile("[\u3041-\u30ff\u3400-\u9fff]|[^\\s\u3041-\u30ff\u3400-\u9fff]+|\\s+")
_CONTEXT = 3
_MOST_PIECES = 1500


def diff(before: str, after: str) -> str:
    """What changed, by words: `three dead [-after-] {+in+} blast`, unchanged stretches shortened to "…".

    Japanese and Chinese are compared by characters. "" when the words are equal. Texts beyond 1,500 pieces
    are compared as far as that.
    """
    old, new = _pieces(before), _pieces(after)
    if [piece for piece in old if not piece.isspace()] == [piece for piece in new if not piece.isspace()]:
        return ""
    out: list[str] = []
    blocks = _blocks(old, new)
    for index, (same, gone, come) in enumerate(blocks):
        out.append(_context(same, first=index == 0, last=not (gone or come)))
        out.append((f"[-{gone}-]" if gone else "") + (f"{{+{come}+}}" if come else ""))
    return "".join(out).strip()


def similarity(one: str, other: str) -> float:
    """From 0, no word in common, to 1, the same words in the same order. As far as `diff` reads."""
    words = ([piece for piece in _pieces(text) if not piece.isspace()] for text in (one, other))
    return Indel.normalized_similarity(*words)


def _blocks(old: list[str], new: list[str]) -> list[tuple[list[str], str, str]]:
    """(what stayed, then what went, and what came instead), in order.

    By rapidfuzz's bit-parallel longest common subsequence: difflib takes minutes over repetitive texts.
    """
    found: list[tuple[list[str], str, str]] = []
    for step in Indel.opcodes(old, new):
        before = old[step.src_start : step.src_end]
        if step.tag == "equal":
            found.append((before, "", ""))
            continue
        same, gone, come = found.pop() if found else ([], "", "")
        found.append((same, gone + "".join(before), come + "".join(new[step.dest_start : step.dest_end])))
    return found


def _pieces(text: str) -> list[str]:
    return list(
        islice((" " if found[0].isspace() else found[0] for found in _PIECE.finditer(text)), _MOST_PIECES)
    )


def _context(pieces: list[str], *, first: bool, last: bool) -> str:
    keep = 2 * _CONTEXT
    if len(pieces) <= 2 * keep:
        return "".join(pieces)
    head = "" if first else "".join(pieces[:keep]).rstrip()
    tail = "" if last else "".join(pieces[-keep:]).lstrip()
    return f"{head} … {tail}" if head and tail else f"… {tail}" if tail else f"{head} …"
