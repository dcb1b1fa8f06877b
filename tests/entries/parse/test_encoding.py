"""Which characters the bytes are."""

from __future__ import annotations

import pytest

from aggregator.entries.parse.encoding import to_text

from .documents import entries, item, rss

KOREAN = "정부는 오늘 오후 긴급 회의를 열고 대책을 논의했다고 밝혔다"
JAPANESE = "政府は今日の午後、緊急の会議を開いて対策について話し合ったと発表した"
CHINESE = "政府今天下午召开紧急会议讨论应对措施并向公众作出说明"
RUSSIAN = "Правительство сегодня днём провело срочное совещание и обсудило меры"
FRENCH = "Le gouvernement a tenu une réunion à l’été près de la forêt"
POLISH = "Rząd odbył dziś pilne posiedzenie, żeby omówić środki zaradcze"


def document(text: str, encoding: str, declared: str = "") -> bytes:
    declaration = f'<?xml version="1.0" encoding="{declared}"?>' if declared else ""
    return rss(item(text, text=text), declaration=declaration).encode(encoding)


@pytest.mark.parametrize(
    ("text", "encoding", "label"),
    [
        (KOREAN, "cp949", "euc-kr"),
        (KOREAN, "cp949", "ks_c_5601-1987"),
        (JAPANESE, "cp932", "Shift_JIS"),
        (JAPANESE, "euc_jp", "EUC-JP"),
        (JAPANESE, "iso2022_jp", "ISO-2022-JP"),
        (CHINESE, "gb18030", "gb2312"),
        (RUSSIAN, "koi8_r", "KOI8-R"),
        (RUSSIAN, "cp1251", "windows-1251"),
        (FRENCH, "cp1252", "iso-8859-1"),
        (POLISH, "iso8859_2", "ISO-8859-2"),
    ],
)
def test_declared_in_the_document_or_the_header(text: str, encoding: str, label: str) -> None:
    assert entries(document(text, encoding, label))[0].title == text
    header = {"content-type": f'text/xml; charset="{label}"'}
    assert entries(document(text, encoding), headers=header)[0].title == text


@pytest.mark.parametrize(
    ("text", "encoding"),
    [(KOREAN, "cp949"), (JAPANESE, "cp932"), (JAPANESE, "euc_jp"), (CHINESE, "gb18030"), (RUSSIAN, "koi8_r"), (RUSSIAN, "cp1251"), (FRENCH, "cp1252")],
)  # fmt: skip
def test_guessed_when_nothing_is_said(text: str, encoding: str) -> None:
    assert entries(document(text, encoding))[0].title == text


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32", "utf-16-le", "utf-16-be", "utf-32-be"])
def test_marks_and_shapes(encoding: str) -> None:
    body = document(KOREAN, encoding, "utf-16" if "16" in encoding else "")
    assert entries(body, headers={"content-type": "text/xml; charset=iso-8859-1"})[0].title == KOREAN


def test_utf8_is_recognised_whatever_is_claimed() -> None:
    for claim in ("euc-kr", "iso-8859-1", "us-ascii", "shift_jis"):
        assert to_text(KOREAN.encode(), f"text/xml; charset={claim}")[:2] == (KOREAN, "utf-8")


def test_wrong_claim_is_told() -> None:
    text, encoding, problem = to_text(document(KOREAN, "cp949", "utf-8"))
    assert KOREAN in text
    assert encoding == "cp949"
    assert "utf-8" in problem


def test_a_few_stray_bytes_do_not_change_the_encoding() -> None:
    body = document(KOREAN * 20, "utf-8", "utf-8").replace("정부".encode(), b"\xff", 1)
    text, encoding, problem = to_text(body)
    assert encoding == "utf-8"
    assert KOREAN in text
    assert problem


@pytest.mark.parametrize(
    "label", ["bz2_codec", "rot13", "idna", "unicode_escape", "no-such-thing", "\x00", "undefined"]
)
def test_labels_that_are_no_charset(label: str) -> None:
    assert to_text(b"<rss>caf\xe9</rss>", f"text/xml; charset={label}")[0] == "<rss>café</rss>"


def test_language_breaks_a_tie() -> None:
    body = "새소식".encode("cp949")
    assert to_text(body, language="ko")[0] == "새소식"


@pytest.mark.parametrize(
    ("text", "encoding", "language"),
    [
        ("Η κυβέρνηση συνεδρίασε εκτάκτως το απόγευμα", "cp1253", "el"),
        ("الحكومة عقدت اجتماعا طارئا بعد ظهر اليوم", "cp1256", "ar"),
        ("A França e a Itália não estão à venda, disse João", "cp1252", ""),
        ("El señor Muñoz habló mañana y después calló", "cp1252", "es"),
    ],
)
def test_single_byte_tables_are_told_apart(text: str, encoding: str, language: str) -> None:
    assert to_text(document(text, encoding), language=language)[1] == encoding
