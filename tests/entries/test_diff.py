"""The difference a revision makes, as people read it."""

from __future__ import annotations

from aggregator.entries.diff import diff


def test_diff_of_words() -> None:
    assert diff("Three dead after blast", "Four dead after blast") == "[-Three-]{+Four+} dead after blast"
    assert diff("same words", "same  words") == ""
    assert diff("", "new") == "{+new+}"
    assert diff("정부가 대책을 발표", "정부가 새 대책을 발표") == "정부가 {+새 +}대책을 발표"
    assert diff("首相が訪問", "首相が会談") == "首相が[-訪問-]{+会談+}"


def test_diff_leaves_out_what_stayed() -> None:
    stayed = " ".join(f"w{n}" for n in range(60))
    compact = diff(f"old {stayed} tail", f"new {stayed} end")
    assert compact.startswith("[-old-]{+new+} w0 w1")
    assert " … " in compact
    assert compact.endswith("w59 [-tail-]{+end+}")
    assert len(compact) < 100


def test_diff_of_long_texts_is_bounded() -> None:
    assert diff("a b " * 100_000, "a c " * 100_000)
