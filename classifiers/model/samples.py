"""What a model looks at: a document's text, and what the topic's rules said of it."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from classifiers.types import Document, Label

CHARS = 1000
"""Characters read of one document. News says what it is about at its top; what follows costs time and adds noise."""

_DATELINE = re.compile(
    r"""\s* (?: \( [^()=\n]{1,30} = [^()\n]{1,30} \) \s* [^=\n]{0,60} = | \[ [^\[\]\n]{1,20} \s 기자 \] )""",
    re.VERBOSE,
)
"""A dateline with the reporter's name, as Korean agencies write it: "(City=Agency) Name reporter = "."""


LOG_ODDS = "log odds"
"""The feature that carries the rules' score as log-odds, counted from those of no evidence at all."""
SUREST = 0.02
"""Rules are never taken to be surer than this, nor than one minus it."""


@dataclass(frozen=True, slots=True)
class Sample:
    """What a model decides on: a document and what the topic's rules said of it."""

    document: Document
    rules: Label | None = None
    """None where the rules found nothing."""


def document_text(document: Document) -> str:
    """Return what a model reads of `document`: title, then summary and full text without dateline, cut to `CHARS`.

    Who wrote a report tells something about its subject, but only until the desk changes; so it is not read.
    """
    texts = [document.title]
    if document.summary and not document.text.startswith(document.summary[:80]):
        texts.append(_body(document.summary))
    if document.text:
        texts.append(_body(document.text))
    return "\n".join(texts)[:CHARS]


def _body(text: str) -> str:
    dateline = _DATELINE.match(text)
    return text[dateline.end() :] if dateline else text


def samples_text(samples: Sequence[Sample]) -> list[str]:
    """Return what a model reads of each sample."""
    return [document_text(sample.document) for sample in samples]


def rule_features(samples: Sequence[Sample]) -> list[dict[str, float]]:
    """Return the rules' evidence on each sample as named numbers."""
    return [_features(sample.rules) for sample in samples]


def rule_log_odds(score: float) -> float:
    """Return the log-odds of a rules' score, bounded by `SUREST`."""
    bounded = min(max(score, SUREST), 1 - SUREST)
    return math.log(bounded / (1 - bounded))


def _features(label: Label | None) -> dict[str, float]:
    if label is None:
        return {}
    features = {
        LOG_ODDS: rule_log_odds(label.score) - rule_log_odds(0.0),
        "score": 2 * label.score,
        "belongs": float(label.belongs),
    }
    if label.facet:
        features[f"facet={label.facet}"] = 1.0
    terms = set()
    for reason in label.reasons:
        features[f"{reason.kind}:{reason.what}"] = 0.5
        if reason.where == "title":
            features[f"title:{reason.what}"] = 0.5
        if reason.kind == "term":
            terms.add(reason.what)
    if terms:
        features["distinct"] = 0.3 * min(len(terms), 6)
    return features
