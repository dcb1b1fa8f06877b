"""Where things stand in a TOML document."""

from __future__ import annotations

import re

import pytest

from aggregator.config.toml_lines import Document, Path, TomlSyntaxError

TEXT = '''\
top = 1
[poll]
tick = "x"

[http]   # comment
contact.name = "y"
[topics.foo]
terms = ["a",
  "b", { t = "c",
  w = 2 },
  "d"]
[topics.foo.facets."a b"]
text = """
[feeds]
[[feeds]]
"""
[[feeds]]
url = "u1"
[[feeds]]
url = "u2"
"quoted key" = 1
[[feeds.sub]]
k = 1
[[feeds.sub]]
k = 2
[feeds.table]
[empty]
["q k".b]
'''


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("top",), 1),
        (("poll",), 2),
        (("poll", "tick"), 3),
        (("poll", "nothing"), 2),
        (("http",), 5),
        (("http", "contact"), 6),
        (("http", "contact", "name"), 6),
        (("topics",), 7),
        (("topics", "foo", "terms"), 8),
        (("topics", "foo", "terms", 0), 8),
        (("topics", "foo", "terms", 2, "t"), 9),
        (("topics", "foo", "terms", 2, "w"), 10),
        (("topics", "foo", "terms", 3), 11),
        (("topics", "foo", "terms", 9), 8),
        (("topics", "foo", "facets", "a b"), 12),
        (("feeds",), 17),
        (("feeds", 0), 17),
        (("feeds", 1), 19),
        (("feeds", 1, "url"), 20),
        (("feeds", 1, "missing"), 19),
        (("feeds", 1, "quoted key"), 21),
        (("feeds", 1, "sub", 1), 24),
        (("feeds", 1, "sub", 1, "k"), 25),
        (("empty",), 27),
        (("q k", "b"), 28),
        (("nowhere",), 1),
        ((), 1),
    ],
)
def test_the_line_of_every_kind_of_key(path: Path, line: int) -> None:
    assert Document(TEXT).line(path) == line


def test_a_value_over_several_lines_ends_on_its_last() -> None:
    document = Document(TEXT)
    assert document.last_line(("topics", "foo", "terms")) == 11
    assert document.last_line(("feeds", 0)) == 18
    assert document.last_line(("feeds", 1)) == 25


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a = 1\nb =\n", 2),
        ("a = 1\na = 2", 2),
        ('a = "x\n', 1),
        ("[[f]\n", 1),
        ("a = 2020-13-01", 1),
        ("x=" + "[" * 30, 1),
        ("x=" + "[" * 9000 + "]" * 9000, 1),
        ("a = 1\n" + "a." * 9000 + "b = 1", 2),
        ("[" + "a." * 9000 + "b]", 1),
        ("x=" + "{a=" * 9000 + "1" + "}" * 9000, 1),
    ],
)
def test_what_is_not_toml_is_located(text: str, line: int) -> None:
    with pytest.raises(TomlSyntaxError) as caught:
        Document(text)
    assert caught.value.line == line


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ('[t]\n"/KN-\\d/" = 2', 2, "write each backslash twice, or put the pattern in single quotes"),
        ('a = [\n"/\\p{Hangul}/",\n]', 2, "write each backslash twice"),
        ('a = "\\u12"', 1, "write each backslash twice"),
        ("\ubd81\ud55c = 2", 1, 'must stand in quotation marks: "\ubd81\ud55c" = 2'),
        ("North Korea = 2", 1, '"North Korea" = 2'),
        ("missile(s) = 2", 1, '"missile(s)" = 2'),
        ("@vessel = { weight = 2, in = ['title'] }", 1, '"@vessel" = ...'),
        ("\u201ca\u201d = 1", 1, "quotation marks must be straight"),
        ("a = \u201cx\u201d", 1, "quotation marks must be straight"),
        ("title = Ferry", 1, "text stands in quotation marks"),
        ("[topics.Ferry Safety]", 1, "names in brackets have small letters"),
        ('[t]\n"a" = 1\na = 2', 3, "duplicate key: a stands on line 2 already; keep one of them"),
        ("a = 1\n[t]\na = 1\nb = 1\na = 2", 5, "a stands on line 3 already"),
        ("[[f]]\nx = 1\n[[f]]\nx = 1\nx = 2", 5, "x stands on line 4 already"),
        ("[[f]]\n[f.b]\n[[f]]\n[f.b]\n[f.b]", 5, "[f.b] stands on line 4 already"),
        ('[t]\n"a=b" = 1\n\n"a=b" = 2', 4, '"a=b" stands on line 2 already'),
        ("a.b = 1\na.b = 2", 2, "a.b stands on line 1 already"),
        ("a = { b = 1, b = 2 }", 1, "b stands twice in these braces"),
        ("[t]\n[t.u]\n[t] # again", 3, "[t] stands on line 1 already; write that line once"),
        ('x = """\n[no]\n"""\na = 1\na = 2', 5, "duplicate key: a stands"),
        ('"a" 2', 1, "key with no value"),
        ('a = "x', 1, 'begins at column 5 is not closed on its line: "x'),
        ('[t]\n"ferry = 2', 2, "begins at column 1 is not closed on its line"),
        ('a = [\n  "x",\n  "y,\n  "z",\n]', 3, "begins at column 3 is not closed"),
        ("a = [\n  'x',\n  'y ]", 3, "begins at column 3 is not closed"),
        ('a = """x\n\nb = 1', 1, 'begins with """ here is never closed'),
        ("level = info", 1, 'text stands in quotation marks: level = "info"'),
        ("a = desk@example.org # me", 1, 'text stands in quotation marks: a = "desk@example.org"'),
        ("a = True", 1, "true and false have small letters: a = true"),
        ('a = [\n  "x"\n  "y",\n]', 3, "a comma is missing between the item here and the one before it"),
        ("a = [1,, 2]", 1, "two commas follow each other"),
        ("a = [{ b = 1 }]\n[[a]]\nb = 2", 2, "a has another form on line 1; write this one there"),
        ("[t]\npassing = 0,5 # half", 2, "a decimal number has a point, not a comma: 0.5"),
        ("\uc5ec\uac1d\uc120 \uce68\ubab0 = 1", 1, '"\uc5ec\uac1d\uc120 \uce68\ubab0" = 1'),
        ("a = {\ubd81 = 1, b = 1}", 1, '\ubd81 must stand in quotation marks: "\ubd81" = 1'),
        ("a = {b = 1, North Korea = 2, c = 1}", 1, '"North Korea" = 2'),
        ('a = { "\ubd81" = 1, b = 1, b = 2 }', 1, "b stands twice in these braces"),
        ('"\ubd81\ud55c" = \u201cx\u201d', 1, "quotation marks must be straight"),
    ],
)
@pytest.mark.parametrize("above", ["# a comment", "# \ubd81\ud55c \U0001f6a2" * 20], ids=["ASCII", "Korean"])
def test_what_is_not_toml_says_what_to_write(text: str, line: int, words: str, above: str) -> None:
    with pytest.raises(TomlSyntaxError) as caught:
        Document(f"{above}\n{text}\nx-1 = 1\nx-2 = 2\nx-3 = 3\n")
    assert caught.value.line == line + 1
    assert words in re.sub(r"(?<=on line )\d+", lambda found: str(int(found[0]) - 1), str(caught.value))


def test_lines_below_letters_outside_ascii_are_right() -> None:
    above = "# \ubd81\ud55c\uc758 \uc5ec\uac1d\uc120\n" * 3
    document = Document(above + TEXT)
    assert document.line(("topics", "foo", "terms", 2, "w")) == 13
    assert document.line(("feeds", 1, "sub", 1, "k")) == 28


def test_a_second_table_below_the_shipped_configuration_is_sent_to_the_first(root: Path) -> None:
    shipped = (root / "config.toml").read_text(encoding="utf-8")
    with pytest.raises(TomlSyntaxError) as caught:
        Document(f'{shipped}\n[entities]\n"x" = ["y"]\n')
    assert caught.value.line == shipped.count("\n") + 2
    first = shipped.split("\n").index("[entities]") + 1
    assert f"[entities] stands on line {first} already" in str(caught.value)
