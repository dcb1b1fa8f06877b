"""Lets a reader follow an output through the cycles and says what it got wrong."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from .drivers import Driver
from .scenario import CYCLES, Desk, Truth


@dataclass
class Followed:
    """How one reader got on with one output in one format."""

    wrong: list[str] = field(default_factory=list)
    items: int = 0
    new: int = 0
    changed: int = 0


class Follower:
    """One reader's subscription to one output."""

    def __init__(self, driver: Driver, slug: str, form: str, home: Path) -> None:
        home.mkdir(parents=True, exist_ok=True)
        self.driver, self.slug, self.form, self._home = driver, slug, form, home
        self.result = Followed()
        self._known: dict[str, str] = {}

    def refresh(self, desk: Desk, truth: Truth) -> None:
        """Refresh once, and compare what is shown with what there is."""
        wrong, first = self.result.wrong, not self._known
        try:
            shown = self.driver.refresh(desk, self.slug, self.form, self._home)
        except (AssertionError, OSError, ValueError) as error:
            wrong.append(f"cycle {desk.cycle}: {error}")
            return
        new = truth.titles.keys() - self._known.keys()
        changed = {
            id for id in truth.titles.keys() & self._known.keys() if truth.titles[id] != self._known[id]
        }
        expected = {id: truth.titles[id] for id in new} if self.driver.only_new else truth.titles
        strange = shown.keys() - expected.keys() - (set() if self.driver.only_new else self._known.keys())
        if lost := expected.keys() - shown.keys():
            wrong.append(f"cycle {desk.cycle}: {len(lost)} items missed: {[expected[id] for id in lost][:3]}")
        if strange:
            wrong.append(f"cycle {desk.cycle}: {len(strange)} unknown ids: {sorted(strange)[:3]}")
        wrong += [
            f"cycle {desk.cycle}: title {shown[id]!r}, expected {title!r}"
            for id, title in expected.items()
            if id in shown and same(shown[id]) != same(title)
        ]
        self.result.items = len(self._known | truth.titles)
        if not first:
            self.result.new += len(new)
            self.result.changed += len(changed)
        self._known |= truth.titles


def same(title: str) -> str:
    """A title as far as it matters: without the white space that mail and terminals fold."""
    return re.sub(r"\s+", "", title)


def follow_all(desk: Desk, followers: list[Follower]) -> None:
    """Let all of them follow through every cycle."""
    for cycle in range(CYCLES):
        if cycle:
            desk.step()
        truths = {slug: desk.truth(slug) for slug in {follower.slug for follower in followers}}
        for follower in followers:
            follower.refresh(desk, truths[follower.slug])
