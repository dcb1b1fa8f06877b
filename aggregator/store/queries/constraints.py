"""People's corrections of grouping: which entries belong together, which apart."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, select
from sqlalchemy.dialects.sqlite import insert as upsert

from aggregator.core.types import Constraint
from aggregator.store.rows.encoding import micros, moment
from aggregator.store.tables import CONSTRAINTS


def constraints(connection: Connection) -> dict[tuple[str, str], bool]:
    """People's corrections of grouping: (entry, entry) -> together?"""
    return {(row.a, row.b): bool(row.together) for row in connection.execute(select(CONSTRAINTS))}


def corrections(connection: Connection) -> list[Constraint]:
    """People's corrections in full, oldest first."""
    statement = select(CONSTRAINTS).order_by(CONSTRAINTS.c.at, CONSTRAINTS.c.a, CONSTRAINTS.c.b)
    return [
        Constraint(row.a, row.b, bool(row.together), moment(row.at), row.by)
        for row in connection.execute(statement)
    ]


def keep_constraints(connection: Connection, given: Iterable[Constraint]) -> None:
    """Keep people's corrections of grouping; of a pair the one written last counts."""
    rows = [
        {
            "a": min(one.a, one.b),
            "b": max(one.a, one.b),
            "together": one.together,
            "at": micros(one.at),
            "by": one.by,
        }
        for one in given
    ]
    if rows:
        statement = upsert(CONSTRAINTS)
        excluded = statement.excluded
        connection.execute(
            statement.on_conflict_do_update(
                index_elements=["a", "b"],
                set_={"together": excluded.together, "at": excluded.at, "by": excluded.by},
            ),
            rows,
        )
