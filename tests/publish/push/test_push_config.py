"""Channels in config.toml: every mistake is located, and what is right is read."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from aggregator.config.load import load, mistakes

WRONG = """\
[[outputs]]
slug = "a"
[[outputs.push]]
kind = "webhok"
name = "X"
[[outputs.push]]
kind = "webhook"
name = "desk"
url = "http://x.example/"
min_score = 7
[[outputs]]
slug = "b"
[[outputs.push]]
kind = "notify"
name = "desk"
url = "https://x.example/"
maxperhour = 3
[[outputs.push]]
kind = "notify"
name = "other"
url = "https://x.example/"
[[outputs]]
slug = "c"
[[outputs.push]]
kind = "websub"
name = "desk"
url = "https://x.example/"
[[outputs.push]]
kind = "websub"
name = "desk"
url = "https://x.example/2"
"""

RIGHT = """\
[[outputs]]
slug = "a"
[[outputs.push]]
kind = "webhook"
name = "desk"
url_env = "HOOK"
secret_env = "KEY"
when = "alerts"
give_up = "12h"
[[outputs.push]]
kind = "notify"
name = "desk"
url_env = "MAIL"
"""


def test_mistakes_are_located(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text(WRONG)
    found = [line.rpartition("config.toml:")[2] for line in mistakes(path)]
    assert [line.partition(": ")[0] for line in found] == ["4", "5", "10", "17", "18", "24"]
    assert 'did you mean "webhook"?' in found[0]
    assert "must be between 0 and 1, got 7" in found[2]
    assert 'did you mean "max_per_hour"?' in found[3]
    assert "an Apprise URL holds secrets" in found[4]
    assert "two channels are called websub:desk" in found[5]


def test_channels_are_read(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text(RIGHT)
    hook, mail = load(path).outputs[0].push
    assert (hook.channel, hook.when, hook.give_up) == ("webhook:desk", "alerts", timedelta(hours=12))
    assert (mail.channel, mail.when, mail.max_per_hour) == ("notify:desk", "all", 20)
