"""Every library says why it is here."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path


def test_every_declared_library_is_explained(root: Path) -> None:
    project = tomllib.loads((root / "pyproject.toml").read_text())
    declared = [
        *project["project"]["dependencies"],
        *(one for group in project["dependency-groups"].values() for one in group),
    ]
    names = {match[0] for line in declared if (match := re.match(r"[A-Za-z0-9-]+", line))}
    assert len(names) > 30
    rows = [
        line.split("|")[1]
        for line in (root / "docs/dependencies.md").read_text().splitlines()
        if line.startswith("|")
    ]
    explained = set(re.findall(r"[a-z0-9-]+", " ".join(rows)))
    assert names <= explained
