"""Which setting a path in config.toml names: walks the pydantic models."""

from __future__ import annotations

import typing
from collections.abc import Iterator, Mapping

from pydantic.fields import FieldInfo

from aggregator.config.root import NOT_SETTINGS, Config
from aggregator.config.toml_lines import Path
from aggregator.config.values import Section


def settings(model: type[Section]) -> Mapping[str, FieldInfo]:
    """The keys that a table may have."""
    hidden = NOT_SETTINGS if model is Config else frozenset()
    return {name: info for name, info in model.model_fields.items() if name not in hidden}


def section_in(annotation: object) -> type[Section] | None:
    """The model inside an annotation such as `tuple[FeedConfig, ...]`, if there is one."""
    if isinstance(annotation, type) and issubclass(annotation, Section):
        return annotation
    return next((found for part in typing.get_args(annotation) if (found := section_in(part))), None)


def choices_in(annotation: object) -> list[str]:
    """The words that `Literal[...]` somewhere inside an annotation allows, without the empty one."""
    if typing.get_origin(annotation) is typing.Literal:
        return [str(choice) for choice in typing.get_args(annotation) if choice]
    return next((found for part in typing.get_args(annotation) if (found := choices_in(part))), [])


def table_at(path: Path) -> type[Section] | None:
    """The model of the table at `path`; None where the keys are the user's own (topics, entities)."""
    model: type[Section] | None = Config
    for step, inside in _steps(path):
        if model is None:
            return None
        if not inside:
            info = model.model_fields.get(str(step))
            model = section_in(info.annotation) if info else None
    return model


def setting_at(path: Path) -> FieldInfo | None:
    """The setting at `path`, also for a path into one (an item of a list)."""
    for length in range(len(path), 0, -1):
        model = table_at(path[: length - 1])
        if model and isinstance(path[length - 1], str):
            return model.model_fields.get(str(path[length - 1]))
    return None


def _steps(path: Path) -> Iterator[tuple[str | int, bool]]:
    """Each step with whether it only selects an item: an index, or a name under `[origins]`."""
    for depth, step in enumerate(path):
        yield step, isinstance(step, int) or (depth == 1 and path[0] == "origins")
