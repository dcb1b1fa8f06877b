"""What every test may rely on: the repository's root, the reference data, and a machine without a past."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def root() -> Path:
    """The repository's root."""
    return ROOT


@pytest.fixture(scope="session")
def reference_data() -> Path:
    """The folder of reference data; the test is skipped where there is none."""
    folder = Path(os.environ.get("AGGREGATOR_REFERENCE_DATA", ROOT / "../shared/data")).resolve()
    if not folder.is_dir():
        pytest.skip(f"no reference data at {folder}; name it with AGGREGATOR_REFERENCE_DATA")
    return folder


@pytest.fixture(autouse=True)
def _own_machine(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """No test finds the user's configuration or database, or talks to the systemd that started it."""
    for name in (
        "AGGREGATOR_CONFIG",
        "CREDENTIALS_DIRECTORY",
        "JOURNAL_STREAM",
        "NOTIFY_SOCKET",
        "STATE_DIRECTORY",
        "WATCHDOG_PID",
        "WATCHDOG_USEC",
    ):
        monkeypatch.delenv(name, raising=False)
    home = str(tmp_path_factory.getbasetemp())
    monkeypatch.setenv("XDG_DATA_HOME", f"{home}/data")
    monkeypatch.setenv("XDG_CACHE_HOME", f"{home}/cache")
