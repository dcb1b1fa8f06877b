"""Collects what is wrong in a configuration and says where."""

from __future__ import annotations

from aggregator.config.toml_lines import Path
from aggregator.config.written import Place, Written


class Findings:
    """Mistakes and warnings, in the order of the files and their lines once closed."""

    def __init__(self, written: Written) -> None:
        self._written = written
        self._found: dict[tuple[Place, str], bool] = {}
        self.mistakes: list[str] = []
        self.warnings: list[str] = []
        for file, path, message, warning in written.notes:
            self._found[written.place_in(file, path), message] = warning

    def mistake(self, path: Path, message: str) -> None:
        """Something that must be changed before the configuration can be used."""
        self._found.setdefault((self._written.where(path), message), False)

    def warning(self, path: Path, message: str) -> None:
        """Something that works but is hardly meant."""
        self._found.setdefault((self._written.where(path), message), True)

    def line(self, path: Path, beside: Path) -> str:
        """Where `path` stands, in words for a mistake at `beside`: "line 12", and the file where that is another."""
        there, here = self._written.where(path), self._written.where(beside)
        return f"line {there.line}" if there.file == here.file else f"line {there.line} of {there.file}"

    def close(self) -> None:
        """Fill `mistakes` and `warnings`."""
        self.mistakes += self._written.unreadable
        for (place, message), warning in sorted(
            self._found.items(), key=lambda item: (item[0][0].order, item[0][0].line)
        ):
            where = f"{dotted(place.path)}: " if place.path else ""
            (self.warnings if warning else self.mistakes).append(
                f"{place.file}:{place.line}: {where}{message}"
            )


def dotted(path: Path) -> str:
    """`topics.x.terms[2]`: items of lists count from 1, as people do."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step + 1}]"
        else:
            plain = step.replace("-", "").replace("_", "").isalnum()
            text += f".{step}" if plain else f'."{step}"'
    return text.removeprefix(".")
