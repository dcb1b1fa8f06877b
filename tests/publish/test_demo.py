"""The real daemon on the demo's site: every kind of output in every format passes the strict check."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.e2e.world import daemon, demo_site, free_port, write_config

from .strict import check, check_opml

KINDS = ("stories", "near-misses", "alerts", "digest", "health")


@pytest.mark.slow
def test_the_demos_outputs_are_valid(tmp_path: Path) -> None:
    port = free_port()
    with demo_site() as site:
        config = write_config(tmp_path, site, port=port)
        more = "".join(
            f'\n[[outputs]]\nslug = "x-{kind}"\nkind = "{kind}"\nnear_margin = 0.5\n' for kind in KINDS
        )
        more += '\n[[outputs]]\nslug = "x-entries"\nunit = "entry"\n'
        config.write_text(config.read_text("utf-8") + more, "utf-8")
        with daemon(config, port=port) as running:

            def held(slug: str) -> int:
                status, _, body = running.get(f"/feeds/{slug}.json")
                assert status == 200
                return len(json.loads(body)["items"])

            running.wait(lambda: held("x-stories") > 5, "stories in the output")
            for slug in [*(f"x-{kind}" for kind in KINDS), "x-entries"]:
                for form in ("atom", "rss", "json"):
                    status, headers, body = running.get(f"/feeds/{slug}.{form}")
                    assert status == 200
                    assert "charset=utf-8" in headers["content-type"]
                    url = f"{running.url}/feeds/{slug}.{form}"
                    assert check(form, body, now=datetime.now(UTC), url=url) == [], (slug, form)
            for form in ("atom", "rss", "json"):
                _, _, body = running.get(f"/feeds/x-stories.{form}?withdrawn=yes")
                assert check(form, body, withdrawals=True) == [], form
            assert check_opml(running.get("/opml")[2]) == []
            assert held("x-entries") >= held("x-stories")
