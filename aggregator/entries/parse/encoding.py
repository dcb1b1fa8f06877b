"""Bytes of a feed document to text.

Order: byte order mark, then UTF-8 where the bytes prove it, then the HTTP charset (RFC 7303), the XML
declaration, and a guess. Servers name the wrong charset more often than bytes form valid UTF-8 by accident,
so proof goes before claims.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable

_BOMS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# "<?xm" or "<x" without a byte order mark (XML 1.0, appendix F.1).
_SNIFF = (
    (re.compile(rb"\x00\x00\x00<"), "utf-32-be"),
    (re.compile(rb"<\x00\x00\x00"), "utf-32-le"),
    (re.compile(rb"\x00<\x00[?!\w]"), "utf-16-be"),
    (re.compile(rb"<\x00[?!\w]\x00"), "utf-16-le"),
    (re.compile(rb"\x4c\x6f\xa7\x94"), "cp037"),
)
_DECLARATION = re.compile(r"""\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']?\s*([A-Za-z0-9._:\-]{2,40})""")
_META = re.compile(rb"""<meta[^>]{0,200}?charset\s*=\s*["']?\s*([A-Za-z0-9._:\-]{2,40})""", re.IGNORECASE)
_CHARSET = re.compile(r"""charset\s*=\s*["']?\s*([A-Za-z0-9._:\-]{2,40})""", re.IGNORECASE)
_NOT_ASCII = re.compile(rb"[\x80-\xff]")

# What a label means in practice (WHATWG Encoding Standard): supersets, and names Python does not know.
_ALIASES = {
    "gb2312": "gb18030", "gbk": "gb18030", "x-gbk": "gb18030", "gb_2312-80": "gb18030",
    "euc-kr": "cp949", "euckr": "cp949", "ks_c_5601-1987": "cp949", "ksc5601": "cp949", "ks_c_5601": "cp949",
    "x-windows-949": "cp949", "windows-949": "cp949", "uhc": "cp949", "korean": "cp949",
    "shift_jis": "cp932", "shift-jis": "cp932", "sjis": "cp932", "x-sjis": "cp932", "windows-31j": "cp932",
    "x-euc-jp": "euc_jp", "big5": "big5hkscs", "iso-8859-1": "cp1252", "latin1": "cp1252", "latin-1": "cp1252",
    "iso8859-1": "cp1252", "us-ascii": "cp1252", "ascii": "cp1252", "ansi": "cp1252", "iso-8859-9": "cp1254",
    "iso-8859-8-i": "iso-8859-8", "windows-874": "cp874", "tis-620": "cp874", "iso-8859-11": "cp874",
    "x-mac-cyrillic": "mac_cyrillic", "macintosh": "mac_roman", "x-mac-roman": "mac_roman", "unicode": "utf-16",
    "utf8mb4": "utf-8", "utf8": "utf-8", "iso-10646-ucs-2": "utf-16", "ucs-2": "utf-16", "ucs-4": "utf-32",
    "iso-10646-ucs-4": "utf-32", "u16": "utf-16", "u32": "utf-32",
}  # fmt: skip

_BY_LANGUAGE = {
    "ko": ("cp949",),
    "ja": ("cp932", "euc_jp"),
    "zh": ("gb18030", "big5hkscs"),
    "ru": ("cp1251", "koi8_r"),
    "uk": ("cp1251", "koi8_u"),
    "bg": ("cp1251",),
    "pl": ("cp1250", "iso8859_2"),
    "cs": ("cp1250", "iso8859_2"),
    "hu": ("cp1250", "iso8859_2"),
    "el": ("cp1253",),
    "tr": ("cp1254",),
    "he": ("cp1255",),
    "ar": ("cp1256",),
    "th": ("cp874",),
}
_GUESSES = (
    "cp949", "euc_jp", "cp932", "gb18030", "big5hkscs", "cp1251", "koi8_r", "cp1252", "cp1250", "cp1253",
    "cp1255", "cp1256",
)  # fmt: skip
_NO_CHARSETS = frozenset(
    {"idna", "punycode", "undefined", "raw-unicode-escape", "unicode-escape", "mbcs", "oem"}
)
_CYRILLIC = ("cp1251", "koi8_r", "koi8_u", "mac_cyrillic")
_LATIN = ("cp1252", "cp1250", "iso8859_2", "cp1254")
_EASTERN = ("cp949", "cp932", "euc_jp", "gb18030", "big5hkscs")
_SCRIPTS = {
    **dict.fromkeys(_CYRILLIC, re.compile("[\u0400-\u04ff]")),
    "cp1253": re.compile("[\u0370-\u03ff]"),
    "cp1255": re.compile("[\u0590-\u05ff]"),
    "cp1256": re.compile("[\u0600-\u06ff]"),
    "cp874": re.compile("[\u0e00-\u0e7f]"),
}
_ACCENTED_RUN = re.compile("[\u00a0-\u024f\u2010-\u2122]{2,}")
_MIXED_WORD = re.compile("[A-Za-z][\u0370-\u06ff]|[\u0370-\u06ff][A-Za-z]")
_SAMPLE = 60_000
_LONGEST_CHARACTER = 4
"""Bytes."""


def to_text(body: bytes, content_type: str = "", language: str = "") -> tuple[str, str, str]:
    """`body` decoded: (text, encoding used, problem or "").

    `content_type` is the HTTP header as sent; `language` (ISO 639) breaks ties when guessing. Undecodable
    bytes become U+FFFD, never an error.
    """
    for mark, encoding in _BOMS:
        if body.startswith(mark):
            return _decode(body[len(mark) :], encoding)
    for pattern, encoding in _SNIFF:
        if pattern.match(body):
            return _decode(body, encoding)
    high = len(_NOT_ASCII.findall(body[:_SAMPLE])) or (0 if body.isascii() else 1)
    named = list(_named(body, content_type))
    if not high:
        return _ascii(body, named)
    utf8 = _strict(body, "utf-8")
    if utf8 is not None and (high >= 12 or not _wide(named, body)):
        return utf8, "utf-8", ""
    for encoding in named:
        text = _strict(body, encoding)
        if text is not None:
            return text, encoding, ""
    return _guess(body, named, language)


def _ascii(body: bytes, named: list[str]) -> tuple[str, str, str]:
    """ASCII bytes are themselves, except in the encodings that shift with escape sequences."""
    for encoding in named:
        if encoding.startswith(("iso2022", "iso-2022", "hz", "utf-7")) and (
            b"\x1b" in body or b"~{" in body or b"+" in body
        ):
            text = _strict(body, encoding)
            if text is not None:
                return text, encoding, ""
    return body.decode("ascii", "replace"), named[0] if named else "utf-8", ""


def _named(body: bytes, content_type: str) -> Iterable[str]:
    """The encodings that the header and the document claim, known ones only, in that order."""
    head = body[:1024].decode("latin-1")
    claims = []
    header = _CHARSET.search(content_type)
    if header:
        claims.append(header[1])
    declared = _DECLARATION.match(head)
    if declared:
        claims.append(declared[1])
    elif b"<html" in body[:2048].lower():
        meta = _META.search(body[:4096])
        if meta:
            claims.append(meta[1].decode("ascii"))
    seen = set()
    for claim in claims:
        encoding = known(claim)
        if encoding and encoding not in seen:
            seen.add(encoding)
            yield encoding


def known(label: str) -> str:
    """Python's name for `label`, or "" when it is not the name of a character encoding."""
    label = label.strip().lower()
    label = _ALIASES.get(label, label)
    try:
        name = codecs.lookup(label).name
        # The same registry holds bz2, hex and rot13; `decode` refuses those (but not for empty bytes).
        b"    ".decode(name)
    except (LookupError, ValueError):
        return ""
    return "" if name in _NO_CHARSETS else label


def _strict(body: bytes, encoding: str) -> str | None:
    """`body` decoded, but for a last character of which only the first bytes came; None when it is not `encoding`."""
    try:
        return body.decode(encoding)
    except UnicodeDecodeError as error:
        if len(body) - error.start > _LONGEST_CHARACTER:
            return None
    except (UnicodeError, ValueError, LookupError):
        return None
    try:
        return codecs.getincrementaldecoder(encoding)().decode(body)
    except (UnicodeError, ValueError, LookupError):
        return None


def _decode(body: bytes, encoding: str) -> tuple[str, str, str]:
    text = _strict(body, encoding)
    if text is not None:
        return text, encoding, ""
    return body.decode(encoding, "replace"), encoding, f"has bytes that are not {encoding}"


def _wide(named: list[str], body: bytes) -> bool:
    """Whether a multi-byte encoding is claimed and fits: then a few bytes are no proof of UTF-8."""
    return any(
        encoding in ("cp949", "cp932", "euc_jp", "gb18030", "big5hkscs")
        and _strict(body, encoding) is not None
        for encoding in named
    )


def _guess(body: bytes, named: list[str], language: str) -> tuple[str, str, str]:
    """The encoding that makes the most plausible text of `body`."""
    problem = f"is not the {named[0]} it says" if named else "names no encoding"
    claimed = [name for name in named if name not in ("cp1252", "utf-8")]
    for encoding in named:
        # A stray byte or two in a text that otherwise fits the claim (a cut-off title, say).
        text = body.decode(encoding, "replace")
        broken = text.count("\ufffd")
        if broken and broken * 50 <= len(_NOT_ASCII.findall(body[:_SAMPLE])):
            return text, encoding, f"has bytes that are not {encoding}"
    sample = body[:_SAMPLE]
    favourites = (*claimed, *_BY_LANGUAGE.get(language[:2].lower(), ()))
    best, best_score = "cp1252", float("-inf")
    for encoding in dict.fromkeys((*favourites, *_GUESSES)):
        score = _plausibility(sample, encoding)
        if encoding in favourites:
            score += 0.15
        if score > best_score:
            best, best_score = encoding, score
    return body.decode(best, "replace"), best, f"{problem}; read as {best}"


def _plausibility(sample: bytes, encoding: str) -> float:
    """How much the non-ASCII part of `sample` looks like writing in `encoding`: about 1 good, below 0 bad.

    What tells a wrong table: bytes it has no character for, capitals where small letters should be, letters of
    another script inside a Latin word, Hangul mixed with ideographs, Japanese without kana.
    """
    text = sample.decode(encoding, "replace")
    broken = text.count("\ufffd")
    others = [character for character in text if character > "\x7f" and character != "\ufffd"]
    if not others:
        return float("-inf")
    count = len(others)
    score = (sum(map(_worth, others)) - 4.0 * broken) / (count + broken)
    if encoding in _CYRILLIC:
        # The wrong Cyrillic table turns small letters into capitals.
        capitals = sum(1 for character in others if "А" <= character <= "Я")
        score -= 0.8 * max(0.0, capitals / count - 0.4)
    elif encoding in _LATIN:
        # Accented letters stand between plain ones; runs of them are another script, misread.
        score -= 4.0 * len(_ACCENTED_RUN.findall(text)) / count
    elif encoding in _EASTERN:
        hangul = sum(1 for character in others if "가" <= character <= "힣") / count
        kana = sum(1 for character in others if "ぁ" <= character <= "ヿ") / count
        han = sum(1 for character in others if "一" <= character <= "鿿") / count
        score -= min(hangul, han)
        if encoding in ("cp932", "euc_jp") and kana < 0.1:
            score -= 0.5
    if encoding in _SCRIPTS:
        # A table for another script holds accented letters too; text in that script has few of them.
        score -= 2.0 * len(_MIXED_WORD.findall(text)) / count
        score -= 1.0 - len(_SCRIPTS[encoding].findall(text)) / count
    return score


def _worth(character: str) -> float:
    point = ord(character)
    if 0xAC00 <= point <= 0xD7A3:  # Hangul syllables
        return 1.0
    if 0x3041 <= point <= 0x30FF:  # kana
        return 1.1
    if 0x4E00 <= point <= 0x9FFF:  # ideographs: the first half of the block holds the common ones no better
        return 0.8
    if 0x0410 <= point <= 0x044F or point in (0x401, 0x451):
        return 0.95
    if 0x0370 <= point <= 0x03FF or 0x05D0 <= point <= 0x05EA or 0x0620 <= point <= 0x064A:
        return 0.85
    if character.isalpha() and point < 0x250:
        return 0.75
    if point in (
        0x2018,
        0x2019,
        0x201C,
        0x201D,
        0x2013,
        0x2014,
        0x2026,
        0xA0,
        0xAB,
        0xBB,
        0xB7,
        0x3001,
        0x3002,
    ):
        return 0.75
    if 0xFF61 <= point <= 0xFF9F:  # half-width kana: nearly always a misreading
        return -0.5
    if 0xFF00 <= point <= 0xFFEF or 0x3000 <= point <= 0x303F:
        return 0.6
    if 0xE000 <= point <= 0xF8FF or point < 0xA0:  # private use, C1 controls
        return -3.0
    return -0.2
