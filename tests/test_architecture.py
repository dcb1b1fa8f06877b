"""The rules of DESIGN that a machine can hold: who may import whom, and what a start costs."""

from __future__ import annotations

import ast
import importlib
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

ALLOWED = {
    "cli": "daemon topics pipeline web store publish stories fetch entries config core classifiers",
    "daemon": "topics pipeline web store publish stories fetch entries config core classifiers",
    "topics": "pipeline store publish stories fetch entries config core classifiers",
    "pipeline": "store publish stories fetch entries config core classifiers",
    "web": "publish config core classifiers",
    "store": "publish config core classifiers",
    "publish": "fetch config core classifiers",
    "stories": "config core classifiers",
    "fetch": "entries config core",
    "entries": "core",
    "config": "core classifiers",
    "core": "classifiers",
}
"""Of each room of `aggregator/` the rooms it may import. No arrow runs upwards: a room stands below whoever uses it."""

ALLOWED_IN_CLASSIFIERS = {
    "evaluation": "topic_classifier model rules terms types",
    "topic_classifier": "model rules terms types",
    "model": "types",
    "rules": "library terms types",
    "library": "terms types",
    "terms": "types",
    "types": "",
}

LONGEST_FILE = 350
LONGEST_FUNCTION = 60
MOST_AT_THE_TOP = 12


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


def test_the_table_names_every_room_and_none_imports_one_above_it() -> None:
    there = {path.name for path in (ROOT / "aggregator").iterdir() if (path / "__init__.py").exists()}
    assert there == set(ALLOWED)
    assert len(there) <= MOST_AT_THE_TOP
    for table in (ALLOWED, ALLOWED_IN_CLASSIFIERS):
        rooms = list(table)
        for place, room in enumerate(rooms):
            below = {*rooms[place + 1 :], "classifiers"}
            assert set(table[room].split()) <= below, f"{room} stands above what it imports"


def test_rooms_import_only_what_the_table_allows() -> None:
    wrong = []
    for package, table in (("aggregator", ALLOWED), ("classifiers", ALLOWED_IN_CLASSIFIERS)):
        for name, imported, where in ALL:
            own, other = name.split("."), imported.split(".")
            if own[0] != package or len(own) < 2 or own[1] not in table:
                continue
            if other[0] == "classifiers" and package == "aggregator":
                target = "classifiers"
            elif other[0] == package and len(other) > 1 and other[1] in table:
                target = other[1]
            else:
                continue
            if target != own[1] and target not in table[own[1]].split():
                wrong.append(where)
    assert wrong == []


def test_no_two_files_import_each_other_by_any_way_round() -> None:
    files = {name for package in ("aggregator", "classifiers") for name, _ in modules(package)}
    arrows: dict[str, set[str]] = {}
    for name, imported, _ in ALL:
        target = imported if imported in files else imported.rpartition(".")[0]
        if target in files and target != name:
            arrows.setdefault(name, set()).add(target)
    done: set[str] = set()

    def circle(name: str, way: tuple[str, ...]) -> tuple[str, ...]:
        if name in way:
            return (*way[way.index(name) :], name)
        if name in done:
            return ()
        for target in sorted(arrows.get(name, ())):
            if found := circle(target, (*way, name)):
                return found
        done.add(name)
        return ()

    assert [found for name in sorted(files) if (found := circle(name, ()))] == []


def test_each_room_says_what_it_does_what_goes_in_and_out_and_what_it_imports() -> None:
    silent = []
    for package in ("aggregator", "classifiers"):
        for name, path in modules(package):
            if path.name != "__init__.py" or "migrations" in name or name == "aggregator":
                continue
            said = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
            if not all(word in said for word in ("In: ", "Out: ", "May import: ")):
                silent.append(name)
    assert silent == []


def test_the_docs_name_every_room_and_no_file_that_is_not_there() -> None:
    text = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`((?:aggregator|classifiers|tests)/[\w/.]*)`", text))
    rooms = {f"aggregator/{room}/" for room in ALLOWED} | {
        f"classifiers/{path.name}/"
        for path in (ROOT / "classifiers").iterdir()
        if (path / "__init__.py").exists()
    }
    assert rooms - named == set()
    assert [name for name in sorted(named) if not (ROOT / name).exists()] == []


def test_files_and_functions_are_short() -> None:
    long = []
    for package in ("aggregator", "classifiers"):
        for name, path in modules(package):
            if "migrations" in name:
                continue
            text = path.read_text(encoding="utf-8")
            if (lines := text.count("\n")) > LONGEST_FILE:
                long.append(f"{name}: {lines} lines")
            for node in ast.walk(ast.parse(text)):
                if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                    size = (node.end_lineno or node.lineno) - node.lineno + 1
                    if size > LONGEST_FUNCTION:
                        long.append(f"{name}.{node.name}: {size} lines")
    assert long == []


def test_only_parse_imports_feedparser() -> None:
    users = [
        where
        for name, imported, where in ALL
        if within(imported, "feedparser") and not within(name, "aggregator.entries.parse")
    ]
    assert users == []


@pytest.mark.parametrize(
    ("library", "home"),
    [
        ("sqlmodel", ("aggregator.store",)),
        ("sqlalchemy", ("aggregator.store",)),
        ("alembic", ("aggregator.store",)),
        ("aiohttp", ("aggregator.fetch", "aggregator.publish.push", "aggregator.cli.demo")),
        ("toml_rs", ("aggregator.config.toml_lines",)),
        ("apscheduler", ("aggregator.daemon.scheduler",)),
        ("typer", ("aggregator.cli",)),
        ("starlette", ("aggregator.web", "aggregator.daemon.web_app")),
        ("sklearn", ("classifiers",)),
        ("skops", ("classifiers",)),
        ("model2vec", ("classifiers.model.embedding",)),
    ],
)
def test_a_library_has_one_home(library: str, home: tuple[str, ...]) -> None:
    assert [
        where for name, imported, where in ALL if within(imported, library) and not within(name, *home)
    ] == []


STORE_FACE = ("opening", "export", "host_report", "models")
"""Modules of the store that others import, beside what `aggregator.store` itself names."""


def test_nothing_outside_the_store_sees_its_tables_statements_or_connections() -> None:
    named = set(vars(importlib.import_module("aggregator.store"))["__all__"])
    assert [
        where
        for name, imported, where in ALL
        if within(imported, "aggregator.store")
        and not within(name, "aggregator.store")
        and imported.split(".")[2:3]
        and imported.split(".")[2] not in named | set(STORE_FACE)
    ] == []
    assert [
        f"{path.relative_to(ROOT)}:{node.lineno} reaches for {node.attr}"
        for name, path in modules("aggregator")
        if not within(name, "aggregator.store")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and node.attr in {"_database", "engine"}
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
    assert loaded_by(code) & (HEAVY | {"requests"}) == set()
