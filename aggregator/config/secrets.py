"""Passwords and keys: read from where they may be, masked where they must not be."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path

_NAME = re.compile(r"[A-Za-z0-9_.-]{1,255}")
_USERINFO = re.compile(r"(?<=://)[^\s/?#@\"']*@")
_PARAMETER = re.compile(
    r"([?&;](?:[a-z0-9_.-]*(?:token|secret|passw(?:or)?d|signature|api[_-]?key)[a-z0-9_.-]*|key|auth|sig|pass|pwd)=)[^\s&;#\"']+",
    re.IGNORECASE,
)


class Secrets:
    """Looks up secrets by name: systemd credentials first, then the environment. Its repr shows none."""

    def __init__(self, env: Mapping[str, str] | None = None) -> None:
        """`env`: the environment; None takes the process's own."""
        self._env = os.environ if env is None else env

    def get(self, name: str) -> str | None:
        """The secret called `name`, without the line end a file has; None when there is none.

        Credentials are files in `$CREDENTIALS_DIRECTORY` (systemd.exec(5), LoadCredential=). They are
        read at each call, so that a renewed one is seen after a reload.
        """
        folder = self._env.get("CREDENTIALS_DIRECTORY", "")
        if folder and _NAME.fullmatch(name) and name not in {".", ".."}:
            path = Path(folder, name)
            if path.is_file():
                return path.read_text(encoding="utf-8").rstrip("\r\n")
        return self._env.get(name) or None


def mask(text: str) -> str:
    """Replace user names, passwords and key-like query parameters of the URLs in `text` by `***`."""
    if "://" not in text:
        return text
    return _PARAMETER.sub(r"\1***", _USERINFO.sub("***@", text))
