"""What trying a topic on stories shows: the stories it takes, misses and holds back, and what each term did."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Find:
    """One term or group that spoke for or against a story, and the sentence it was found in."""

    kind: str
    what: str
    points: float
    where: str
    found: str
    sentence: str
    """With `found` between the marks « and »; empty for what is found in no sentence (a source, say)."""
    passing: bool

    def as_dict(self) -> dict[str, object]:
        """Return plain values, for JSON."""
        return {
            "kind": self.kind,
            "what": self.what,
            "points": round(self.points, 4),
            "where": self.where,
            "found": self.found,
            "sentence": self.sentence,
            "passing": self.passing,
        }


@dataclass(frozen=True, slots=True)
class Taken:
    """A story that belongs, or that just misses."""

    id: str
    title: str
    url: str
    score: float
    doubts: tuple[str, ...]
    finds: tuple[Find, ...]
    """Terms and groups, what weighed most first."""

    def as_dict(self) -> dict[str, object]:
        """Return plain values, for JSON."""
        return {
            "id": self.id,
            "title": self.title,
            "url": self.url,
            "score": round(self.score, 4),
            "doubts": list(self.doubts),
            "finds": [find.as_dict() for find in self.finds],
        }


@dataclass(frozen=True, slots=True)
class TermUse:
    """What one term or group of the topic did."""

    kind: str
    what: str
    found: int
    """Stories it was found in, whether they belong or not."""
    taken: int
    """Of these, how many belong."""
    decisive: int
    """Of these, how many would not belong without its points."""
    spellings: tuple[tuple[str, int], ...]
    """As what it was found most often, folded to lower case, with how many stories each."""

    def as_dict(self) -> dict[str, object]:
        """Return plain values, for JSON."""
        return {
            "kind": self.kind,
            "what": self.what,
            "found": self.found,
            "taken": self.taken,
            "decisive": self.decisive,
            "spellings": dict(self.spellings),
        }


@dataclass(frozen=True, slots=True)
class Tryout:
    """A topic tried on stories."""

    topic: str
    stories: int
    taken: tuple[Taken, ...]
    """Most doubts first, among equals those not in the title, then the lowest score."""
    missed: tuple[Taken, ...]
    """Those that fall short of the points, the nearest first."""
    held: tuple[Taken, ...]
    """Those that would belong but for `aside`, `distinct` or `exclude`: `doubts` says which. What would have most
    points first."""
    terms: tuple[TermUse, ...]
    """In the order of the configuration: those that found nothing too."""
    unfound: tuple[tuple[str, tuple[str, ...]], ...]
    """Entities of its terms and groups, with those of their own names that stand in no story; patterns left out."""

    def as_dict(self) -> dict[str, object]:
        """Return plain values, for JSON."""
        return {
            "topic": self.topic,
            "stories": self.stories,
            "taken": [story.as_dict() for story in self.taken],
            "missed": [story.as_dict() for story in self.missed],
            "held": [story.as_dict() for story in self.held],
            "terms": [use.as_dict() for use in self.terms],
            "unfound": {entity: list(names) for entity, names in self.unfound},
        }
