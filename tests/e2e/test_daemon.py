"""The daemon as systemd and a feed reader see it."""

from __future__ import annotations

import json
import os
import re
import signal
import sqlite3
import time
from pathlib import Path
from typing import Any

import feedparser
import pytest

from aggregator.cli.demo.site import DemoSite

from .world import Running, cli, daemon, demo_site, free_port, write_config

TOPIC = "korean-peninsula-security"


def items(running: Running, slug: str = TOPIC) -> list[dict[str, Any]]:
    status, _, body = running.get(f"/feeds/{slug}.json")
    assert status == 200
    return json.loads(body)["items"]


def settled(running: Running, log: str = '"polled"', times: int = 1) -> None:
    running.wait(lambda: running.text().count(log) >= times, f"{times} x {log} in the log")


def test_a_reader_can_subscribe_in_all_three_formats(tmp_path: Path) -> None:
    port = free_port()
    with demo_site() as site, daemon(write_config(tmp_path, site, port=port), port=port) as running:
        settled(running)
        running.wait(lambda: len(items(running)) > 5, "stories in the output")
        by_format = {}
        for form in ("atom", "rss", "json"):
            status, headers, body = running.get(f"/feeds/{TOPIC}.{form}")
            assert status == 200
            assert headers["etag"].startswith('"')
            again, _, empty = running.get(f"/feeds/{TOPIC}.{form}", {"If-None-Match": headers["etag"]})
            assert (again, empty) == (304, b"")
            if form == "json":
                by_format[form] = [item["id"] for item in json.loads(body)["items"]]
            else:
                parsed = feedparser.parse(body)
                assert not parsed.bozo
                by_format[form] = [entry.id for entry in parsed.entries]
        assert by_format["atom"] == by_format["rss"] == by_format["json"]
        assert len(set(by_format["atom"])) == len(by_format["atom"])
        first = items(running)[0]
        assert first["_aggregator"]["labels"][0]["reasons"], "an item says why it is here"
        assert running.get("/opml")[0] == 200
        assert json.loads(running.get("/health")[2])["ok"] is True
        assert b"aggregator_polls_total" in running.get("/metrics")[2]


def test_news_arrives_and_nothing_comes_twice(tmp_path: Path) -> None:
    port = free_port()
    with demo_site() as site, daemon(write_config(tmp_path, site, port=port), port=port) as running:
        settled(running)
        running.wait(lambda: len(items(running)) > 5, "stories in the output")
        before = {item["id"] for item in items(running)}
        site.step()
        running.wait(lambda: {i["id"] for i in items(running)} - before != set(), "a new story", 60)
        after = [item["id"] for item in items(running)]
        assert before <= set(after)
        assert len(after) == len(set(after))


def test_sigterm_ends_it_in_time_and_nothing_is_lost_on_restart(tmp_path: Path) -> None:
    port = free_port()
    with demo_site() as site:
        config = write_config(tmp_path, site, port=port)
        with daemon(config, port=port) as running:
            settled(running)
            running.wait(lambda: len(items(running)) > 5, "stories in the output")
            before = items(running)
            assert running.stop() < 10
            assert running.process.returncode == 0
            assert "STOPPING=1" in running.said
        with daemon(config, port=port) as running:
            assert {i["id"] for i in items(running)} >= {i["id"] for i in before}
        due = sqlite3.connect(tmp_path / "aggregator.db").execute(
            "select count(*) from feeds where next_due is null and active"
        )
        assert due.fetchone() == (0,), "next due times survive"


def broken(path: Path) -> str:
    """Five mistakes; returns the text that was right."""
    text = path.read_text(encoding="utf-8")
    bad = (
        text.replace('tick = "1s"', 'tick = "soon"')
        .replace("jitter = 0", "jitter = 7")
        .replace('host = "127.0.0.1"', 'hots = "127.0.0.1"')
        .replace('kind = "agency"', 'kind = "agancy"', 1)
        .replace('country = "KR"', 'country = "Korea"', 1)
    )
    path.write_text(bad, encoding="utf-8")
    return text


@pytest.mark.parametrize("command", ["check", "run"])
def test_five_mistakes_print_five_located_errors(tmp_path: Path, command: str) -> None:
    with demo_site() as site:
        config = write_config(tmp_path, site)
    broken(config)
    done = cli(command, config=config, check=False)
    assert done.returncode == 2
    located = [line for line in done.stderr.splitlines() if "config.toml:" in line]
    assert len(located) == 5, done.stderr
    assert all(line.split("config.toml:")[1].split(":")[0].isdigit() for line in located)


def test_a_bad_configuration_on_sighup_leaves_it_serving(tmp_path: Path) -> None:
    port = free_port()
    with demo_site() as site:
        config = write_config(tmp_path, site, port=port)
        with daemon(config, port=port) as running:
            settled(running)
            running.wait(lambda: len(items(running)) > 5, "stories in the output")
            right = broken(config)
            running.signal(signal.SIGHUP)
            running.listen("RELOADING=1")
            running.wait(
                lambda: running.text().count("configuration refused") == 5, "five refusals in the log"
            )
            assert len(items(running)) > 5
            health = json.loads(running.get("/health")[2])
            assert health["ok"] is True, "it works on, by the configuration from before"
            assert re.fullmatch(
                r"refused since .* UTC: config.toml, line \d+: poll.tick: must be a duration",
                health["configuration"],
            )
            page = running.get("/")[2].decode()
            assert "The configuration was changed but cannot be used, since" in page
            assert "poll.tick" in page
            config.write_text(right.replace(f'slug = "{TOPIC}"', 'slug = "renamed"', 1), encoding="utf-8")
            running.signal(signal.SIGHUP)
            running.wait(lambda: running.get("/feeds/renamed.json")[0] == 200, "the renamed output")
            running.wait(lambda: running.said.count("READY=1") >= 3, "the third READY=1")
            assert "configuration" not in json.loads(running.get("/health")[2])
            assert "cannot be used" not in running.get("/")[2].decode()


def test_a_changed_topic_reclassifies_what_is_stored(tmp_path: Path) -> None:
    port = free_port()
    with demo_site() as site:
        config = write_config(tmp_path, site, port=port)
        with daemon(config, port=port, arguments=["--watch"]) as running:
            settled(running)
            running.wait(lambda: len(items(running)) > 5, "stories in the output")
            text = config.read_text(encoding="utf-8")
            start = text.index(f"[topics.{TOPIC}]")
            strict = text[:start] + text[start:].replace(
                f"[topics.{TOPIC}]", f"[topics.{TOPIC}]\nthreshold = 0.999999", 1
            )
            if "threshold" in text[start : start + 400]:
                strict = text.replace("threshold = 0.5", "threshold = 0.999999")
            config.write_text(strict, encoding="utf-8")
            running.wait(lambda: "classified stored entries anew" in running.text(), "reclassification", 60)
            running.wait(lambda: len(items(running)) == 0, "an empty output")


def test_an_included_file_is_watched_and_its_mistakes_are_located(tmp_path: Path) -> None:
    port = free_port()
    with demo_site() as site:
        config = write_config(tmp_path, site, port=port)
        config.write_text(
            'include = ["mine/*.toml"]\n' + config.read_text(encoding="utf-8"), encoding="utf-8"
        )
        mine = tmp_path / "mine" / "feeds.toml"
        mine.parent.mkdir()
        with daemon(config, port=port, arguments=["--watch"]) as running:
            mine.write_text("# all mine\n[topics.mine.terms]\n'@nobody' = 3\n", encoding="utf-8")
            running.wait(lambda: "mine/feeds.toml:3: topics.mine.terms" in running.text(), "the refusal")
            mine.write_text("[topics.mine.terms]\nferry = 3\n", encoding="utf-8")
            running.wait(lambda: "configuration read again" in running.text(), "the reload")


def test_sigterm_is_heeded_while_the_configuration_is_a_pipe_without_a_writer(tmp_path: Path) -> None:
    port = free_port()
    with demo_site() as site:
        config = write_config(tmp_path, site, port=port)
        with daemon(config, port=port) as running:
            settled(running)
            config.unlink()
            os.mkfifo(config)
            running.signal(signal.SIGHUP)
            running.listen("RELOADING=1")
            running.stop(60)
            assert running.process.returncode == 0


def test_a_second_daemon_on_the_same_database_is_refused(tmp_path: Path) -> None:
    port = free_port()
    with demo_site() as site:
        config = write_config(tmp_path, site, port=port)
        with daemon(config, port=port) as running:
            done = cli("run", config=config, check=False)
            assert done.returncode == 3
            assert str(running.process.pid) in done.stderr
            assert running.get("/health")[0] == 200


def test_the_watchdog_hears_from_it(tmp_path: Path) -> None:
    port = free_port()
    with (
        demo_site() as site,
        daemon(write_config(tmp_path, site, port=port), port=port, WATCHDOG_USEC="1000000") as running,
    ):
        running.listen("WATCHDOG=1", 20)


def test_feedback_given_on_the_command_line_reaches_a_running_daemon(tmp_path: Path) -> None:
    port = free_port()
    with demo_site() as site:
        config = write_config(tmp_path, site, port=port)
        with daemon(config, port=port) as running:
            settled(running)
            running.wait(lambda: len(items(running)) > 5, "stories in the output")
            gone = items(running)[0]
            story = gone["_aggregator"]["story"]
            cli("label", story, "--topic", TOPIC, "--no", config=config)
            running.wait(lambda: gone["id"] not in {i["id"] for i in items(running)}, "the withdrawal")
            atom = running.get(f"/feeds/{TOPIC}.atom?withdrawn=yes")[2]
            assert b"deleted-entry" in atom
            assert gone["id"].encode() in atom
            assert f"Withdrawn: {gone['title'].removeprefix('[State media only] ')}".encode() in atom
            cli("label", "undo", story, "--topic", TOPIC, config=config)
            running.wait(lambda: gone["id"] in {i["id"] for i in items(running)}, "its return")


def test_a_failing_feed_harms_no_other(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    port = free_port()
    with demo_site() as site:
        config = write_config(tmp_path, site, port=port)
        with daemon(config, port=port) as running:
            settled(running)
            site.step()
            running.wait(
                lambda: '"failed"' in running.text() or "failed" in running.text(), "a failed poll", 60
            )
            time.sleep(0.5)
            health = json.loads(running.get("/health")[2])
            assert health["ok"] is True
            assert _polled(site) > 0


def _polled(site: DemoSite) -> int:
    return sum(count for (_, status), count in site.hits.items() if status == 200)


def test_a_feed_in_trouble_is_told_in_a_feed(tmp_path: Path) -> None:
    port = free_port()
    with demo_site() as site:
        config = write_config(tmp_path, site, port=port)
        with daemon(config, port=port) as running:
            settled(running)
            site.step()
            running.wait(lambda: bool(items(running, "health")), "an alarm", 90)
            status, _, body = running.get("/feeds/health.atom")
            assert status == 200
            assert feedparser.parse(body).entries[0].title
