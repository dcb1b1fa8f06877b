"""What the rules of one topic found in one document: the record that explains a label and feeds a model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from classifiers.types import Reason

TERM, GROUP, EXCLUDE, SOURCE, DISTINCT, FACET, MUST = (
    "term",
    "group",
    "exclude",
    "source",
    "distinct",
    "facet",
    "must",
)


@dataclass(frozen=True, slots=True)
class Match:
    """One term or group that was found."""

    kind: str
    """term, group, exclude, source or facet."""
    what: str
    """The term as written, the group's name, the source, or for a facet "slug: term"."""
    points: float
    """What it added to the topic's points (or to the facet's), the field's multiplier included."""
    where: str = ""
    """The field that counted: of all it was found in, the one with the highest multiplier."""
    found: str = ""
    """The characters that matched there, first find."""
    count: int = 1
    """How often it was found, in all fields."""
    passing: bool = False
    """It was only mentioned in passing, so `points` are a part of what they would have been."""

    def reason(self) -> Reason:
        """Return it as a reason of a label."""
        return Reason(self.kind, self.what, self.points, self.where, self.found, self.passing)


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that the rules of one topic say about one document."""

    topic: str
    points: float
    """The sum over terms, groups and source; may be negative."""
    score: float
    """Between 0 and 1: a logistic of `points`, one half at the topic's `points`; where `blocked`, lowered below
    the threshold, and to a tenth at most for an exclusion or an unmet `must` (`classifiers.rules`)."""
    distinct: int
    """How many different terms and groups with positive weight were found."""
    matches: tuple[Match, ...]
    """Terms, groups, source and exclusions, in the order of the configuration."""
    facets: Mapping[str, float] = field(default_factory=dict)
    """Points of each facet that has any, in the order of the configuration."""
    facet_matches: tuple[Match, ...] = ()
    blocked: str = ""
    """Why the story cannot belong whatever its points: exclude, must or distinct, and what; else empty."""

    @property
    def excluded(self) -> bool:
        """True where one of the topic's `exclude` terms was found."""
        return any(match.kind == EXCLUDE for match in self.matches)

    @property
    def beside_the_point(self) -> bool:
        """True where no positive term was found, or a group that must be satisfied was not: no label then."""
        return not self.distinct or self.blocked.startswith(MUST)

    def reasons(self) -> tuple[Reason, ...]:
        """Return the matches as reasons, the heaviest first, then what blocked, then the facets'."""
        ordered = sorted(self.matches, key=lambda match: -abs(match.points))
        found = [match.reason() for match in ordered]
        if self.blocked and not self.excluded:
            found.append(Reason(self.blocked.partition(":")[0], self.blocked.partition(": ")[2]))
        found += [match.reason() for match in sorted(self.facet_matches, key=lambda match: -match.points)]
        return tuple(found)
