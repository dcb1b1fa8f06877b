"""How states, kinds and reasons are put into words for people."""

from __future__ import annotations

import re
from functools import lru_cache

from aggregator.core.types import Story
from aggregator.publish.body import HtmlAndText, bullets, heading, paragraph, plain_words, strong
from aggregator.publish.text import one_line, spell
from aggregator.publish.types import Names
from classifiers.types import Label, Reason

_STATES = {
    "single-source": "Single source",
    "state-media-only": "State media only",
    "reported-by-several": "Reported by several",
    "confirmed": "Confirmed",
}
_KINDS = {"state-media": "state media", "think-tank": "think tank"}
_MEDIA_TYPE = re.compile(r"[a-z]+/[a-z0-9][a-z0-9.+\-]*")
MAX_REASONS = 12


def state(slug: str) -> str:
    """Return a corroboration state's name."""
    return _STATES.get(slug) or spell(slug)


def kind(slug: str) -> str:
    """Return what an outlet is, in words."""
    return _KINDS.get(slug, slug)


def name(slug: str) -> str:
    """Return a slug as a name, for want of a better one."""
    return slug if "." in slug else spell(slug)


def count(number: int, noun: str) -> str:
    """Return "1 source", "3 sources"."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def is_media_type(text: str) -> bool:
    """Whether a text may stand as a media type in a feed."""
    return bool(_MEDIA_TYPE.fullmatch(text))


# A sentence's end, or a verb in its final form where writers leave the full stop out.
_SENTENCE_END = re.compile(r"[.!?…。！？؟।][\"'”’»」』)\]）】]*$|[다요た]$")
_SHORT = 60
"""Letters up to which a text is a headline or a caption, which needs no full stop."""
_LEAST = 8
"""Letters and digits below which an excerpt says nothing."""


def excerpt(text: str, limit: int) -> str:
    """Return the beginning of a text on one line, with an ellipsis where it stops before a sentence does.

    Many feeds cut their summaries anywhere. Empty where there is nothing to read but a bracket or a number.
    """
    line = one_line(text, limit)
    if sum(map(str.isalnum, line)) < _LEAST:
        return ""
    if len(line) > _SHORT and not _SENTENCE_END.search(line):
        line = line.rstrip(" ,;:-–—([（") + "…"
    return line


def more_alike(story: Story) -> list[str]:
    """Return what is counted in a story and not kept, a sentence for each feed."""
    return [f"And {number:,} more alike from {one_line(feed, 120)}." for feed, number in story.alike[:10]]


def reported_by(story: Story, names: Names) -> str:
    """Return one sentence that says who reports a story."""
    origins = [names.origins.get(slug) or name(slug) for slug in story.corroboration.origins]
    if not origins:
        seen = dict.fromkeys(m.feed_title or m.origin or m.entry.origin for m in story.entries)
        origins = [one_line(text, 80) for text in seen if text]
    origins = [one_line(text, 80) for text in origins]
    if not origins:
        return "No source is known."
    shown, rest = origins[:5], len(origins) - 5
    listed = shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"
    if rest > 0:
        listed = f"{', '.join(shown)} and {count(rest, 'other')}"
    return f"Reported by {listed}."


def why(label: Label, names: Names) -> list[HtmlAndText]:
    """Return the blocks that say why a topic took a story, or just missed it."""
    topic = names.topics.get(label.topic) or name(label.topic)
    title = "Why it is here" if label.belongs else "Why it is not in the topic"
    verdict = f"score {label.score:.2f}, threshold {label.threshold:.2f}"
    facet = f" Facet: {names.facets.get(label.facet) or name(label.facet)}." if label.facet else ""
    blocks = [heading(title), paragraph(strong(one_line(topic)), f": {verdict}.{facet}")]
    strongest = strongest_reasons(label, MAX_REASONS)
    if strongest:
        blocks.append(bullets([_reason_row(reason) for reason in strongest]))
    return blocks


def strongest_reasons(label: Label, limit: int) -> list[Reason]:
    """Return a label's evidence, the weightiest first; what only chose the facet comes last."""
    return sorted(label.reasons, key=_rank)[:limit]


def _rank(reason: Reason) -> tuple[bool, float]:
    return reason.kind == "facet", -abs(reason.weight)


@lru_cache(maxsize=8192)
def reason_text(reason: Reason) -> str:
    """Return one piece of evidence as a line: “ballistic missile” in the title (+2.00)."""
    what, found = one_line(reason.what, 100), one_line(reason.found, 100)
    match reason.kind:
        case "source":
            text = f"from {found or what}"
        case "feedback":
            text = f"a person's answer: {what}" if what else "a person's answer"
        case "model":
            text = f"model: {what}" if what else "model"
        case "exclude":
            text = f"excluded by “{found or what}”"
        case _ if found:
            text = f"“{found}”" + (f" ({what})" if found.casefold() != what.casefold() else "")
        case _:
            text = f"{reason.kind}: {what}" if what else reason.kind
    if reason.where and reason.kind != reason.where:
        text += f" in the {reason.where}" + (", in passing" if reason.passing else "")
    return f"{text} ({reason.weight:+.2f})" if reason.weight else text


@lru_cache(maxsize=8192)
def _reason_row(reason: Reason) -> HtmlAndText:
    return plain_words(reason_text(reason))


_BASES = {
    "new": "first report",
    "guid": "same item",
    "url": "same page",
    "text": "same text",
    "near": "nearly the same text",
    "event": "same event",
    "person": "put here by a person",
    "alike": "much like others of its feed",
}


def basis(slug: str) -> str:
    """Return why an entry is in its story, in words."""
    return _BASES.get(slug) or spell(slug)
