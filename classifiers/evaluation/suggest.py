"""What to ask a person next: stories whose answer teaches most, terms to add or to drop. Pure."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from classifiers.evaluation.term_report import TermReport, TermStats
from classifiers.model.dataset import label_of
from classifiers.model.ngrams import fold
from classifiers.model.samples import document_text
from classifiers.model.vectorizer import hashed
from classifiers.rules.topic import Topic
from classifiers.topic_classifier import TopicClassifier
from classifiers.types import Document, Label

_TOKEN = re.compile(r"[\uac00-\ud7a3]+|[\u3041-\u30ff\u3400-\u9fff]+|[^\W\d_][^\W_]*(?:['’-][^\W_]+)*")
OFTEN = 0.6
"""Share of the stories holding a word that must belong before it is put forward."""
_HANGUL = re.compile(r"[\uac00-\ud7a3]")
_HAN = re.compile(r"[\u3041-\u30ff\u3400-\u9fff]")


@dataclass(frozen=True, slots=True)
class StoryQuestion:
    """A story worth a yes or no."""

    id: str
    title: str
    score: float
    threshold: float
    why: str

    def as_dict(self) -> dict[str, object]:
        """Return plain values, for JSON."""
        return {
            "id": self.id,
            "title": self.title,
            "score": round(self.score, 4),
            "threshold": self.threshold,
            "why": self.why,
        }


@dataclass(frozen=True, slots=True)
class TermIdea:
    """A term to add or to drop, with what that would do."""

    action: str
    """add or drop."""
    what: str
    why: str
    gained: TermStats
    """Stories that would enter, or (for a term to add) that hold it and are out now."""
    lost: TermStats
    """Stories that would leave."""

    def as_dict(self) -> dict[str, object]:
        """Return plain values, for JSON."""
        return {
            "action": self.action,
            "what": self.what,
            "why": self.why,
            "gained": self.gained.as_dict(),
            "lost": self.lost.as_dict(),
        }


def suggest_stories(
    topic: Topic,
    documents: Sequence[Document],
    judged: frozenset[str],
    classifier: TopicClassifier,
    *,
    most: int = 10,
) -> tuple[StoryQuestion, ...]:
    """Return the stories whose answer would teach most: uncertain, and unlike each other.

    Chosen one by one by uncertainty times distance to what was chosen before (maximal marginal relevance,
    Carbonell and Goldstein, 1998), so that ten reports of one event are asked about once.
    """
    open_ = [document for document in documents if document.id not in judged]
    labels = [label_of(topic.slug, found) for found in classifier.classify(open_)]
    scores = np.array([label.score if label else 0.0 for label in labels])
    doubt = 1 - np.abs(scores - topic.threshold) / max(topic.threshold, 1 - topic.threshold)
    pool = np.argsort(-doubt, kind="stable")[: 20 * most]
    pool = pool[scores[pool] > 0]
    if not len(pool):
        return ()
    rows = hashed([document_text(open_[place]) for place in pool])
    rows.data[:] = 1 + np.log(rows.data)
    lengths = np.sqrt(np.asarray(rows.multiply(rows).sum(axis=1)).ravel())
    alike = (rows @ rows.T).toarray() / np.outer(lengths, lengths)
    chosen: list[int] = []
    worth = doubt[pool].copy()
    while len(chosen) < min(most, len(pool)):
        best = int(np.argmax(worth))
        chosen.append(best)
        worth = np.minimum(worth, doubt[pool] * (1 - alike[best]))
        worth[chosen] = -1.0
    return tuple(
        StoryQuestion(
            id=open_[pool[place]].id,
            title=open_[pool[place]].title,
            score=float(scores[pool[place]]),
            threshold=topic.threshold,
            why=_why(float(scores[pool[place]]), topic.threshold),
        )
        for place in chosen
    )


def _why(score: float, threshold: float) -> str:
    side = "just belongs" if score >= threshold else "falls just short"
    return f"{side}: {score:.2f} against {threshold:.2f}"


def suggest_terms(
    topic: Topic,
    documents: Sequence[Document],
    verdicts: Mapping[str, bool],
    classifier: TopicClassifier,
    *,
    most: int = 10,
) -> tuple[TermIdea, ...]:
    """Return words that mark stories which belong, by judgement or model, but which no term finds yet.

    A word is put forward when most stories that hold it belong. Those that mark stories the rules miss come
    first, then by log-odds ratio with an informative prior (Monroe, Colaresi and Quinn, "Fightin' words", 2008)
    in standard deviations: frequent and telling beats rare and telling.
    """
    labels = [label_of(topic.slug, found) for found in classifier.classify(documents)]
    ruled = [label_of(topic.slug, found) for found in classifier.rules.classify(documents)]
    named = {
        fold(reason.found) for label in ruled if label for reason in label.reasons if reason.kind == "term"
    }
    wanted = [
        verdicts.get(document.id, _in(label)) for document, label in zip(documents, labels, strict=True)
    ]
    inside: Counter[str] = Counter()
    everywhere: Counter[str] = Counter()
    for document, yes in zip(documents, wanted, strict=True):
        words = candidates(document)
        everywhere.update(words)
        if yes:
            inside.update(words)
    telling = {
        word: sigma
        for word, sigma in _telling(inside, everywhere, sum(wanted), len(documents)).items()
        if inside[word] >= OFTEN * everywhere[word]
        and not any(word in term or term in word for term in named)
    }
    held: dict[str, list[int]] = {}
    for place, document in enumerate(documents):
        for word in candidates(document) & telling.keys():
            held.setdefault(word, []).append(place)
    missed = {word: sum(wanted[at] and not _in(ruled[at]) for at in places) for word, places in held.items()}
    ideas: list[TermIdea] = []
    for word in sorted(held, key=lambda word: (-missed[word], -telling[word], word)):
        if len(ideas) == most:
            break
        if any(word in idea.what or idea.what in word for idea in ideas):
            continue
        out = [documents[at].id for at in held[word] if not _in(ruled[at])]
        why = (
            f"{inside[word]} of the {everywhere[word]} stories that hold it belong; "
            f"the rules miss {missed[word]} of them"
        )
        ideas.append(TermIdea("add", word, why, gained=_tally(out, verdicts), lost=TermStats()))
    return tuple(ideas)


def suggest_drops(reports: Sequence[TermReport], *, most: int = 10) -> tuple[TermIdea, ...]:
    """Return terms without which the rules would be right more often, of what was judged; best gain first."""
    ideas = []
    for report in reports:
        gain = (
            report.lost.irrelevant - report.lost.relevant + report.gained.relevant - report.gained.irrelevant
        )
        if gain > 0:
            why = f"without it {gain} more judged stories would be decided right"
            ideas.append((gain, TermIdea("drop", report.what, why, report.gained, report.lost)))
    return tuple(idea for _, idea in sorted(ideas, key=lambda pair: -pair[0])[:most])


def candidates(document: Document) -> set[str]:
    """Return the words of a document that could be terms: words, pairs of words, beginnings of Korean words."""
    words: set[str] = set()
    before = ""
    for token in _TOKEN.findall(fold(document_text(document))):
        if _HANGUL.match(token):
            words.update(token[:size] for size in range(2, min(len(token), 4) + 1))
        elif _HAN.match(token):
            words.update(token[at : at + size] for size in (2, 3, 4) for at in range(len(token) - size + 1))
        elif len(token) > 2:
            words.add(token)
            if before:
                words.add(f"{before} {token}")
        before = token if len(token) > 2 and not _HANGUL.match(token) and not _HAN.match(token) else ""
    return words


def _telling(inside: Counter[str], everywhere: Counter[str], yes: int, total: int) -> dict[str, float]:
    """Return words more common inside than elsewhere by at least two standard deviations, and by how many."""
    found: dict[str, float] = {}
    for word, count in inside.items():
        if count < 3 or not yes < total:
            continue
        share = everywhere[word] / total
        a, b = count + share, everywhere[word] - count + share
        ratio = math.log(a / (yes - count + 1)) - math.log(b / (total - yes - everywhere[word] + count + 1))
        sigma = ratio / math.sqrt(1 / a + 1 / b)
        if sigma > 2:
            found[word] = sigma
    return found


def _in(label: Label | None) -> bool:
    return label is not None and label.belongs


def _tally(ids: Sequence[str], verdicts: Mapping[str, bool]) -> TermStats:
    said = [verdicts.get(id_) for id_ in ids]
    return TermStats(said.count(True), said.count(False), said.count(None))
