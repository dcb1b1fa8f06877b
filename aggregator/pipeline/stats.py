"""What a run did, for the log, the metrics and the command line."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field


@dataclass
class RunStats:
    """Outcomes of polls, counts of entries and stories, and seconds by stage."""

    outcomes: Counter[str] = field(default_factory=Counter)
    new: int = 0
    revised: int = 0
    stories: int = 0
    bad_rows: list[str] = field(default_factory=list)
    """What is wrong with each row that was not stored, with its line."""
    failures: list[str] = field(default_factory=list)
    """Of each feed whose poll failed, its name and why."""
    seconds: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))

    def add(self, other: RunStats) -> None:
        """Add another run's figures to this one's."""
        self.outcomes += other.outcomes
        self.new += other.new
        self.revised += other.revised
        self.stories += other.stories
        self.bad_rows += other.bad_rows
        self.failures += other.failures
        for stage, spent in other.seconds.items():
            self.seconds[stage] += spent
