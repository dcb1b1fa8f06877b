"""Collects what is wrong in a configuration and says where."""

from __future__ import annotations

from aggregator.config.toml_lines import Document, Path


class Findings:
    """Mistakes and warnings of one file, in the order of its lines once closed."""

    def __init__(self, name: str, document: Document | None = None) -> None:
        self._name = name
        self._document = document
        self._found: dict[tuple[Path, str], tuple[int, bool]] = {}
        self.mistakes: list[str] = []
        self.warnings: list[str] = []

    @classmethod
    def of(cls, mistake: str) -> Findings:
        """A file of which nothing more can be said."""
        findings = cls("")
        findings.mistakes.append(mistake)
        return findings

    def mistake(self, path: Path, message: str) -> None:
        """Something that must be changed before the file can be used."""
        self._add(path, message, warning=False)

    def warning(self, path: Path, message: str) -> None:
        """Something that works but is hardly meant."""
        self._add(path, message, warning=True)

    def line(self, path: Path) -> int:
        """Where `path` stands, from 1."""
        return self._document.line(path) if self._document else 1

    def close(self) -> None:
        """Fill `mistakes` and `warnings`."""
        for (path, message), (line, warning) in sorted(self._found.items(), key=lambda item: item[1][0]):
            where = f"{dotted(path)}: " if path else ""
            (self.warnings if warning else self.mistakes).append(f"{self._name}:{line}: {where}{message}")

    def _add(self, path: Path, message: str, *, warning: bool) -> None:
        self._found.setdefault((path, message), (self.line(path), warning))


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
