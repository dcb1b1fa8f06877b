"""Whether a name is who speaks: in Korean the subject that stands last before the verb, and never one inside a quotation."""

from __future__ import annotations

import re

_ANOTHER_SUBJECT = re.compile(
    r"(?:다|라|자|냐)고\s(?:[^\s,]+\s){0,4}?[^\s,]{1,20}(?:이|가|은|는|도|측은|등은)\s(?![^.]*(?:다|라|자|냐)고\s[^\s]+(?:이|가|은|는)\s)"
)
"""방문한다고 중국 외교부가 25일 (밝혔다): who is named before that is spoken of."""
_COUNTRIES = re.compile(
    r"(?:중국|러시아|미국|일본|프랑스|영국|독일|우크라이나|이란|대만|中|러|美|日|공산당)\s?[(]?$|[(]\s?(?:러시아|중국|미국)\s?$"
)


def another_speaks(between: str) -> bool:
    """Whether somebody else is the subject of what is said: `between` stands between a name and the verb of saying."""
    return _ANOTHER_SUBJECT.search(f"{between} ") is not None


def in_quotation(text: str, place: int) -> bool:
    """Whether a place in running text is inside a quotation that began before it, however long ago in its sentence."""
    before = text[max(0, place - 300) : place]
    return before.rfind("“") > before.rfind("”") or before.rfind("「") > before.rfind("」")


def is_foreign_namesake(text: str, start: int, end: int) -> bool:
    """Whether a body of the South that is named without its country is another country's: 중국 외교부, 외교부장 (a
    minister in Beijing), 러시아 대통령실."""
    minister = text[end : end + 1] == "장" and text[end + 1 : end + 2] != "관"
    return minister or _COUNTRIES.search(text[max(0, start - 12) : start]) is not None
