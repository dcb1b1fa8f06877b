"""Who announced what a text tells, by the grammar of its first sentences: "퓨쳐켐은 … 승인받았다고 5일 밝혔다".

However many outlets print an announcement, it is one claim: the announcer's. A public body that announces its own act is
its source.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_SENTENCES = 2
_ANNOUNCED = re.compile(
    r"^(?P<name>[^\s,“”\"'‘’()]{2,20}?(?:\s[^\s,“”\"'‘’()]{2,20}?){0,3}?)(?:\([^()]{1,20}\))?(?:은|는|이|가)\s"
    r"(?P<what>.*?)(?:고|고\s\d{1,2}일)\s(?:밝혔|전했|발표했|공시했)"
)
_REPORT = re.compile(
    r"(?P<name>[^\s,“”\"'‘’()]{2,20})(?:은|는|이|가)\s\d{1,2}일\s(?:발표|공개|발간)한\s(?:‘[^’]{1,60}’\s)?(?:보고서|자료|조사)"
)
_PUBLIC = re.compile(
    r"(?:위원회|방통위|금융위|공정위|개인정보위|선관위|정부|당국|법원|재판부|검찰|경찰|경찰서|소방서|특검|특검팀|특별검사팀|대통령실|국회"
    r"|헌법재판소|헌재|한국은행|[가-힣]{2,}부|[가-힣]{2,}처|[가-힣]+청|(?:서울|부산|인천|대구|광주|대전|울산|세종)시"
    r"|합동참모본부|국가수사본부)$"
)
_PROVINCE = re.compile(
    r"^(?:경기|강원|충북|충남|전북|전남|경북|경남|제주)(?:도|특별자치도)?(?:\s[가-힣]{1,4}(?:시|군))?$"
)
_NOT_PUBLIC = re.compile(
    r"(?:(?<!참모)(?<!수사)본부|집행위원회|조직위원회|윤리위원회|최고위원회|비상대책위원회|간부|지부|일부|내부|외부|학부|거래처|출처|상처|신청|요청|시중은행|신한은행|국민은행|하나은행|우리은행|농협은행|기업은행|산업은행|노조)$"
)
_NORTH = re.compile(r"^(?:북한|북|노동당|조선중앙통신|노동신문)$|^북한\s|미사일총국$")
_PERSON = re.compile(
    r"(?:대통령|총리|장관|차관|시장|지사|총재|위원장|청장|처장|대변인|수석|실장|대표|의원|후보|원내대표|최고위원|교수|감독|회장|사장|부회장|씨|이사장|변호사|앵커|선수|작가)$"
)
_DATELINE = re.compile(r"^\s*[(\[][^)\]]{1,40}=[^)\]]{1,20}[)\]]\s*(?:[^=]{2,40}=\s*)?")


@dataclass(frozen=True, slots=True)
class Announcer:
    """Who says that it is so."""

    name: str
    kind: str
    """public (a body whose own act it is), north, or other."""
    words: str


def announcer(text: str) -> Announcer | None:
    """Who announces, in the first two sentences of a Korean text; None when nobody does, or a person: what is said in
    public, many heard."""
    body = _DATELINE.sub("", text)
    for sentence in re.split(r"(?<=다)\.\s?", body, maxsplit=_SENTENCES)[:_SENTENCES]:
        found = _ANNOUNCED.match(sentence.strip()) or _REPORT.search(sentence)
        if found is None:
            continue
        name = found["name"].split()[-1] if found["name"].count(" ") > 2 else found["name"]
        last = name.split()[-1]
        if _PERSON.search(last):
            return None
        return Announcer(name, _kind(name, last), found.group()[:60])
    return None


def _kind(name: str, last: str) -> str:
    if _NORTH.search(name):
        return "north"
    public = (_PUBLIC.search(last) or _PROVINCE.match(name)) and not _NOT_PUBLIC.search(last)
    return "public" if public else "other"
