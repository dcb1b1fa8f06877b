"""Verbs about stories: reading, explaining, correcting."""

from __future__ import annotations

import asyncio
import shutil
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from aggregator.cli.common import (
    ConfigOption,
    DefaultGroup,
    JsonOption,
    SinceOption,
    count,
    echo,
    load_config,
    open_store,
    parse_since,
    print_json,
    print_table,
    set_up_logs,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from aggregator.core.types import Story

_WIDE = 130
"""Columns from which the table of stories can be read."""

_NONE_YET = (
    "there are no stories yet; `aggregator poll` brings some. What was old already when its feed was first polled "
    "is not listed: `--search` finds it, and `aggregator export stories` has it"
)

group = typer.Typer(
    cls=DefaultGroup, help="The stories: listing them, and correcting how entries were joined."
)


def register(app: typer.Typer) -> None:
    """Add the verbs."""
    app.add_typer(group, name="stories")
    app.command()(explain)


@group.command("list")
def list_stories(
    config: ConfigOption = None,
    topic: Annotated[str | None, typer.Option(help="Only stories of this topic.")] = None,
    since: SinceOption = None,
    search: Annotated[str | None, typer.Option(help="Only stories with all these words in an entry.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="At most this many.")] = 30,
    as_json: JsonOption = False,
) -> None:
    """Stories, most recently changed first (the default verb)."""
    from aggregator.core.serialise import story_as_dict

    loaded, store = open_store(config)
    _known_topic(loaded, topic)
    if search:
        stories = store.selection.search(search, limit)
    else:
        topics = [topic] if topic else None
        stories = store.selection.newest(topics=topics, since=parse_since(since), limit=limit)
    if as_json:
        print_json([story_as_dict(story) for story in stories])
        return
    if not stories:
        narrowed = topic or since or search
        typer.echo("no story is like that" if narrowed else _NONE_YET)
    elif sys.stdout.isatty() and shutil.get_terminal_size().columns < _WIDE:
        for s in stories:
            _print_narrow(s)
    else:
        print_table(
            ["=id", "=published", ">entries", ">sources", "=state", "topics", "title"],
            [
                (
                    s.id,
                    f"{s.published:%Y-%m-%d %H:%M}",
                    len(s.entries),
                    len(s.corroboration.origins),
                    s.corroboration.state,
                    _topics(s),
                    s.title,
                )
                for s in stories
            ],
        )


def _topics(story: Story) -> str:
    return ", ".join(f"{label.topic} {label.score:.2f}" for label in story.labels if label.belongs)


def _print_narrow(story: Story) -> None:
    """A story where a table has no room: its title gets lines of its own."""
    entries = count(len(story.entries), "entry", "entries")
    typer.echo(f"{story.id}  {story.published:%Y-%m-%d %H:%M}  {entries}, {story.corroboration.state}")
    echo(f"  {story.title}")
    if topics := _topics(story):
        typer.echo(f"  {topics}")


def _known_topic(config: Any, topic: str | None) -> None:
    if topic is not None and topic not in config.topics:
        raise typer.BadParameter(
            f"there is no topic {topic!r}; config.toml has {', '.join(config.topics) or 'none'}"
        )


def explain(
    what: Annotated[
        str, typer.Argument(metavar="ID|URL", help="Id of an entry or story, or an entry's URL.")
    ],
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Why an entry or story is, or is not, in each topic, and why its entries were joined."""
    from aggregator.core.serialise import entry_as_dict, story_as_dict

    _, store = open_store(config)
    entry_id, story_id = store.find(what)
    story = store.stories([story_id])[story_id]
    history = store.history_of(story_id)
    revisions = store.entries.earlier_versions(entry_id) if entry_id else []
    if as_json:
        detail: dict[str, Any] = {"story": story_as_dict(story), "history": history}
        if entry_id:
            member = next(m for m in story.entries if m.entry.id == entry_id)
            detail["entry"] = entry_as_dict(
                member.entry,
                story=story_id,
                basis=member.basis,
                source=member.feed_title,
                labels=member.labels,
            )
            detail["revisions"] = [asdict(revision) for revision in revisions]
        print_json(detail)
        return
    from aggregator.topics.explain import explain_story

    echo(explain_story(story, entry_id=entry_id, revisions=revisions))


@group.command()
def merge(
    ids: Annotated[
        list[str],
        typer.Argument(
            metavar="ID|URL...", help="Two or more stories (or entries, or URLs) that are one event."
        ),
    ],
    config: ConfigOption = None,
) -> None:
    """Make one story of several, for good. The oldest keeps its id, the others lead to it."""
    from aggregator.pipeline import corrections

    if len(ids) < 2:
        raise typer.BadParameter("name at least two stories")
    story = _correct(config, lambda writer: corrections.merge(writer, ids))
    echo(f"{story.id} now has {count(len(story.entries), 'entry', 'entries')}: {story.title}")


@group.command()
def split(
    story: Annotated[str, typer.Argument(metavar="ID|URL", help="The story.")],
    entries: Annotated[
        list[str],
        typer.Argument(metavar="ID|URL...", help="Ids or URLs of the entries that are another event."),
    ],
    config: ConfigOption = None,
) -> None:
    """Move entries of a story into a new one, for good."""
    from aggregator.pipeline import corrections

    stayed, new = _correct(config, lambda writer: corrections.split(writer, story, entries))
    echo(f"{stayed.id} keeps {count(len(stayed.entries), 'entry', 'entries')}: {stayed.title}")
    echo(f"{new.id} has {count(len(new.entries), 'entry', 'entries')}: {new.title}")


def _correct(config: Any, change: Callable[[Any], Any]) -> Any:
    from aggregator.pipeline.runtime import Runtime
    from aggregator.topics.labels import in_writer

    loaded = load_config(config)
    set_up_logs(loaded)

    async def main() -> Any:
        async with Runtime(loaded, visiting=True) as runtime:
            return await in_writer(runtime, change)

    return asyncio.run(main())
