"""config.toml -> `Config`, or every mistake in it at once.

bytes | text | Document          TOML, with the line of every key        lines.py
      | settings                 types, ranges, unknown keys             pydantic, worded by words.py
      | across                   what no single setting can know         across.py
      | OPML files               further feeds                           opml.py
      | topics                   the term language                       classifiers.topics
      v
Config, warnings  |  ConfigError(mistakes)
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from aggregator.config import cross_checks, toml_lines
from aggregator.config.messages import explain, shown, unknown_key
from aggregator.config.opml import feeds_of
from aggregator.config.report import Findings
from aggregator.config.root import NOT_SETTINGS, Config
from aggregator.config.secrets import Secrets
from aggregator.config.toml_lines import Document, TomlSyntaxError
from aggregator.core.errors import ConfigError


def load(path: Path, *, env: Mapping[str, str] | None = None) -> Config:
    """Read the configuration at `path`.

    `env` is where the environment is looked up (None: the process's own). Relative paths in the file
    are taken from the file's folder. Raises ConfigError with every mistake, each located as
    `config.toml:LINE: topics.x.threshold: must be between 0 and 1, got 7`.
    """
    config, findings = _read(path, os.environ if env is None else env)
    if config is None or findings.mistakes:
        raise ConfigError(findings.mistakes)
    return config


def mistakes(path: Path, *, env: Mapping[str, str] | None = None) -> list[str]:
    """Every mistake in the configuration at `path`, located; empty when it can be used."""
    return _read(path, os.environ if env is None else env)[1].mistakes


def warnings(path: Path, *, env: Mapping[str, str] | None = None) -> list[str]:
    """What works but is hardly meant, located; also when there are mistakes as well."""
    return _read(path, os.environ if env is None else env)[1].warnings


def _read(path: Path, env: Mapping[str, str]) -> tuple[Config | None, Findings]:
    name = _display(path)
    try:
        document = Document(path.read_bytes().decode("utf-8-sig"))
    except FileNotFoundError:
        return None, Findings.of(
            f"{name}: there is no such file; name one with --config, or start from the sample"
        )
    except OSError as error:
        return None, Findings.of(f"{name}: cannot be read: {error.strerror}")
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        return None, Findings.of(f"{name}:{line}: is not UTF-8; save the file in that encoding")
    except TomlSyntaxError as error:
        return None, Findings.of(f"{name}:{error.line}: is not TOML: {error}")

    data = document.data
    findings = Findings(name, document)
    config = _settings(data, findings)
    cross_checks.check(data, path.absolute().parent, findings, Secrets(env))
    listed = feeds_of(data.get("opml"), path.parent, findings)
    topics = _topics(data, findings)
    findings.close()
    if config is None:
        return None, findings
    known = set(config.feed_by_url)
    more = tuple(feed for feed in listed if feed.url not in known)
    return (
        config.model_copy(
            update={
                "feeds": config.feeds + more,
                "topics": topics,
                "topic_tables": data.get("topics", {}),
                "path": path.absolute(),
                "warnings": tuple(findings.warnings),
            }
            | cross_checks.resolved(config, path.absolute().parent)
        ),
        findings,
    )


def _settings(data: Mapping[str, Any], findings: Findings) -> Config | None:
    """Validate all but the topics."""
    for key in sorted(NOT_SETTINGS & data.keys()):
        findings.mistake((key,), unknown_key((key,)))
    try:
        return Config.model_validate(
            {key: value for key, value in data.items() if key not in NOT_SETTINGS | {"topics"}}
        )
    except ValidationError as error:
        for detail in error.errors(include_url=False):
            path = _written(detail["loc"], data, missing=detail["type"] == "missing")
            findings.mistake(path, explain(detail, path))
        return None


def _written(loc: toml_lines.Path, data: Mapping[str, Any], *, missing: bool) -> toml_lines.Path:
    """The part of pydantic's location that exists in the file: it adds names of union members and `[key]`."""
    here: Any = data
    path: toml_lines.Path = ()
    for depth, step in enumerate(loc):
        try:
            here = here[step]
        except (KeyError, IndexError, TypeError):
            if missing and depth == len(loc) - 1:
                path = (*path, step)
            continue
        path = (*path, step)
    return path


def _topics(data: Mapping[str, Any], findings: Findings) -> Mapping[str, Any]:
    topics, entities = data.get("topics", {}), data.get("entities", {})
    if not isinstance(topics, Mapping):
        findings.mistake(("topics",), f"must be a table, got {shown(topics)}")
        return {}
    if not isinstance(entities, Mapping):
        return {}  # reported with the settings
    if not topics and not entities:
        return {}
    from classifiers.rules.read_topics import read_topics  # brings the matcher with it: not for every command

    compiled, found = read_topics(topics, entities)
    for one in found:
        (findings.warning if one.warning else findings.mistake)(one.path, one.message)
    return compiled


def _display(path: Path) -> str:
    """The path as a person would type it from here."""
    try:
        return str(path.absolute().relative_to(Path.cwd()))
    except (ValueError, OSError):
        return str(path)
