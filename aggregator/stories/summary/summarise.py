"""Members -> Story: headline, lead, link, labels, corroboration, life, and whether there is anything to tell."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from aggregator.config.stories import OriginConfig, StoriesConfig
from aggregator.core.types import Story, StoryEntry, published_order
from aggregator.stories.features import headlines
from aggregator.stories.features.extractor import Extractor
from aggregator.stories.features.names import grouping_names
from aggregator.stories.summary.attribution import Attributor
from aggregator.stories.summary.bursts import burst_at, lead
from aggregator.stories.summary.corroborate import Rules, corroborate
from aggregator.stories.summary.notable import worth_telling
from aggregator.stories.summary.outlets import Origins
from aggregator.stories.summary.topic_labels import Judged, story_labels
from classifiers.types import Label

_LEAD = 500
_FLASH = re.compile(r"^\s*[\[［【<(]?\s*(?:속보|1보|2보|긴급|breaking|flash|urgent|速報)", re.IGNORECASE)
_ASIDE = re.compile(
    r"^\s*(?:[\[［【<](?:영상|쇼츠|포토|사진|사설|칼럼|기고|시론|만평|그래픽|일지|전문|Why|Who|단독인터뷰|기자수첩|율곡로)"
    r"|opinion\b|editorial\b|watch\b|video\b|analysis\b|in pictures|live\b|en direct)",
    re.IGNORECASE,
)
_FACTS = ("person:", "place:", "org:", "num:", "ord:", "count:")
_COPIES = frozenset({"guid", "url", "text", "near"})
_MOST_FACTS = 300
_MOST_TITLES = 20


def rules_for(settings: StoriesConfig, configured: Mapping[str, OriginConfig] | None = None) -> Rules:
    """The corroboration rules of a configuration. Build them once and hand them to every `summarise`."""
    origins = Origins(configured)
    return Rules(origins, Attributor(origins, settings.officials), settings.several, settings.confirming)


def summarise(
    story_id: str,
    members: Sequence[StoryEntry],
    previous: Story | None,
    now: datetime,
    settings: StoriesConfig,
    judgements: Sequence[Judged] = (),
    rules: Rules | None = None,
    usual: Mapping[str, float] | None = None,
) -> Story:
    """The story as it is now. `members`: at least one, in any order; `previous`: as it was stored, if it was.

    `judgements`: what people said of the story or any of its entries; of a topic the newest counts. `rules`: from
    `rules_for`; None takes the shipped outlets alone. `usual`: topic to how fast its stories usually grow, from
    `bursts.usual_growth`. Pure: the same arguments give the same story, and a second call with the result as
    `previous` finds nothing new to tell.
    """
    rules = rules or _default_rules(settings)
    ordered = tuple(sorted(members, key=published_order))
    best = _headlined(ordered, rules.origins)
    title = headlines.headline(best.entry.title) or best.entry.url
    corroboration = corroborate(ordered, previous.corroboration if previous else None, now, rules)
    announced = not all(member.archived for member in ordered)
    told_before = previous is not None and (previous.announced or not announced)
    memory: Mapping[str, Any] = previous.memory if previous is not None else {}
    known_ids = {member.entry.id for member in previous.entries} if previous is not None else set()
    fresh = [m for m in ordered if m.entry.id not in known_ids and m.basis not in _COPIES]
    facts = _facts(fresh)
    known = (
        tuple(memory.get("facts", ())) if memory else _facts([m for m in ordered if m.entry.id in known_ids])
    )
    labels = story_labels(ordered, judgements)
    burst = burst_at(ordered, _usual_rate(labels, usual or {}, settings), settings.burst)
    known_burst = previous is not None and (previous.burst or "burst" in memory)
    change = worth_telling(
        previous.corroboration if previous is not None and told_before else None,
        corroboration,
        burst=burst is not None and not known_burst,
        facts=facts,
        known=set(known),
        share=settings.new_facts,
    )
    told_now = bool(change) or previous is None
    return Story(
        id=story_id,
        title=title,
        lead=_shorten(headlines.lead(best.entry.summary) or headlines.lead(best.entry.text)),
        url=best.entry.url,
        language=best.entry.language,
        first_seen=min((m.entry.seen for m in ordered if m.entry.seen is not None), default=now),
        published=min(ordered[0].entry.public or now, now),
        changed=now if told_now or previous is None else previous.changed,
        change=change if told_now or previous is None else previous.change,
        entries=ordered,
        labels=labels,
        corroboration=corroboration,
        burst=burst is not None,
        announced=announced,
        memory=_remember(memory, title, now, tuple(dict.fromkeys((*known, *facts))), ordered, burst),
    )


def _usual_rate(labels: Sequence[Label], usual: Mapping[str, float], settings: StoriesConfig) -> float:
    """How fast such a story usually grows: of its topics the fastest counts, the setting where none is known."""
    rates = [usual[label.topic] for label in labels if label.belongs and label.topic in usual]
    return max(rates, default=settings.usual_growth)


def _headlined(ordered: Sequence[StoryEntry], origins: Origins) -> StoryEntry:
    """The member whose headline, link and lead stand for the story: among those with a link, in the language that most
    reports are in (the best report's, where two languages have as many), the best report. Of reports that link to one
    page only those of the page's own outlet count, if there are any.

    Depends on the members alone, so a headline stays until a report comes that is better by this.
    """
    if len(ordered) == 1:
        return ordered[0]
    linked = _speaking_for_their_page([member for member in ordered if member.entry.url], origins) or ordered
    counts = Counter(
        m.entry.language for m in linked if m.entry.language and not _ASIDE.search(m.entry.title)
    )
    most = max(counts.values(), default=0)
    return min((m for m in linked if counts[m.entry.language] == most), key=_rank)


def _speaking_for_their_page(linked: Sequence[StoryEntry], origins: Origins) -> Sequence[StoryEntry]:
    """Without those who put a headline of their own over a page whose outlet speaks for itself."""
    counts = Counter(member.entry.url for member in linked)
    shared = [member for member in linked if counts[member.entry.url] > 1]
    owned = {member.entry.url for member in shared if origins.owns(member)}
    return [m for m in linked if m.entry.url not in owned or origins.owns(m)] if owned else linked


def _rank(member: StoryEntry) -> tuple[object, ...]:
    """What makes the best report: full, no flash, no aside; the earliest of those."""
    entry = member.entry
    return (
        bool(_ASIDE.search(entry.title)),
        bool(_FLASH.search(entry.title)),
        not headlines.lead(entry.summary or entry.text[:_LEAD]),
        published_order(member),
    )


def _facts(members: Sequence[StoryEntry]) -> tuple[str, ...]:
    """Who, where, how many: what the reports name, once each."""
    extractor = _extractor()
    found: dict[str, None] = {}
    for member in members:
        entry = member.entry
        features: Iterable[str]
        if member.features is not None:
            features = member.features
        else:
            text = headlines.lead(entry.summary or entry.text[:_LEAD])
            features = extractor.features(headlines.headline(entry.title), text, entry.language)
        found.update((feature, None) for feature in features if feature.startswith(_FACTS))
    return tuple(found)


def _remember(
    memory: Mapping[str, Any],
    title: str,
    now: datetime,
    facts: tuple[str, ...],
    members: Sequence[StoryEntry],
    burst: datetime | None,
) -> dict[str, Any]:
    """What the next call and the story's page need: JSON values only."""
    titles = [list(pair) for pair in memory.get("titles", ())]
    if not titles or titles[-1][1] != title:
        titles.append([now.isoformat(), title])
    first = lead(members)
    remembered: dict[str, Any] = {"facts": list(facts[:_MOST_FACTS]), "titles": titles[-_MOST_TITLES:]}
    if first is not None:
        remembered["first"] = {
            "origin": first.origin,
            "at": first.at.isoformat(),
            "ahead": first.ahead.total_seconds() if first.ahead is not None else None,
        }
    if burst is not None:
        remembered["burst"] = burst.isoformat()
    elif "burst" in memory:  # rates change; a burst once told is not told again
        remembered["burst"] = memory["burst"]
    return remembered


def _shorten(text: str) -> str:
    if len(text) <= _LEAD:
        return text
    cut = text[:_LEAD]
    return (cut.rsplit(" ", 1)[0] if " " in cut else cut) + "…"


@lru_cache(maxsize=4)
def _default_rules(settings: StoriesConfig) -> Rules:
    return rules_for(settings)


@lru_cache(maxsize=1)
def _extractor() -> Extractor:
    return Extractor(grouping_names())
