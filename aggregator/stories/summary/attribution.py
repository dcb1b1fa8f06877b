"""On whose word a text rests: "KCNA said", "합참이 밝혔다", and whether it says that a claim is unproven."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

from ahocorasick_rs import AhoCorasick, MatchKind

from aggregator.stories.summary.claims.north import north_speaks
from aggregator.stories.summary.claims.speaker import another_speaks, in_quotation, is_foreign_namesake
from aggregator.stories.summary.outlets import Origins
from classifiers.library.gazetteer.read import shipped
from classifiers.library.gazetteer.records import is_plain
from classifiers.terms.text import readable

_AFTER, _BEFORE = 48, 24
"""Letters between a name and the word that makes it an attribution."""
_SENTENCE_END = re.compile(r"(?<=[다요.!?。])\s|[…;]")
_LONGEST = 4000
_QUOTE = re.compile(r"\s*[“\"「][^”\"」]{0,40}")
"""Right after a name in a headline: 합참 "미사일 포착", 韓国軍「発射を探知」."""
_LAST_WORD = re.compile(r"\S+\s?[:—–]\s*$")
"""Peace overtures a 'pipedream': Pyongyang."""
_NO_SUBJECT = re.compile(
    r"(?:\s?[가-힣]*[가-힣](?<![은는이가도])){0,2}?"
    r"(?:과|와|을|를|에게|한테|에서|의)\s(?!인용|발표|설명|분석|공지|보도)"  # 김정은 국무위원장과 만날
)
_BROKEN_OFF = re.compile(r"(?:은|는|이|가)\s?(?:\d{1,2}일)?\s?(?:…|\.\.\.)")
"""A speaker, and then the text ends: 조선중앙통신이 12일…"""
_NO_SUBJECT_BEFORE = re.compile(
    r"\b(?:with|meet|meets|met|meeting|to|about|against|towards?)\s+$", re.IGNORECASE
)
_CLAIMED = ("주장", "claimed", "claims")
"""After an official's name these are somebody else's words about it, or no statement to rely on."""


@dataclass(frozen=True, slots=True)
class Attribution:
    """A source that a text names for what it says."""

    name: str
    kind: str
    """official, party, state-media, outlet or doubt."""
    words: str
    """The characters that say so."""
    observed: bool = False
    """An official speaks as a witness, not about somebody's claim."""


class Attributor:
    """Finds attributions. Built once from the tables; pure."""

    def __init__(self, origins: Origins, officials: Sequence[str] = ()) -> None:
        """`officials`: further names whose word confirms, from the configuration."""
        table = _table()
        names: dict[str, tuple[str, str]] = {}
        for kind in ("party", "official"):
            for source, forms in table[kind].items():
                names.update(dict.fromkeys(_spellings(forms), (source, kind)))
        names.update({form: (form, "official") for form in officials})
        for outlet, forms in origins.outlets().items():
            kind = "state-media" if outlet.kind == "state-media" else "outlet"
            for form in forms:
                if len(form) > 2 or not form.isascii():
                    names.setdefault(form, (outlet.name or outlet.slug, kind))
        names.update(dict.fromkeys(_roles()["state-media"], ("state media", "state-media")))
        self._names = names
        self._forms = list(names)
        self._automaton = AhoCorasick(self._forms, matchkind=MatchKind.LeftmostLongest)
        self._observers = frozenset((*table["observers"]["names"], *officials))
        self._confirming = tuple(table["observers"]["confirming"])
        said = table["said"]
        self._after = re.compile(
            "|".join(_bounded(word) for word in (*said["after"], *_roles()["said"])), re.IGNORECASE
        )
        self._before = re.compile("|".join(_bounded(word) for word in said["before"]), re.IGNORECASE)
        phrases = table["doubt"]["phrases"]
        self._doubt = re.compile("|".join(re.escape(p) for p in phrases), re.IGNORECASE)
        self._doubts = AhoCorasick([phrase.lower() for phrase in phrases])
        self._find = lru_cache(maxsize=4096)(self._search)  # a story is summarised again with each new entry

    def find(self, title: str, body: str) -> tuple[Attribution, ...]:
        """Attributions in the order of the text, each source once; doubts too."""
        return self._find(title, body[:_LONGEST])

    def _search(self, title: str, body: str) -> tuple[Attribution, ...]:
        found: dict[tuple[str, str], Attribution] = {}
        headline = readable(title)
        if north_speaks(headline):
            found["North Korea", "party"] = Attribution("North Korea", "party", headline[:40])
        for text in (headline, readable(body)):
            matches = self._automaton.find_matches_as_indexes(text)
            for place, (number, start, end) in enumerate(matches):
                form = self._forms[number]
                following = matches[place + 1][1] if place + 1 < len(matches) else len(text)
                source, kind = self._names[form]
                if (source, kind) not in found and _stands_alone(text, start, end, form):
                    if kind == "official" and not form.isascii() and is_foreign_namesake(text, start, end):
                        continue
                    words = self._said(text, start, end, following, headline=text is headline)
                    if words and not (kind == "official" and words.endswith(_CLAIMED)):
                        observed = kind == "official" and (
                            source in self._observers or any(word in words for word in self._confirming)
                        )
                        found[source, kind] = Attribution(source, kind, words, observed)
            if self._doubts.find_matches_as_indexes(text.lower()):  # far cheaper than the search without case
                for match in self._doubt.finditer(text):
                    found.setdefault(("doubt", "doubt"), Attribution("doubt", "doubt", match.group()))
        return tuple(found.values())

    def _said(self, text: str, start: int, end: int, following: int, *, headline: bool) -> str:
        """The words from the name to the verb, or from "according to" to the name; empty when neither is near, and when
        the name is not who speaks ("met Kim Jong Un, the ministry said"). In a `headline` a quotation may follow.

        `following` is where the next name begins. In English the name next to the verb speaks: "Pyongyang's launch was
        seen, the Joint Chiefs said". In Korean and Japanese it is the first, and the verb comes last.
        """
        if headline:
            if quoted := _QUOTE.match(text, end):
                return text[start : quoted.end()].strip()
            if _quoted(text, start):
                return ""
            if end == len(text.rstrip()) and (last := _LAST_WORD.search(text[:start])):
                return text[last.start() : end].strip()
        if end - start == 1:  # 軍: a word of a hundred meanings, but for that
            return ""
        reach = min(end + _AFTER, following) if text[end - 1 : end + 1].isascii() else end + _AFTER
        tail = _SENTENCE_END.split(text[end:reach], maxsplit=1)[0]
        head = text[max(0, start - _BEFORE) : start]
        if not headline and in_quotation(text, start):
            return ""
        verb = self._after.search(tail)
        if verb is not None and another_speaks(tail[: verb.start()]):
            return ""
        if verb is not None and not (_NO_SUBJECT.match(tail) or _NO_SUBJECT_BEFORE.search(head)):
            return text[start : end + verb.end()].strip()
        if cut := _BROKEN_OFF.match(text, end):
            return text[start : cut.end()].strip()
        leads = [match.start() for match in self._before.finditer(head)]
        return (head[leads[-1] :] + text[start:end]).strip() if leads else ""


def _spellings(forms: Sequence[str]) -> Iterator[str]:
    """What is looked for: each form as it is, and for `@name` what the gazetteer has it written like."""
    for form in forms:
        if form.startswith("@"):
            yield from filter(is_plain, shipped().names[form[1:]].for_grouping)
        else:
            yield form


def _quoted(text: str, place: int) -> bool:
    """Whether a place in a headline is inside a quotation: somebody else speaks of it there."""
    before = text[:place]
    return (
        before.count("“") > before.count("”")
        or before.count("「") > before.count("」")
        or before.count('"') % 2 > 0
    )


def _stands_alone(text: str, start: int, end: int, form: str) -> bool:
    """Whether a Latin name, or one of a single character, is a word of its own there."""
    if end - start == 1:
        return start == 0 or text[start - 1] in " \"'“”‘’….·,"
    before = form[0].isascii() and start > 0 and text[start - 1].isascii() and text[start - 1].isalnum()
    after = form[-1].isascii() and end < len(text) and text[end].isascii() and text[end].isalnum()
    return not before and not after


def _bounded(form: str) -> str:
    """Latin words stand alone; Korean and Japanese ones take endings."""
    left = r"(?<![A-Za-z])" if form[0].isascii() else ""
    right = r"(?![A-Za-z])" if form[-1].isascii() else ""
    return left + re.escape(form) + right


@cache
def _roles() -> Mapping[str, Sequence[str]]:
    text = files("aggregator.stories.summary.claims").joinpath("roles.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


@cache
def _table() -> Mapping[str, Any]:
    text = files("aggregator.stories.summary").joinpath("attributions.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)
