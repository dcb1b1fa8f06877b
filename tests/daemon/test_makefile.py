"""`make` on a bare machine: it finds an interpreter or says what is missing."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.fixture
def make(root: Path, tmp_path: Path) -> object:
    """Run make in a folder that holds only the Makefile."""
    (tmp_path / "Makefile").write_text((root / "Makefile").read_text())

    def make(*arguments: str, path: str | None = None) -> subprocess.CompletedProcess[str]:
        env = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "PYTHON"))}
        env["PATH"] = path if path is not None else env["PATH"]
        return subprocess.run(
            ["/usr/bin/env", "make", *arguments],
            cwd=tmp_path,
            env=env,
            capture_output=True,
            text=True,
            check=False,
        )

    return make


def fake(folder: Path, name: str, program: str) -> Path:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{program}\n")
    path.chmod(0o755)
    return path


def test_an_interpreter_that_is_too_old_is_named(make, tmp_path: Path) -> None:
    old = fake(tmp_path, "python3.9", 'case "$1" in --version) echo "Python 3.9.18";; *) exit 1;; esac')
    done = make("check-python", f"PYTHON={old}")
    assert done.returncode != 0
    assert "is Python 3.9.18, but 3.11 to 3.14 is needed" in done.stderr


def test_an_interpreter_that_is_absent_is_named(make) -> None:
    done = make("check-python", "PYTHON=/nowhere/python3")
    assert done.returncode != 0
    assert "There is no /nowhere/python3 here. Install Python 3.11 or newer" in done.stderr


def test_an_interpreter_without_venv_is_told_what_to_install(make, tmp_path: Path) -> None:
    half = fake(
        tmp_path, "python3.12", f'case "$2" in *ensurepip*) exit 1;; *) exec {sys.executable} "$@";; esac'
    )
    done = make("check-python", f"PYTHON={half}")
    assert done.returncode != 0
    assert "apt-get install python3-venv" in done.stderr


def test_make_run_takes_over_an_edited_configuration_by_itself(make, tmp_path: Path) -> None:
    for name in ("requirements.lock", "pyproject.toml"):
        (tmp_path / name).touch()
    done = make("-n", "run", "ARGS=--config my.toml")
    assert done.stdout.splitlines()[-1] == ".venv/bin/aggregator run --watch --config my.toml"


def test_a_suitable_interpreter_is_found_past_unsuitable_ones(make, tmp_path: Path) -> None:
    tools = tmp_path / "tools"
    tools.mkdir()
    fake(tools, "python3", "exit 1")
    fake(tools, "python3.12", f'exec {sys.executable} "$@"')
    done = make("-n", "-p", "check-python", path=f"{tools}:/usr/bin:/bin")
    assert re.search(r"^PYTHON [:?]?= python3.12$|command -v \"python3.12\"", done.stdout, flags=re.MULTILINE)


def test_every_promised_target_is_there(root: Path) -> None:
    text = (root / "Makefile").read_text()
    for target in ("run", "test", "check", "demo", "bench", "install", "uninstall", "lock", "docs"):
        assert re.search(rf"^{target}:", text, flags=re.MULTILINE), target


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-dev.lock"])
def test_every_locked_library_has_hashes_and_no_registry_is_named(root: Path, name: str) -> None:
    text = (root / name).read_text()
    blocks = re.split(r"\n(?=\S)", text.strip())
    assert len(blocks) > 50
    for block in blocks:
        assert re.match(r"[a-z0-9.-]+==\S+( ; .+)? \\\n    --hash=sha256:[0-9a-f]{64}", block), (
            block.splitlines()[0]
        )
    assert "://" not in text
    assert "--index" not in text


def test_the_locks_agree_and_cover_what_is_declared(root: Path) -> None:
    import tomllib

    def locked(name: str) -> dict[str, str]:
        return dict(re.findall(r"^([a-z0-9.-]+)==(\S+)", (root / name).read_text(), flags=re.MULTILINE))

    runtime, dev = locked("requirements.lock"), locked("requirements-dev.lock")
    assert runtime.items() <= dev.items()
    project = tomllib.loads((root / "pyproject.toml").read_text())
    declared = {re.match(r"[A-Za-z0-9-]+", line)[0].lower() for line in project["project"]["dependencies"]}
    tools = {re.match(r"[A-Za-z0-9-]+", line)[0].lower() for line in project["dependency-groups"]["dev"]}
    assert declared <= runtime.keys(), "run `make lock`"
    assert tools <= dev.keys(), "run `make lock`"
    assert not tools & runtime.keys() - declared
