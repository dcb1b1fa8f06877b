"""config.toml -> `Config`, or every mistake in it at once.

files                            config.toml and what it includes        written.py
      | text | Document          TOML, with the line of every key        toml_lines.py
      | settings                 types, ranges, unknown keys             pydantic, worded by messages.py
      | across                   what no single setting can know         cross_checks.py
      | OPML files               further feeds                           opml.py
      | topics                   the term language                       classifiers.rules
      v
Config, warnings  |  ConfigError(mistakes)
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import ValidationError

from aggregator.config import cross_checks, toml_lines
from aggregator.config.messages import AT_THE_TOP, TO_THE_TOP, explain, shown, unknown_key
from aggregator.config.opml import feeds_of
from aggregator.config.report import Findings
from aggregator.config.root import NOT_SETTINGS, Config
from aggregator.config.secrets import Secrets
from aggregator.config.urls import feed_key
from aggregator.config.written import Unreadable, read_written
from aggregator.core.errors import ConfigError


class Reading(NamedTuple):
    """What came of reading a configuration."""

    config: Config | None
    """None where there are mistakes."""
    mistakes: list[str]
    """All that must be changed, located."""
    warnings: list[str]
    """What works but is hardly meant, located; also where there are mistakes as well."""


def load(path: Path, *, env: Mapping[str, str] | None = None, names_from: Path | None = None) -> Config:
    """Read the configuration at `path`.

    `env` is where the environment is looked up (None: the process's own). `names_from`: another configuration,
    whose entities can be used as well. Relative paths in the file are taken from the file's folder. Raises
    ConfigError with every mistake, each located as `config.toml:LINE: topics.x.threshold: must be between 0 and 1,
    got 7`.
    """
    config, mistakes, _ = read(path, env=env, names_from=names_from)
    if config is None:
        raise ConfigError(mistakes)
    return config


def mistakes(path: Path, *, env: Mapping[str, str] | None = None) -> list[str]:
    """Every mistake in the configuration at `path`, located; empty when it can be used."""
    return read(path, env=env).mistakes


def warnings(path: Path, *, env: Mapping[str, str] | None = None) -> list[str]:
    """What works but is hardly meant, located; also when there are mistakes as well."""
    return read(path, env=env).warnings


def read(path: Path, *, env: Mapping[str, str] | None = None, names_from: Path | None = None) -> Reading:
    """Read the configuration at `path` once, for all that can be said of it. Arguments as of `load`."""
    try:
        written = read_written(path, names_from=names_from)
    except Unreadable as error:
        return Reading(None, [str(error)], [])
    data, folder = written.data, path.absolute().parent
    findings = Findings(written)
    config = _settings(data, findings)
    cross_checks.check(data, folder, findings, Secrets(os.environ if env is None else env))
    listed = feeds_of(data.get("opml"), path.parent, findings)
    topics = _topics(data, findings)
    findings.close()
    if config is None or findings.mistakes:
        return Reading(None, findings.mistakes, findings.warnings)
    known = {feed_key(feed.url) for feed in config.feeds}
    more = tuple(feed for feed in listed if feed_key(feed.url) not in known)
    update = {
        "feeds": config.feeds + more,
        "topics": topics,
        "topic_tables": data.get("topics", {}),
        "path": path.absolute(),
        "warnings": tuple(findings.warnings),
    }
    complete = config.model_copy(update=update | cross_checks.resolved(config, folder))
    return Reading(complete, [], findings.warnings)


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

    compiled, found = read_topics(topics, {k: v for k, v in entities.items() if k not in AT_THE_TOP})
    for name in AT_THE_TOP:
        if name in entities:
            findings.mistake(("entities", name), f"stands inside [entities]; {TO_THE_TOP}")
    for one in found:
        misplaced = one.path[-1] in AT_THE_TOP and one.message.startswith(
            ("unknown setting", "must be a number")
        )
        message = f"stands inside a topic; {TO_THE_TOP}" if misplaced else one.message
        (findings.warning if one.warning else findings.mistake)(one.path, message)
    return compiled
