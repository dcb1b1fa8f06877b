"""Members of a story -> who reports it, independently of each other, and how far that carries.

    state-media-only      nobody but state media says so, or everybody says so on state media's word
    single-source         one independent origin
    reported-by-several   as many independent origins as `stories.several` asks for
    confirmed             an official source states it itself, and `stories.confirming` origins report it

What does not count: a copy (it is its agency's), a report that only relays another outlet (it is that outlet's) or, beside
such a one, breaks off before it says on whose word it rests, a side
of a conflict speaking for itself, an official who merely reacts to a claim, anything while a text says that it could not
be verified, an official quoted by a publisher that nobody has described, and more than one origin from such a publisher.
docs/stories.md has the reasons.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from aggregator.core.types import Corroboration, StoryEntry, published_order
from aggregator.stories.summary.attribution import Attribution, Attributor
from aggregator.stories.summary.claims.announcer import Announcer, announcer
from aggregator.stories.summary.outlets import Origin, Origins
from aggregator.stories.summary.writers import writers

SINGLE = "single-source"
STATE_ONLY = "state-media-only"
SEVERAL = "reported-by-several"
CONFIRMED = "confirmed"

_SHOWN = 8
_ORDER = ("official", "state-media", "doubt", "party", "outlet")


@dataclass(frozen=True, slots=True)
class Rules:
    """What the states ask for, and the tables they are decided with."""

    origins: Origins
    attributor: Attributor
    several: int = 2
    confirming: int = 2


@dataclass(slots=True)
class _Evidence:
    """What has been gathered from the members so far."""

    resting: dict[str, set[str]] = field(default_factory=dict)
    """Origin to on whose word its texts rest: state-media, official, reaction (an official who did not see it), party,
    outlet:<name>, own, or untold (a text broken off before it says so)."""
    attributions: dict[tuple[str, str], Attribution] = field(default_factory=dict)
    state_media: set[str] = field(default_factory=set)
    """Origins that are state media themselves."""
    government: bool = False
    north_acts: bool = False
    """Whether a headline shows the North speaking or acting."""

    def add(
        self,
        origin: Origin,
        found: Sequence[Attribution],
        announced: Announcer | None = None,
        *,
        described: bool = True,
        whole: bool = True,
    ) -> None:
        """Take in one text, `whole` or broken off. What officials are said to have said counts from a `described` publisher alone."""
        rests = self.resting.setdefault(origin.slug, set())
        kinds = {attribution.kind for attribution in found}
        if origin.kind == "state-media":
            rests.add("state-media")
            self.state_media.add(origin.slug)
        elif origin.kind == "government":
            self.government = True
            rests.add("official")
        else:
            rests.update(kinds & {"state-media", "party"})
            if "official" in kinds:
                observed = any(a.kind == "official" and a.observed for a in found)
                rests.add("official" if observed else "reaction")
            if any(a.kind == "party" and a.name == "North Korea" for a in found):
                rests.add("north")
                self.north_acts = True
            others = [a.name for a in found if a.kind == "outlet" and a.name != origin.name]
            if not rests and announced is not None:
                rests.add(_ANNOUNCED.get(announced.kind if described else "", f"outlet:{announced.name}"))
                self.north_acts = self.north_acts or announced.kind == "north"
            elif not rests and others:
                rests.add(f"outlet:{others[0]}")
            elif not found:
                rests.add("own" if whole else "untold")
        if announced is not None and announced.kind == "public" and "official" in rests:
            key = announced.name, "official"
            self.attributions.setdefault(key, Attribution(announced.name, "official", announced.words, True))
        for attribution in found:
            if attribution.kind == "official" and not described:
                continue
            key = attribution.name, attribution.kind
            if key not in self.attributions or attribution.observed:
                self.attributions[key] = attribution

    def state(self, rules: Rules) -> str:
        """What the evidence supports, and no more."""
        if self._confirmed() and len(self._roots(rules.origins)) >= rules.confirming:
            return CONFIRMED
        if self._state_media_only():
            return STATE_ONLY
        return SEVERAL if len(self._roots(rules.origins)) >= rules.several else SINGLE

    def _confirmed(self) -> bool:
        if self.government:
            return True
        doubted = ("doubt", "doubt") in self.attributions
        claimed = doubted or any(kind in ("state-media", "party") for _, kind in self.attributions)
        officials = [a for a in self.attributions.values() if a.kind == "official"]
        return any(a.observed for a in officials) if claimed else bool(officials)

    def _state_media_only(self) -> bool:
        """Whether every origin that says on whose word it rests names state media, and whoever says nothing can have it
        from nobody else: what the North does, no other outlet was there to see."""
        others = [rests for origin, rests in self.resting.items() if origin not in self.state_media]
        on_its_word = [rests for rests in others if rests & _STATE and not rests - _ITS_WORD]
        silent = [rests for rests in others if rests <= {"own", "untold", "party", "reaction"}]
        if len(on_its_word) + len(silent) < len(others):
            return False
        if not self.north_acts and (
            any(rests != {"untold"} for rests in silent) or any("own" in rests for rests in on_its_word)
        ):
            return False
        return len(silent) <= len(on_its_word)

    def _roots(self, origins: Origins) -> set[str]:
        """Origins, a mere relay standing for the outlet it relays; beside a relay, a text that breaks off before it says
        on whose word it rests is taken for another."""
        roots, untold = set(), []
        relays = set()
        for origin, rests in self.resting.items():
            told = rests - {"untold"}
            relayed = [one for one in told if one.startswith("outlet:")]
            if not told:
                untold.append(origin)
            elif relayed and len(told) == 1:
                name = relayed[0].removeprefix("outlet:")
                outlet = origins.known(name)
                relays.add(outlet.slug if outlet is not None else name)
            else:
                roots.add(origin)
        return roots | (relays or set(untold))


_ANNOUNCED = {"public": "official", "north": "north"}
"""Kind of announcer to what a text then rests on; of others it is their own claim."""
_STATE = frozenset({"state-media", "north"})
"""What the North's leaders say is known through its state media alone."""
_ITS_WORD = frozenset({"state-media", "north", "party", "reaction", "own", "untold"})
_BROKEN_OFF = re.compile(r"(?:…|\.\.\.|\[…\])\s*$")


def corroborate(
    members: Sequence[StoryEntry], previous: Corroboration | None, now: datetime, rules: Rules
) -> Corroboration:
    """Who reports the story and what that amounts to.

    The history is replayed from the members in order of publication, so it does not depend on the order in which they
    arrived; a state that an earlier computation saw and that late arrivals explain otherwise is thus set right. What
    `previous` knows of entries deleted since is kept: its history up to the first member left.
    """
    ordered = sorted(members, key=published_order)
    origins = writers(ordered, rules.origins)
    evidence = _Evidence()
    first = min(ordered[0].entry.public or now, now)
    history = [step for step in (previous.history if previous else ()) if step[0] < first]
    for member, origin in zip(ordered, origins, strict=True):
        entry = member.entry
        found = rules.attributor.find(entry.title, f"{entry.summary}\n{entry.text}")
        evidence.add(
            origin,
            found,
            announcer(entry.summary or entry.text),
            described=rules.origins.described(member),
            whole=not _BROKEN_OFF.search(entry.text or entry.summary),
        )
        state = evidence.state(rules)
        if not history or history[-1][1] != state:
            history.append((min(entry.public or now, now), state))
    shown = sorted(evidence.attributions.values(), key=lambda a: _ORDER.index(a.kind))[:_SHOWN]
    return Corroboration(
        state=history[-1][1],
        since=history[-1][0],
        origins=tuple(dict.fromkeys(origin.slug for origin in origins)),
        kinds=tuple(dict.fromkeys(origin.kind for origin in origins if origin.kind)),
        countries=tuple(dict.fromkeys(origin.country for origin in origins if origin.country)),
        attributions=tuple(attribution.words[:100] for attribution in shown),
        history=tuple(history),
    )
