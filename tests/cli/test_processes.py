"""What only a real process shows: start-up, pipes, signals, a daemon beside."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from aggregator.cli.demo.site import DemoSite
from tests.e2e.world import COMMAND, cli, daemon, free_port, write_config

from .conftest import IN_PROCESS, TOPIC, Verb

HEAVY = (
    "sklearn",
    "aiohttp",
    "sqlalchemy",
    "sqlmodel",
    "structlog",
    "feedparser",
    "lxml",
    "classifiers",
)


@pytest.mark.parametrize("words", [["--help"], ["stories", "--help"], ["--version"]])
def test_help_imports_nothing_heavy(words: list[str]) -> None:
    script = (
        "import sys\nfrom aggregator.cli.app import main\n"
        f"sys.argv = ['aggregator', *{words!r}]\n"
        "try:\n    main()\nexcept SystemExit as end:\n    assert not end.code\n"
        f"print(sorted(set({HEAVY!r}) & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"
    assert "aggregator" in done.stdout


def test_help_is_there_at_once() -> None:
    """Under half a second on an idle core; the best of five allows for busy ones."""
    spent = []
    for _ in range(5):
        started = time.perf_counter()
        cli("--help")
        spent.append(time.perf_counter() - started)
    assert min(spent) < 0.5


def test_completion_knows_verbs_and_options() -> None:
    for words, wanted in (("aggregator st", "stories"), ("aggregator stories list --to", "--topic")):
        env = {
            "_AGGREGATOR_COMPLETE": "complete_bash",
            "COMP_WORDS": words,
            "COMP_CWORD": str(words.count(" ")),
        }
        script = "from aggregator.cli.app import app; app(prog_name='aggregator')"
        done = subprocess.run(
            [sys.executable, "-c", script],
            capture_output=True,
            text=True,
            env={**os.environ, **env},
            check=False,
        )
        assert wanted in done.stdout.split()


@pytest.mark.parametrize("words", ["export entries", "stories --json", "opml export", "stories"])
def test_a_reader_that_has_seen_enough_is_no_failure(filled: Path, words: str) -> None:
    command = f'set -o pipefail; "$0" -c "$1" {words} | head -c 20'
    done = subprocess.run(
        ["bash", "-c", command, *COMMAND[::2]],
        capture_output=True,
        text=True,
        env={**os.environ, "AGGREGATOR_CONFIG": str(filled)},
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_beside_a_daemon_one_reads_and_corrects_but_does_not_poll(
    verb: Verb, news: DemoSite, tmp_path: Path
) -> None:
    port = free_port()
    config = write_config(tmp_path, news, port=port, replace=[IN_PROCESS])
    rows = tmp_path / "rows.jsonl"
    rows.write_text('{"id": "x1", "title": "A title"}\n')
    with daemon(config, port=port) as running:
        running.wait(lambda: '"polled"' in running.text(), "the first poll")
        for words in (["poll"], ["import", str(rows)], ["run"]):
            said = verb(*words, config=config)
            assert said.code == 3, words
            assert f"process {running.process.pid}" in said.err
        (story,) = verb("stories", "--json", "--limit", "1").json
        assert verb("label", story["id"], "--topic", TOPIC, "--no").code == 0
        assert "not polled yet" not in verb("feeds").out
        assert running.stop() < 10
        assert running.process.returncode == 0


def test_run_says_what_is_doubtful_and_refuses_what_is_wrong(news: DemoSite, tmp_path: Path) -> None:
    port = free_port()
    config = write_config(tmp_path, news, port=port, replace=[IN_PROCESS])
    with config.open("a", encoding="utf-8") as file:
        file.write(
            '\n[[feeds]]\nurl = "https://new.example/f"\nenabled = false\nheader = "X"\nheader_env = "ABSENT"\n'
        )
    with daemon(config, port=port) as running:
        assert running.text().count("ABSENT") == 1
        running.stop()
    config.write_text(config.read_text("utf-8").replace('tick = "1s"', 'tick = "now"'), "utf-8")
    said = cli("run", config=config, check=False)
    assert said.returncode == 2
    assert "poll.tick" in said.stderr


def read_until(master: int, wanted: str, seconds: float = 30) -> str:
    text = ""
    end = time.monotonic() + seconds
    while wanted not in text:
        assert time.monotonic() < end, f"no {wanted!r} in {text}"
        text += os.read(master, 65536).decode()
    return text


def test_the_demo_on_a_terminal_ends_its_greeting_with_the_url(tmp_path: Path) -> None:
    master, slave = pty.openpty()
    process = subprocess.Popen(
        [*COMMAND, "demo", "--port", "0", "--step", "0.5", "--state", str(tmp_path)],
        stdout=slave,
        stderr=slave,
        start_new_session=True,
    )
    os.close(slave)
    try:
        text = read_until(master, "Ctrl-C stops")
        assert "started" in text
        assert '{"' not in text, "people read this log"
        url = text.rpartition("Open ")[2].split()[0]
        with urllib.request.urlopen(url, timeout=20) as page:
            assert page.status == 200
        assert "polled" in read_until(master, "polled")
        process.send_signal(signal.SIGINT)
        assert process.wait(15) == 0
    finally:
        process.kill()
        process.wait(10)
        os.close(master)


def test_the_demo_without_a_terminal_is_still_for_people(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [*COMMAND, "demo", "--port", "0", "--state", str(tmp_path)], stderr=subprocess.PIPE, text=True
    )
    try:
        assert process.stderr is not None
        lines = []
        while not lines or "Ctrl-C" not in lines[-1]:
            lines.append(process.stderr.readline())
            assert lines[-1], lines
        assert not any(line.startswith("{") or "\x1b" in line for line in lines)
        assert lines[-1].startswith("Open http://127.0.0.1:")
        assert lines[-2].startswith("In 20 seconds it publishes more")
        process.terminate()
        assert process.wait(15) == 0
    finally:
        process.kill()
        process.communicate()
