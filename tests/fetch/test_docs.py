"""docs/fetching.md names every error code there is, and none that is not."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_every_error_code_is_documented() -> None:
    sources = [*(ROOT / "aggregator/fetch").rglob("*.py")]
    found = {
        code
        for source in sources
        for code in re.findall(r'PollError\(\s*f?"([a-z{][\w{}-]*)"', source.read_text("utf-8"))
    }
    assert "http-{status}" in found
    codes = found - {"http-{status}"}
    assert len(codes) > 15
    page = (ROOT / "docs/fetching.md").read_text("utf-8")
    table = page[page.index("| code |") :]
    documented = set(
        re.findall(
            r"`([a-z][a-z-]+)`",
            "".join(line.split("|")[1] for line in table.splitlines() if line.startswith("|")),
        )
    )
    assert documented == codes


def test_the_figures_are_those_of_the_code() -> None:
    page = (ROOT / "docs/fetching.md").read_text("utf-8")
    from aggregator.fetch import outcome, pages, schedule
    from aggregator.fetch.http import client, exchange

    assert schedule.SHARE_OF_GAP == 12
    assert "twelve polls in the usual time" in page
    assert f"{exchange._BIG // 1024} KiB" in page
    assert exchange._MANY_BIG == 10
    assert f"{client._MOST_WAITING // 1024**2} MiB wait" in page
    assert (
        f"header over {client._LONGEST_HEADER // 1024} KiB or more than {client._MOST_HEADERS} headers"
        in page
    )
    assert f"Pages over {pages._PAGE_SIZE // 1024**2} MiB" in page
    assert (outcome.MOVED_AFTER, outcome._BACK_AFTER) == (3, 5)
