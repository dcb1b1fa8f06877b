"""Verbs about the topics in use, and about those that come with the program: list, show, copy."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from aggregator.cli.common import (
    ConfigOption,
    DefaultGroup,
    JsonOption,
    config_path,
    load_config,
    print_json,
    print_table,
)

if TYPE_CHECKING:
    from aggregator.config import Config
    from classifiers.library.shipped_topics import ShippedTopic

group = typer.Typer(
    cls=DefaultGroup, help="The topics in use, and those of the library: listing, showing, owning them."
)

SlugArgument = Annotated[str, typer.Argument(metavar="SLUG", help="The topic's slug.")]


def register(app: typer.Typer) -> None:
    """Add the verbs."""
    app.add_typer(group, name="topics")


@group.command("list")
def list_topics(config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Every topic in use: whose it is, and which version of the library's (the default verb)."""
    from classifiers.library.shipped_topics import shipped_slugs

    loaded = load_config(config)
    changes = _changes(loaded)
    rows = [_row(loaded, slug) | {"changed": changes.get(slug)} for slug in loaded.topics]
    used = {row["use"] for row in rows}
    idle = [slug for slug in shipped_slugs() if slug not in used]
    if as_json:
        print_json({"topics": rows, "in_the_library": idle})
        return
    print_table(
        ["=topic", "title", "=whose", "=version", ">terms", ">groups"],
        [(r["topic"], r["title"], r["whose"], r["version"], r["terms"], r["groups"]) for r in rows],
        none="no topic is configured; docs/topics.md says how to write one",
    )
    for slug, change in changes.items():
        typer.echo(f"{slug}, as the library changed it on {change['at'][:10]}: {change['effect']}")
    if idle:
        typer.echo(f"in the library and not in use: {', '.join(idle)}")


def _changes(loaded: Config) -> dict[str, dict[str, Any]]:
    """What an upgrade's change of the library did to topics in use, where the database knows of one."""
    from dataclasses import asdict

    from aggregator.store.opening import store_path, visit_store
    from aggregator.topics.library_changes import last_changes

    if not store_path(loaded).is_file():
        return {}
    store = visit_store(loaded)
    try:
        found = last_changes(store)
    finally:
        store.close()
    return {slug: asdict(one) | {"effect": str(one)} for slug, one in found.items() if slug in loaded.topics}


def _row(loaded: Config, slug: str) -> dict[str, Any]:
    from classifiers.library.shipped_topics import shipped_topic

    topic, raw = loaded.topics[slug], loaded.topic_tables[slug]
    used = raw.get("use", "")
    on_top = len(raw) > 1
    return {
        "topic": slug,
        "title": topic.title,
        "whose": ("the library's, and yours on top" if on_top else "the library's") if used else "yours",
        "use": used,
        "version": shipped_topic(used).version if used else "",
        "rules": topic.hash,
        "terms": len(topic.terms),
        "groups": len(topic.groups),
    }


@group.command()
def show(
    slug: SlugArgument,
    config: ConfigOption = None,
    own: Annotated[bool, typer.Option("--own", help="Only what is yours, not the library's.")] = False,
) -> None:
    """A topic as it takes effect, as TOML; your lines on top of the library's are marked."""
    from aggregator.config.write_topic import topic_toml
    from classifiers.rules.overlay import overlay

    loaded = load_config(config)
    raw = loaded.topic_tables.get(slug)
    if raw is None:
        if own:
            raise typer.BadParameter(_unknown(slug, list(loaded.topics)))
        typer.echo(_shipped(slug, loaded.topics).text.rstrip())
        typer.echo(f'not in use; `use = "{slug}"` below [topics.{slug}] takes it', err=True)
    elif own:
        typer.echo(topic_toml(slug, raw).rstrip())
    elif len(raw) == 1 and "use" in raw:
        typer.echo(_text(_shipped(raw["use"], loaded.topics), slug).rstrip())
    else:
        marked = raw if "use" in raw else None
        typer.echo(topic_toml(slug, overlay(raw, ("topics", slug)).table, marked).rstrip())


@group.command()
def copy(
    slug: SlugArgument,
    config: ConfigOption = None,
    to: Annotated[
        Path | None, typer.Option("--to", help="Write it into this new file instead of printing it.")
    ] = None,
) -> None:
    """The library's topic written out, so that you can own it: from then on no upgrade changes it."""
    loaded = load_config(config)
    raw = loaded.topic_tables.get(slug, {})
    text = _text(_shipped(raw.get("use", slug), loaded.topics), slug)
    if to is None:
        typer.echo(text.rstrip())
    else:
        try:
            with to.open("x", encoding="utf-8") as file:
                file.write(text)
        except FileExistsError:
            raise typer.BadParameter(f"{to} is there already; name another file") from None
        except OSError as error:
            raise typer.BadParameter(f"{to} cannot be written: {error.strerror}") from None
    path = config_path(config)
    if "use" in raw:
        typer.echo(
            f"it takes the place of [topics.{slug}] in {path}, which builds upon the library's", err=True
        )
        if len(raw) > 1:
            typer.echo(
                f"your lines on top are not in this copy; `aggregator topics show {slug}` prints it with them",
                err=True,
            )
    if to is not None:
        typer.echo(f'{to} is written; {path} reads it where include = ["{to}"] stands at its top', err=True)


def _text(shipped: ShippedTopic, slug: str) -> str:
    """The library's text, under the name that the topic has here."""
    return re.sub(
        rf"^(\[+topics\.){shipped.slug}(?=[.\]])", rf"\g<1>{slug}", shipped.text, flags=re.MULTILINE
    )


def _shipped(slug: str, topics: Mapping[str, Any]) -> ShippedTopic:
    from classifiers.library.shipped_topics import shipped_slugs, shipped_topic

    if slug in topics and slug not in shipped_slugs():
        raise typer.BadParameter(f"{slug} is your own already; `aggregator topics show {slug}` prints it")
    try:
        return shipped_topic(slug)
    except KeyError:
        raise typer.BadParameter(_unknown(slug, [*topics, *shipped_slugs()])) from None


def _unknown(slug: str, known: list[str]) -> str:
    from classifiers.terms.closest import suggestion

    return f"there is no topic {slug!r}{suggestion(slug, list(dict.fromkeys(known)), otherwise='there are')}"
