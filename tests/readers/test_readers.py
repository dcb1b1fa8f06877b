"""Readers that people use follow every kind of output through three cycles of updates."""

from __future__ import annotations

from pathlib import Path

import pytest

from .drivers import Driver, drivers
from .follow import Follower, follow_all
from .scenario import OUTPUTS, serving


@pytest.mark.slow
@pytest.mark.parametrize("driver", drivers(), ids=lambda driver: driver.name)
def test_a_reader_follows_every_output(driver: Driver, tmp_path: Path) -> None:
    if why := driver.missing():
        pytest.skip(f"{why}; benchmarks/measure_readers.py says how to try it")
    with serving() as desk:
        followers = [
            Follower(driver, output.slug, form, tmp_path / f"{output.slug}-{form}")
            for output in OUTPUTS
            for form in driver.formats
            # rss2email starts slowly, and once for each; the measurement tries every pair.
            if driver.name != "rss2email"
            or output.slug == "stories"
            or (output.slug, form) == ("alerts", "atom")
        ]
        follow_all(desk, followers)
    assert {f"{f.slug}.{f.form}": f.result.wrong for f in followers if f.result.wrong} == {}
    assert all(follower.result.new for follower in followers), "each output brought something new"
    assert any(follower.result.changed for follower in followers), "something changed in place"
