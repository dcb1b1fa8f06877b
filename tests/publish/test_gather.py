"""What is gathered from a source is what a look at every story would find."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from aggregator.config import OutputConfig
from aggregator.core.types import Story
from aggregator.publish.gather import gather
from aggregator.publish.selection import Selection, cursor_of, pick

from .memory_source import MemorySource
from .samples import NOW, label, member, story

OUTPUT = OutputConfig(slug="x")
LANGUAGES = ("en", "ko", "ja")
STATES = ("single-source", "confirmed", "state-media-only")


def crowd() -> list[Story]:
    """Four hundred stories; every seventh condition is rare."""
    stories = []
    for n in range(400):
        at = NOW - timedelta(minutes=n // 3)
        one = story(
            n,
            changed=at,
            first_seen=at,
            labels=(label(((n * 37) % 101) / 100, facet=("collision", "fire", "")[n % 3]),),
            entries=(member(n, language=LANGUAGES[n % 3], country="JP" if n % 49 == 0 else "KR", at=at),),
        )
        stories.append(
            replace(one, corroboration=replace(one.corroboration, state=STATES[n % 3]), burst=n % 50 == 0)
        )
    return stories


CONDITIONS = {
    "all": {},
    "by publication": {"order": "published"},
    "rare": {"countries": ("JP",)},
    "rare by score": {"countries": ("JP",), "order": "score"},
    "by score": {"order": "score"},
    "facet": {"facets": ("fire",), "languages": ("ko",)},
    "state": {"states": ("confirmed",), "min_score": 0.8},
    "near": {"mode": "near"},
    "alerts": {"mode": "alerts"},
    "since": {"since": NOW - timedelta(minutes=20)},
    "span": {"span": (NOW - timedelta(minutes=40), NOW - timedelta(minutes=30)), "order": "published"},
    "nothing": {"topics": ("other",)},
}


@pytest.mark.parametrize("limit", [3, 20, 500])
@pytest.mark.parametrize("name", CONDITIONS)
def test_gathering_is_picking_from_everything(name: str, limit: int) -> None:
    selection = Selection(**{**CONDITIONS[name], "limit": limit})  # type: ignore[arg-type]
    stories = crowd()
    source = MemorySource(stories)
    found, more = gather(source, OUTPUT, selection, None)
    assert found == pick(stories, selection)
    total = len(pick(stories, replace(selection, limit=1000)))
    assert more is (total > limit)
    if selection.order == "score":
        return
    pages = list(found)
    while more:
        found, more = gather(source, OUTPUT, selection, cursor_of(pages[-1], selection))
        assert found
        pages += found
    assert tuple(pages) == pick(stories, replace(selection, limit=1000))
