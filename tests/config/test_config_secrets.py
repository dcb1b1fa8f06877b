"""Secrets: found where they may be, shown nowhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from aggregator.config.secrets import Secrets, mask


def test_a_credential_comes_before_the_environment(tmp_path: Path) -> None:
    (tmp_path / "password").write_text("from systemd\n")
    secrets = Secrets(
        {"CREDENTIALS_DIRECTORY": str(tmp_path), "password": "from env", "OTHER": "o", "EMPTY": ""}
    )
    assert secrets.get("password") == "from systemd"
    assert secrets.get("OTHER") == "o"
    assert secrets.get("EMPTY") is None
    assert secrets.get("absent") is None


def test_a_renewed_credential_is_seen(tmp_path: Path) -> None:
    secrets = Secrets({"CREDENTIALS_DIRECTORY": str(tmp_path)})
    (tmp_path / "password").write_text("old")
    assert secrets.get("password") == "old"
    (tmp_path / "password").write_text("new")
    assert secrets.get("password") == "new"


@pytest.mark.parametrize("name", ["../secret", "/etc/hostname", "..", ".", "", "a/b"])
def test_a_name_cannot_leave_the_directory(tmp_path: Path, name: str) -> None:
    inner = tmp_path / "credentials"
    inner.mkdir()
    (tmp_path / "secret").write_text("outside")
    assert Secrets({"CREDENTIALS_DIRECTORY": str(inner)}).get(name) is None


def test_secrets_do_not_show_in_a_repr() -> None:
    assert "hush" not in repr(Secrets({"PASSWORD": "hush"}))


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("https://me:secret@one.example/feed", "https://***@one.example/feed"),
        (
            "see https://secret@one.example/ and http://a:b@c/",
            "see https://***@one.example/ and http://***@c/",
        ),
        ("https://one.example/?api_key=secret&page=2", "https://one.example/?api_key=***&page=2"),
        ("https://one.example/?x=1&access_token=secret#y", "https://one.example/?x=1&access_token=***#y"),
        ("https://one.example/?keyword=korea&token=secret", "https://one.example/?keyword=korea&token=***"),
        ("mailto:me@one.example", "mailto:me@one.example"),
        ("https://one.example/@me", "https://one.example/@me"),
        ("no url: a@b", "no url: a@b"),
    ],
)
def test_urls_are_masked(text: str, masked: str) -> None:
    assert mask(text) == masked
