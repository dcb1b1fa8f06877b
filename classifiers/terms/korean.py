"""Where a Korean word may end: particles, endings and compounds.

Korean writes particles and compound nouns onto the word (북한이, 북한군의, 대북제재), so a boundary of blanks
finds too little and no boundary finds too much (북한산 is a mountain, 사드락 no missile defence). The rule
here needs no dictionary of the language, only short lists of particles, suffixes and lookalikes:

- a term of one syllable stands alone or with particles: 핵을, not 핵심;
- a term of two or three syllables may be followed by particles, by one of the syllables that make
  a compound (북한군, 북한측), or by two syllables and more, which is a compound noun; one syllable that is
  neither makes another word (북한산, 사드락);
- longer terms may be followed by anything;
- a term of one or two syllables starts its word, or follows a syllable that is a usual prefix (대북한,
  반북한); three and more may end a compound (단거리탄도미사일).

The particles are those of any grammar of Korean (Sohn, "The Korean Language", 1999, ch. 8).
"""

from __future__ import annotations

_PARTICLES = (
    "은 는 이 가 을 를 의 에 에서 에게 에게서 에는 에도 에만 에선 엔 에의 에서는 에서도 에서의 에까지 에게는 "
    "에게도 와 과 와의 과의 와는 과는 와도 과도 로 으로 로서 으로서 로써 으로써 로의 으로의 로는 으로는 로도 "
    "으로도 로부터 으로부터 부터 부터는 까지 까지도 까지의 도 만 만의 만이 만을 만은 마저 조차 처럼 보다 보다는 "
    "보다도 이나 나 이라도 라도 이든 든 이며 며 이고 고 이란 란 이라 라 이라는 라는 이라고 라고 이라며 라며 "
    "이라면 라면 이라서 라서 이자 자 인 인데 인지 일 이다 다 이었다 였다 이었던 였던 이었고 였고 입니다 이지만 "
    "지만 이어서 여서 이었으나 였으나 이었지만 였지만 이랑 랑 하고 께 께서 께서는 야 이야 아 한테 한테서 밖에 뿐 "
    "뿐만 뿐이 뿐인 대로 커녕 씩 들 들이 들은 들을 들의 들에 들에게 들과 들도 들로 같은 같이 이여 여 서 선 "
    "이나마 에다 에다가 치고 이냐 냐 이냐고 이니 이면 면 에야 이야말로 야말로 "
)
PARTICLES = frozenset(_PARTICLES.split())
"""Particles and forms of the copula as they are written onto a noun, alone and in the usual pairs."""

_NOUNS = (
    "합의 회의 협의 논의 주의 정의 결의 항의 건의 동의 심의 강의 명의 사이 차이 국가 평가 참가 증가 추가 허가 물가 주가 작가 "
    "마을 결과 성과 효과 통과 사과 부과 도로 포로 항로 진로 경로 통로 폭로 수로 원로 제도 태도 지도 인도 보도 시도 속도 정도 "
    "궤도 유도 주도 철도 반도 강도 구도 불만 대만 사고 보고 경고 창고 광고 신고 권고 투자 기자 학자 적자 전자 군인 개인 확인 "
    "승인 통일 휴일 독일 바다 노선 전선 개선 어선 조선 측면 장면 국면 전면 방면 문서 각서 질서 참여 기여 분야 시야 동아 아이"
)
NOUNS = frozenset(_NOUNS.split())
"""Nouns of two syllables whose second looks like a particle, so that 남북합의 is a compound and 북한강의 is none."""

SUFFIXES = frozenset(
    "군측한내외발행식인민계판형급용전후제령말땅선설관국당론화권법령팀장씨님적상하간별쪽편때중"
)
"""Single syllables that make a compound with the noun before them."""

PREFIXES = frozenset("대반친탈핵비범주")
"""Single syllables written before a noun of two: 대북한, 반북한, 친북한."""


LONGEST_ENDING = 8
"""Syllables after a term that are looked at; no particle is longer, and a hostile text may go on for ever."""

NEARBY = 120
"""Characters on each side in which a line shows that it is Korean."""


def _ending(folded: str, start: int) -> int:
    """Return where the run of Hangul syllables that starts at `start` ends, or where looking at it ends."""
    end = start
    size = min(len(folded), start + LONGEST_ENDING)
    while end < size and "\uac00" <= folded[end] <= "\ud7a3":
        end += 1
    return end


def ends_well(folded: str, end: int, syllables: int) -> bool:
    """Say whether a Hangul term of `syllables` that ends at `end` may end there."""
    if end >= len(folded) or not "\uac00" <= folded[end] <= "\ud7a3" or syllables >= 4:
        return True
    rest = folded[end : _ending(folded, end)]
    if rest in PARTICLES or (rest in NOUNS and syllables > 1):
        return True
    if syllables == 1:
        return False
    head = rest[0]
    if len(rest) == 1:
        return head in SUFFIXES
    if rest[1:] in PARTICLES:
        return head in SUFFIXES
    return True


def starts_well(folded: str, start: int, syllables: int) -> bool:
    """Say whether a Hangul term of `syllables` that starts at `start` may start there."""
    if start == 0 or not "\uac00" <= folded[start - 1] <= "\ud7a3" or syllables >= 3:
        return True
    if syllables == 1 or folded[start - 1] not in PREFIXES:
        return False
    return start == 1 or not "\uac00" <= folded[start - 2] <= "\ud7a3"


COUNTRIES = frozenset("北南韓美中日露俄英佛獨印臺對反親駐訪脫軍核")
"""Han characters that Korean headlines use as words of their own: 北中, 對北, 北核."""


def is_headline_sign(folded: str, start: int, end: int) -> bool:
    """Say whether the single Han character at `start` is a Korean headline's abbreviation there.

    It may touch Hangul and other such characters (北김정은, 南北), never another Han character or kana
    (北京, 東北, 北の), and the line must be Korean at all.
    """
    if start and _is_han_or_kana(folded[start - 1]) and folded[start - 1] not in COUNTRIES:
        return False
    if end < len(folded) and _is_han_or_kana(folded[end]) and folded[end] not in COUNTRIES:
        return False
    before = folded[max(0, start - NEARBY) : start].rpartition("\n")[2]
    after = folded[end : end + NEARBY].partition("\n")[0]
    return any("\uac00" <= character <= "\ud7a3" for character in before + after)


def _is_han_or_kana(character: str) -> bool:
    return "\u3041" <= character <= "\u30ff" or "\u4e00" <= character <= "\u9fff"
