"""What is wrong between settings: duplicates, names of nothing, halves of a pair, URLs that cannot work.

Works on the raw tables, so that these mistakes are reported together with those of single settings.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from aggregator.config import toml_lines
from aggregator.config.messages import shown, suggest
from aggregator.config.report import Findings
from aggregator.config.root import Config
from aggregator.config.secrets import Secrets, mask
from aggregator.config.urls import feed_key, url_mistake
from aggregator.config.values import format_duration, parse_duration

_WITH_SECRETS = {"feeds", "http", "outputs", "web"}


def check(data: Mapping[str, Any], folder: Path, findings: Findings, secrets: Secrets) -> None:
    """Report to `findings` what no single setting can know. `folder`: where config.toml is."""
    _feeds(data, findings)
    _secrets(data, (), findings, secrets)
    _outputs(data, findings)
    _http(data, findings)
    _poll(data, findings)
    _embedding(data, folder, findings)


def resolved(config: Config, folder: Path) -> dict[str, Any]:
    """Settings that are paths, made absolute from the folder of config.toml."""
    outputs = tuple(
        output.model_copy(update={"files": _absolute(output.files, folder)}) for output in config.outputs
    )
    store = config.store.model_copy(update={"path": _absolute(config.store.path, folder)})
    stories = config.stories.model_copy(update={"embedding": _absolute(config.stories.embedding, folder)})
    return {"outputs": outputs, "store": store, "stories": stories}


def _absolute(path: str, folder: Path) -> str:
    return str(folder / Path(path).expanduser()) if path else ""


def _feeds(data: Mapping[str, Any], findings: Findings) -> None:
    first: dict[str, int] = {}
    for index, feed in _tables(data, "feeds"):
        url = feed.get("url")
        if isinstance(url, str):
            path = ("feeds", index, "url")
            if wrong := url_mistake(url):
                findings.mistake(path, wrong)
            elif (key := feed_key(url)) in first:
                line = findings.line(("feeds", first[key], "url"), path)
                findings.mistake(path, f"is the same as on {line}; remove one: {mask(url)}")
            else:
                first[key] = index
        for setting, partner in (("password_env", "username"), ("header_env", "header")):
            if bool(feed.get(setting)) != bool(feed.get(partner)):
                there, absent = (setting, partner) if feed.get(setting) else (partner, setting)
                findings.mistake(("feeds", index, there), f"needs `{absent}` beside it")


def _outputs(data: Mapping[str, Any], findings: Findings) -> None:
    first: dict[str, int] = {}
    raw = data.get("topics", {})
    topics = list(raw) if isinstance(raw, Mapping) else []
    for index, output in _tables(data, "outputs"):
        slug = output.get("slug")
        if isinstance(slug, str):
            if slug in first:
                path = ("outputs", index, "slug")
                line = findings.line(("outputs", first[slug], "slug"), path)
                findings.mistake(path, f'"{slug}" is taken by the output on {line}')
            first.setdefault(slug, index)
        named = output.get("topics")
        for item, topic in enumerate(
            named if isinstance(named, Sequence) and not isinstance(named, str) else ()
        ):
            if isinstance(topic, str) and topic not in topics:
                hint = suggest(topic, topics, otherwise="there are") or "; there is no topic yet"
                findings.mistake(("outputs", index, "topics", item), f'there is no topic "{topic}"{hint}')


def _secrets(value: object, path: toml_lines.Path, findings: Findings, secrets: Secrets) -> None:
    """Warn of every `..._env` that names nothing: the check may run elsewhere than the daemon."""
    if isinstance(value, list):
        for index, item in enumerate(value):
            _secrets(item, (*path, index), findings, secrets)
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            if path or key in _WITH_SECRETS:
                _secrets(inner, (*path, key), findings, secrets)
    elif isinstance(value, str) and value and str(path[-1]).endswith("_env") and secrets.get(value) is None:
        findings.warning(
            path, f"neither a systemd credential nor an environment variable is called {value} here"
        )


def _http(data: Mapping[str, Any], findings: Findings) -> None:
    http = data.get("http")
    proxy = http.get("proxy") if isinstance(http, Mapping) else None
    if isinstance(proxy, str) and proxy and not proxy.startswith("http://"):
        findings.mistake(("http", "proxy"), f"must begin with http://, got {shown(proxy)}")


def _poll(data: Mapping[str, Any], findings: Findings) -> None:
    poll = data.get("poll")
    if not isinstance(poll, Mapping) or not {"floor", "ceiling"} & poll.keys():
        return
    limits = Config().poll
    spans: list[timedelta] = []
    for name in ("floor", "ceiling"):
        try:
            spans.append(parse_duration(poll.get(name, getattr(limits, name))))
        except ValueError:
            return  # reported where it stands
    if spans[0] > spans[1]:
        where = "floor" if "floor" in poll else "ceiling"
        floor, ceiling = map(format_duration, spans)
        findings.mistake(("poll", where), f"floor ({floor}) must not be longer than ceiling ({ceiling})")


def _tables(data: Mapping[str, Any], key: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    value = data.get(key)
    for index, table in enumerate(value if isinstance(value, list) else ()):
        if isinstance(table, Mapping):
            yield index, table


def _embedding(data: Mapping[str, Any], folder: Path, findings: Findings) -> None:
    stories = data.get("stories")
    named = stories.get("embedding") if isinstance(stories, Mapping) else None
    if isinstance(named, str) and named:
        from classifiers.model.embedding import Embedder, EmbeddingError  # loads much: only where it is used

        try:
            Embedder(_absolute(named, folder))
        except EmbeddingError as error:
            findings.mistake(("stories", "embedding"), str(error))
