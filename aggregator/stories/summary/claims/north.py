"""Headlines in which the North speaks, or shows what it did: nobody else was there to hear and see it."""

from __future__ import annotations

import re

_LEADERS = (
    r"(?:北\s?|북한\s?)?(?:김정은|김여정|金正恩氏?|金与正氏?|Kim Jong[ -][Uu]n|Kim Yo[ -][Jj]ong)(?![·、])"
)
_SPEECH = re.compile(
    rf"^\s*(?:\[[^\]]*\]\s*)?(?:(?:북한?|北|北朝鮮|North Korea:)[ ,]*[“\"‘'「]"
    rf"|{_LEADERS}[^“\"「]*[“\"「]"
    rf"|{_LEADERS}\s?(?:국무위원장|위원장|부부장|総書記)?[ ,:]{{0,2}}[‘']"
    r"|(?:North Korea|N\.? ?Korea|NK|DPRK|Pyongyang)\s+"
    r"(?:says|said|claims|claimed|vows|vowed|warns|warned|slams|slammed|denounces|denounced|threatens|denies|denied)\b"
    r"|(?:Kim Jong[ -][Uu]n)\s+(?:supervises|oversees|inspects|guides|observes|watches)\b"
    r"|김정은.*(?:시찰|참관|지도)(?=$|[ …(.])"
    r"|(?:北|북한)[ ,이은].*(?:비난|주장|반발|담화)(?:\([^()]*\))?$)"
)
_ANOTHER_ACTS = re.compile(
    r"(?:후|뒤|에|에도|[,….”\"’'」])\s*"
    r"(?:美|中|日|러|韓|李|미국|중국|일본|러시아|한미|정부|대통령실|이\s?대통령|李\s?대통령|트럼프|시진핑|푸틴|통일부|국방부|합참|軍|국정원|유엔|EU)"
    r"(?:,|\s?[“\"‘'「]|(?:이|가|은|는)\s)"
)
"""김정은 '조건부 대화' 시사후 美, 신규제재: the last clause says who acts."""


def north_speaks(headline: str) -> bool:
    """Whether the North or its leaders speak in a headline, or inspect, and nobody else acts in its last clause."""
    return _SPEECH.match(headline) is not None and _ANOTHER_ACTS.search(headline) is None
