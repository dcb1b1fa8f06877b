"""A label as a row, and back. Pure."""

from __future__ import annotations

import json
from typing import Any

from aggregator.store.rows.encoding import Row, dump
from classifiers.types import Label, Reason


def label_to_row(label: Label) -> dict[str, Any]:
    return {
        "topic": label.topic,
        "score": label.score,
        "threshold": label.threshold,
        "belongs": label.belongs,
        "facet": label.facet,
        "rules": label.rules,
        "model": label.model,
        "reasons_json": dump([_reason_to_list(reason) for reason in label.reasons]),
    }


def _reason_to_list(reason: Reason) -> list[object]:
    """The fields in order; the last one only where it says something, as rows of earlier versions lack it."""
    values: list[object] = [reason.kind, reason.what, round(reason.weight, 4), reason.where, reason.found]
    return [*values, True] if reason.passing else values


def row_to_label(row: Row) -> Label:
    return Label(
        topic=row["topic"],
        score=row["score"],
        threshold=row["threshold"],
        belongs=bool(row["belongs"]),
        facet=row["facet"],
        reasons=tuple(Reason(*values) for values in json.loads(row["reasons_json"])),
        rules=row["rules"],
        model=row["model"],
    )
