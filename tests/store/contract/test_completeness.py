"""The contract speaks of every method of the store."""

from __future__ import annotations

import ast
from pathlib import Path

from aggregator.store import Store

from .conftest import Open

ELSEWHERE = {"open", "is_damaged", "is_displaced", "takes_nothing", "trouble"}
"""Opening and what is wrong with a database belong to each implementation."""


def test_every_method_of_the_store_is_in_the_contract(open_store: Open) -> None:
    used = {
        node.attr
        for path in Path(__file__).parent.glob("test_*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute)
    }
    store: Store = open_store()
    parts = [store, *(part for name, part in vars(store).items() if not name.startswith("_"))]
    assert len(parts) > 8
    offered = {name for part in parts for name in vars(type(part)) if not name.startswith("_")}
    assert offered - used - ELSEWHERE == set()
