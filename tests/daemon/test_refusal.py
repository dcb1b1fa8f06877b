"""What anybody may be told of a configuration that was refused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from aggregator.config.load import load
from aggregator.core.errors import ConfigError
from aggregator.daemon.config_refusal import place, refusal

NOW = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ('[poll]\nfloor = "hunter2"\n', "config.toml, line 2: poll.floor: must be a duration"),
        (
            "[web]\nport = 'hunter2'\n",
            "config.toml, line 2: web.port: must be a whole number",
        ),
        ("[web]\nprot = 1\n", "config.toml, line 2: web.prot: is not a setting"),
        ("[web]\nhunter2 hunter2 = hunter2\n", "config.toml, line 2"),
        ('[[feeds]]\nurl = "ftp://me:hunter2@a.example/hunter2"\n', "config.toml, line 2: feeds[1].url"),
        ('[[feeds]]\nurl = "https:///hunter2"\n', "config.toml, line 2: feeds[1].url"),
        ('[[outputs]]\nslug = "a"\ntopics = ["hunter2"]\n', "config.toml, line 3: outputs[1].topics[1]"),
        ('[web]\n"hunter2 hunter2" = 1\n', "config.toml, line 2"),
    ],
)
def test_the_place_and_the_rule_are_told_but_nothing_that_was_written(
    tmp_path: Path, written: str, told: str
) -> None:
    path = tmp_path / "config.toml"
    path.write_text(written, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load(path)
    for mistake in caught.value.mistakes:
        assert "hunter2" not in place(mistake, str(path))
    assert place(caught.value.mistakes[0], str(path)).startswith(told)


def test_mistakes_that_name_no_line_are_told_by_the_file() -> None:
    assert place("web.host: '0.0.0.0' can be reached", "/etc/x/config.toml") == "config.toml: web.host"
    called = "web.password_env: neither a systemd credential nor a variable is called hunter2 here"
    assert place(called, "config.toml") == "config.toml: web.password_env"


def test_a_refusal_lasts_from_the_first_one() -> None:
    first = refusal(["config.toml:3: poll.floor: must be x"], "config.toml", NOW, None)
    again = refusal(["a", "b"], "config.toml", NOW + timedelta(hours=1), first)
    assert (again.since, again.mistakes) == (NOW, 2)
    assert str(first) == "refused since 2026-03-04 12:00 UTC: config.toml, line 3: poll.floor: must be x"
