"""Which language a short text is written in.

Korean, Japanese and Chinese (and other languages with a script of their own) are told by their characters,
which is quick and certain; only Latin, Cyrillic and Arabic texts reach the statistical model (py3langid,
whose model is inside the package: nothing is downloaded).
"""

from __future__ import annotations

import re
from typing import cast

_HANGUL = re.compile("[\u1100-\u11ff\u3130-\u318f\uac00-\ud7a3]")
_KANA = re.compile("[\u3041-\u30ff\uff66-\uff9d]")
_HAN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff]")
_LATIN = re.compile("[A-Za-zÀ-ɏ]")
_LETTER = re.compile(r"[^\W\d_]")
_OWN_SCRIPTS = (
    ("el", re.compile("[\u0370-\u03ff]")),
    ("he", re.compile("[\u0590-\u05ff]")),
    ("th", re.compile("[\u0e00-\u0e7f]")),
    ("hy", re.compile("[\u0530-\u058f]")),
    ("ka", re.compile("[\u10a0-\u10ff]")),
    ("ta", re.compile("[\u0b80-\u0bff]")),
    ("te", re.compile("[\u0c00-\u0c7f]")),
    ("bn", re.compile("[\u0980-\u09ff]")),
    ("km", re.compile("[\u1780-\u17ff]")),
    ("my", re.compile("[\u1000-\u109f]")),
    ("lo", re.compile("[\u0e80-\u0eff]")),
)
_ENOUGH = 400
"""Characters looked at; more does not change the answer."""
_FEWEST = 12
"""Letters below which the statistical model is not asked."""


def code(tag: str) -> str:
    """The ISO 639 part of a language tag: "ko-KR" and "KO_kr" give "ko"; nonsense gives ""."""
    primary = re.split(r"[-_.]", tag.strip().lower(), maxsplit=1)[0]
    if not 2 <= len(primary) <= 3 or not primary.isascii() or not primary.isalpha():
        return ""
    return {"kor": "ko", "eng": "en", "jpn": "ja", "zho": "zh", "chi": "zh", "iw": "he", "in": "id"}.get(
        primary, primary
    )


def by_script(text: str) -> str:
    """The language that the characters alone prove, or ""."""
    sample = text[:_ENOUGH]
    if sample.isascii():
        return ""
    letters = len(_LETTER.findall(sample))
    if not letters:
        return ""
    hangul, kana, han = (len(kind.findall(sample)) for kind in (_HANGUL, _KANA, _HAN))
    east = hangul + kana + han
    latin = len(_LATIN.findall(sample))
    # One Hangul syllable says about as much as two or three Latin letters, so a title half in English
    # names is still Korean.
    if east * 3 >= latin and east * 3 >= letters - latin:
        if hangul >= kana and hangul * 2 >= han:
            return "ko"
        if kana * 10 >= han:
            return "ja"
        if han:
            return "zh"
    for language, script in _OWN_SCRIPTS:
        if len(script.findall(sample)) * 2 > letters:
            return language
    return ""


def detect(text: str) -> str:
    """ISO 639-1 code of `text`'s language, or "" when it is too short to tell."""
    found = by_script(text)
    if found:
        return found
    sample = text[:_ENOUGH]
    if len(_LETTER.findall(sample)) < _FEWEST:
        return ""
    return _by_model(sample)


def _by_model(sample: str) -> str:
    # Loading the model takes most of a second and 60 MB, which the command line should not pay.
    import py3langid

    return cast(str, py3langid.classify(sample)[0])
