"""A document names a hub exactly where that hub is told of it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from aggregator.config import OutputConfig
from aggregator.publish import FORMATS
from aggregator.publish.files import write_output
from aggregator.publish.hubs import told_documents

from .memory_source import MemorySource
from .samples import NOW, SITE, sample_stories
from .strict import check

HUB = "https://hub.example.org/"


def output(**more: object) -> OutputConfig:
    push = [
        {"kind": "websub", "name": "hub", "url": HUB},
        {"kind": "webhook", "name": "desk", "url": "https://desk.example.org/"},
    ]
    return OutputConfig.model_validate({"slug": "harbour", "files": "x", "push": push, **more})


@pytest.mark.parametrize("served", [True, False])
@pytest.mark.parametrize("files_url", ["https://static.example.org/f", ""])
@pytest.mark.parametrize("private", ["", "HUSH"])
def test_files_name_a_hub_where_it_is_told_of_them(
    tmp_path: Path, served: bool, files_url: str, private: str
) -> None:
    site = replace(SITE, served=served)
    out = output(files_url=files_url, private_env=private)
    write_output(MemorySource(sample_stories()), out, tmp_path, now=NOW, site=site)
    told = told_documents(out, site)
    assert len(told) == (0 if private else 3 * (served + bool(files_url)))
    for form in FORMATS:
        body = (tmp_path / f"harbour.{form}").read_bytes()
        own = f"{files_url or SITE.base_url + '/feeds'}/harbour.{form}"
        assert (HUB.encode() in body) is (own in told)
        assert check(form, body, now=NOW, url=own) == []
    for path in (tmp_path / "harbour").glob("*.atom"):
        assert HUB.encode() not in path.read_bytes(), "pages and archives are not what subscribers follow"
    assert told_documents(OutputConfig(slug="other"), SITE) != (), "whoever has a hub pings these"
