"""Whether a find is a word of its own, by the script at each of its ends.

Letters of alphabets end at anything that is no letter or digit (so "NK뉴스" holds NK, "tank" does not).
Han characters and hiragana have no boundary. Short katakana must not continue a katakana word. Hangul
follows `classifiers.korean`.
"""

from __future__ import annotations

from collections.abc import Callable

from classifiers.terms.korean import ends_well, is_headline_sign, starts_well
from classifiers.terms.language import Literal, is_single_sign
from classifiers.terms.text import HANGUL, KATAKANA, LATIN, SCRIPT

Check = Callable[[str, int, int], bool]
"""(folded text, start, end of the find) -> may it stand there?"""

SHORT_KATAKANA = 4


def check_for(literal: Literal) -> Check | None:
    """Return the check of one literal's surroundings, or None where nothing needs checking."""
    if is_single_sign(literal):
        return is_headline_sign
    anchor = literal.anchor
    hangul = sum(1 for character in anchor if SCRIPT[character] == HANGUL)
    left = None if literal.open_left or literal.before else _left(anchor, hangul)
    right = None if literal.open_right or literal.after else _right(anchor, hangul)
    if left and right:
        return lambda folded, start, end: left(folded, start) and right(folded, end)
    if left:
        return lambda folded, start, end: left(folded, start)
    if right:
        return lambda folded, start, end: right(folded, end)
    return None


def _left(anchor: str, hangul: int) -> Callable[[str, int], bool] | None:
    script = SCRIPT[anchor[0]]
    if script == LATIN:
        return lambda folded, start: start == 0 or SCRIPT[folded[start - 1]] != LATIN
    if script == HANGUL and hangul < 3:
        return lambda folded, start: starts_well(folded, start, hangul)
    if script == KATAKANA and len(anchor) <= SHORT_KATAKANA:
        return lambda folded, start: start == 0 or SCRIPT[folded[start - 1]] != KATAKANA
    return None


def _right(anchor: str, hangul: int) -> Callable[[str, int], bool] | None:
    script = SCRIPT[anchor[-1]]
    if script == LATIN:
        return lambda folded, end: end >= len(folded) or SCRIPT[folded[end]] != LATIN
    if script == HANGUL and hangul < 4:
        return lambda folded, end: ends_well(folded, end, hangul)
    if script == KATAKANA and len(anchor) <= SHORT_KATAKANA:
        return lambda folded, end: end >= len(folded) or SCRIPT[folded[end]] != KATAKANA
    return None
