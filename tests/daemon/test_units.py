"""The systemd units: complete, explained, and as tight as promised."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

SERVICES = ("aggregator.service", "aggregator-poll.service")
UNITS = (*SERVICES, "aggregator-poll.timer")

HARDENING = (
    "NoNewPrivileges",
    "CapabilityBoundingSet",
    "AmbientCapabilities",
    "ProtectSystem",
    "ProtectHome",
    "PrivateTmp",
    "PrivateDevices",
    "DevicePolicy",
    "PrivateUsers",
    "ProtectProc",
    "ProcSubset",
    "ProtectKernelTunables",
    "ProtectKernelModules",
    "ProtectKernelLogs",
    "ProtectControlGroups",
    "ProtectClock",
    "ProtectHostname",
    "RestrictNamespaces",
    "RestrictRealtime",
    "RestrictSUIDSGID",
    "RestrictAddressFamilies",
    "MemoryDenyWriteExecute",
    "LockPersonality",
    "SystemCallFilter",
    "SystemCallErrorNumber",
    "SystemCallArchitectures",
    "KeyringMode",
    "RemoveIPC",
    "PrivateMounts",
    "UMask",
)

Settings = dict[str, dict[str, list[str]]]


def read(path: Path) -> Settings:
    """A unit file: section -> setting -> values, in order."""
    sections: Settings = {}
    current: dict[str, list[str]] = {}
    for number, line in enumerate(path.read_text().splitlines(), start=1):
        if not line.strip() or line.startswith(("#", ";")):
            continue
        if header := re.fullmatch(r"\[(\w+)\]", line):
            current = sections.setdefault(header[1], {})
            continue
        setting = re.fullmatch(r"([A-Z]\w+)=(.*)", line)
        assert setting, f"{path.name}:{number}: neither a section nor a setting: {line}"
        current.setdefault(setting[1], []).append(setting[2])
    return sections


@pytest.fixture
def units(root: Path) -> Path:
    return root / "systemd"


@pytest.mark.parametrize("name", UNITS)
def test_every_unit_can_be_read(units: Path, name: str) -> None:
    sections = read(units / name)
    assert sections["Unit"]["Description"]


def test_the_daemon_is_supervised(units: Path) -> None:
    service = read(units / "aggregator.service")["Service"]
    assert service["Type"] == ["notify"]
    assert service["WatchdogSec"]
    assert service["Restart"] == ["on-failure"]
    assert service["RestartSteps"]
    assert service["RestartMaxDelaySec"]
    assert service["RestartPreventExitStatus"] == ["2"]
    assert service["StateDirectory"] == ["aggregator"]
    assert service["ExecReload"] == ["/bin/kill -HUP $MAINPID"]
    assert read(units / "aggregator.service")["Install"]["WantedBy"] == ["multi-user.target"]


def test_the_timer_and_the_daemon_exclude_each_other(units: Path) -> None:
    assert "aggregator-poll.timer" in read(units / "aggregator.service")["Unit"]["Conflicts"][0]
    assert read(units / "aggregator-poll.service")["Unit"]["Conflicts"] == ["aggregator.service"]
    assert read(units / "aggregator-poll.service")["Service"]["Type"] == ["oneshot"]


@pytest.mark.parametrize("name", SERVICES)
def test_every_hardening_line_is_there_and_explained(units: Path, name: str) -> None:
    lines = (units / name).read_text().splitlines()
    for setting in HARDENING:
        places = [index for index, line in enumerate(lines) if line.startswith(f"{setting}=")]
        assert places, f"{name} lacks {setting}="
        above = places[0] - 1
        while re.match(r"[A-Z]\w+=", lines[above]):  # one comment may explain a few lines in a row
            above -= 1
        assert lines[above].startswith("# "), f"{name}: nothing explains {setting}="


def test_both_services_are_hardened_alike(units: Path) -> None:
    daemon, once = (read(units / name)["Service"] for name in SERVICES)
    for setting in HARDENING:
        assert daemon[setting] == once[setting], setting


@pytest.mark.parametrize("name", SERVICES)
def test_exposure_is_at_most_two(units: Path, name: str) -> None:
    if not shutil.which("systemd-analyze"):
        pytest.skip("systemd-analyze is not installed")
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--no-pager", "--threshold=20", str(units / name)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = re.search(r"Overall exposure level for \S+: ([0-9.]+)", done.stdout)
    assert found, done.stdout
    assert float(found[1]) <= 2.0


def test_systemd_understands_every_line(units: Path, tmp_path: Path) -> None:
    """Apart from what is newer than this machine's systemd, and the program, which is not installed here."""
    if not shutil.which("systemd-analyze"):
        pytest.skip("systemd-analyze is not installed")
    for name in UNITS:
        text = (units / name).read_text()
        (tmp_path / name).write_text(
            re.sub(r"^ExecStart=\S+", "ExecStart=/bin/true", text, flags=re.MULTILINE)
        )
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *(str(tmp_path / name) for name in UNITS)],
        capture_output=True,
        text=True,
        check=False,
    )
    newer = re.compile(r"Unknown key(?: name)? '(RestartSteps|RestartMaxDelaySec)'")
    ours = [line for line in done.stderr.splitlines() if "aggregator" in line and not newer.search(line)]
    assert ours == []


def test_the_units_start_what_the_program_offers(units: Path) -> None:
    from typer.main import get_command

    from aggregator.cli.app import app

    commands = getattr(get_command(app), "commands", {})
    for name, verbs in zip(SERVICES, (["run"], ["poll", "publish"]), strict=True):
        starts = [line.split() for line in read(units / name)["Service"]["ExecStart"]]
        assert [line[1] for line in starts] == verbs
        for program, verb, *options in starts:
            assert program == "/opt/aggregator/venv/bin/aggregator"
            offered = {option for parameter in commands[verb].params for option in parameter.opts}
            assert {option for option in options if option.startswith("--")} <= offered
