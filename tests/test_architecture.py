"""The rules of DESIGN that a machine can hold: who may import whom, and what a start costs."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

STAGES = (
    ("fetch",),
    ("parse",),
    ("normalise",),
    ("sift",),
    ("stories",),
    ("decide", "schedule", "health"),
    ("publish",),
)
"""Parts of `aggregator/` that compute one step each. Only `pipeline` and its drivers put them together."""

EDGES = (
    "store",
    "web",
    "cli",
    "daemon",
    "local",
    "runtime",
    "pipeline",
    "workers",
    "serving",
    "publishing",
    "push",
)
"""Parts that do things; a stage knows none of them."""


def modules(package: str) -> Iterator[tuple[str, Path]]:
    """Every module of a package with its dotted name."""
    for path in sorted((ROOT / package).rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts), path


def imports(path: Path, name: str) -> Iterator[tuple[str, int]]:
    """Everything a file imports, anywhere in it, with the line; `from a import b` gives `a.b`."""
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                above = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join([*above, base]).rstrip(".")
            yield from ((f"{base}.{alias.name}", node.lineno) for alias in node.names)


ALL = [
    (name, imported, f"{path.relative_to(ROOT)}:{line} imports {imported}")
    for package in ("aggregator", "classifiers")
    for name, path in modules(package)
    for imported, line in imports(path, name)
]


def within(name: str, *packages: str) -> bool:
    """Whether a dotted name is one of `packages` or inside one."""
    return any(name == package or name.startswith(f"{package}.") for package in packages)


def test_there_is_something_to_check() -> None:
    assert len(ALL) > 100
    assert {"aggregator", "classifiers"} <= {name.split(".")[0] for name, _, _ in ALL}


def test_classifiers_never_import_the_aggregator() -> None:
    assert [
        where
        for name, imported, where in ALL
        if within(name, "classifiers") and within(imported, "aggregator")
    ] == []


def test_stages_never_import_each_other_nor_what_does_things() -> None:
    wrong = []
    for stage in STAGES:
        own = [f"aggregator.{part}" for part in stage]
        others = [f"aggregator.{part}" for other in (*STAGES, EDGES) if other != stage for part in other]
        wrong += [where for name, imported, where in ALL if within(name, *own) and within(imported, *others)]
    assert wrong == []


def test_only_parse_imports_feedparser() -> None:
    users = [
        where
        for name, imported, where in ALL
        if within(imported, "feedparser") and not within(name, "aggregator.parse")
    ]
    assert users == []


@pytest.mark.parametrize(
    ("library", "home"),
    [
        ("sqlmodel", ("aggregator.store",)),
        ("sqlalchemy", ("aggregator.store",)),
        ("alembic", ("aggregator.store",)),
        ("aiohttp", ("aggregator.fetch", "aggregator.push", "aggregator.cli.demo")),
        ("listparser", ("aggregator.config.opml",)),
        ("toml_rs", ("aggregator.config.lines",)),
        ("apscheduler", ("aggregator.local",)),
        ("typer", ("aggregator.cli",)),
        ("starlette", ("aggregator.web", "aggregator.serving")),
        ("sklearn", ("classifiers",)),
        ("skops", ("classifiers",)),
        ("model2vec", ("aggregator.stories.embedding",)),
    ],
)
def test_a_library_has_one_home(library: str, home: tuple[str, ...]) -> None:
    assert [
        where for name, imported, where in ALL if within(imported, library) and not within(name, *home)
    ] == []


def test_tables_never_leave_the_store() -> None:
    tables = "aggregator.store.tables"
    assert [
        where
        for name, imported, where in ALL
        if within(imported, tables) and not within(name, "aggregator.store")
    ] == []


def test_nothing_unpickles_from_disk() -> None:
    unsafe = ("pickle", "shelve", "marshal", "joblib", "dill", "cloudpickle")
    assert [where for _, imported, where in ALL if within(imported, *unsafe)] == []


def test_every_package_is_installed() -> None:
    import tomllib

    with (ROOT / "pyproject.toml").open("rb") as file:
        declared = set(tomllib.load(file)["tool"]["setuptools"]["packages"])
    there = {
        name
        for package in ("aggregator", "classifiers")
        for name, path in modules(package)
        if path.name == "__init__.py"
    }
    assert declared == there


def loaded_by(code: str) -> set[str]:
    """Top-level modules that a fresh interpreter holds after running `code`."""
    program = f"import sys\n{code}\nprint(*sorted({{name.split('.')[0] for name in sys.modules}}), file=sys.__stdout__)"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT
    )
    return set(done.stdout.splitlines()[-1].split())


HEAVY = {"sklearn", "scipy", "numpy", "feedparser", "trafilatura", "apprise", "sqlalchemy"}


def test_the_help_loads_nothing_heavy() -> None:
    code = """
from aggregator.cli.app import main
sys.argv = ["aggregator", "--help"]
try:
    main()
except SystemExit as end:
    assert not end.code, end.code
"""
    assert loaded_by(code) & HEAVY == set()


def test_the_configuration_loads_nothing_heavy() -> None:
    code = "from pathlib import Path\nfrom aggregator.config.load import load\nload(Path('config.toml'))"
    assert loaded_by(code) & (HEAVY | {"requests", "listparser"}) == set()
