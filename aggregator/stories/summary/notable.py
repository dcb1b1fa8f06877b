"""The one place that decides whether what happened to a story is worth telling subscribers.

    it is new, or old news became live           "new"
    its corroboration state changed              "now confirmed: South Korea's Joint Chiefs said"
    a kind of outlet joined that was missing     "first report by state media"
    it grew unusually fast                       "many reports at once"
    a report brought substantial new facts       "new facts: 13, tokyo"

Another copy, another outlet of a kind already there, a changed headline: stored, told to nobody.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from aggregator.core.types import Corroboration

_STATES = {
    "single-source": "now resting on a single source",
    "state-media-only": "now known from state media only",
    "reported-by-several": "now reported by several independent sources",
    "confirmed": "now confirmed by an official or independent source",
}
_KINDS = {
    "agency": "a news agency",
    "newspaper": "a newspaper",
    "broadcaster": "a broadcaster",
    "state-media": "state media",
    "government": "a government source",
    "think-tank": "a think tank",
    "magazine": "a magazine",
    "blog": "a blog",
}
_TELLING_KINDS = frozenset({"state-media", "government", "agency", "think-tank"})
"""Kinds whose joining changes how a story is to be read; one more newspaper does not."""
_FEWEST_FACTS = 3
_SHOWN = 4


def worth_telling(
    before: Corroboration | None,
    after: Corroboration,
    *,
    burst: bool,
    facts: Sequence[str],
    known: Collection[str],
    share: float,
) -> str:
    """What changed, in words; empty when nothing did that is worth an update.

    `before`: None for a story nobody was told of. `burst`: one began since. `facts`: those of the new reports that are
    no copies; `known`: those the story had; `share`: how much of a report must be new (`stories.new_facts`).
    """
    if before is None:
        return "new"
    if before.state != after.state:
        witness = f": {after.attributions[0]}" if after.state == "confirmed" and after.attributions else ""
        return f"{_STATES[after.state]}{witness}"
    for kind in after.kinds:
        if kind in _TELLING_KINDS and kind not in before.kinds:
            return f"first report by {_KINDS[kind]}"
    if burst:
        return "many reports at once"
    new = [fact for fact in facts if fact not in known]
    if share < 1 and facts and len(new) >= max(_FEWEST_FACTS, share * len(facts)):
        named = [fact.partition(":")[2].replace("|", " ").replace(":", " ") for fact in new[:_SHOWN]]
        return f"new facts: {', '.join(named)}"
    return ""
