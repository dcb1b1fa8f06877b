"""The arithmetic of a fit: judgements against the rules' prior, folded into one linear model.

    prior    log-odds of the rules' score + half the rules' echo in the words
    learned  logistic regression on words, latent features, echo and the rules' evidence
    fit      (1 - trust) * prior + trust * learned,   trust = n**2 / (n**2 + halfway**2)

`n` is twice the smaller of the judged yes and no, since a hundred yes teach nothing about no. `halfway` is larger
the better the rules do on the judgements: good rules take more judgements to overrule. Quiet stories of the stream stand in as weak no, so that one-sided feedback cannot talk the model into everything.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.optimize import minimize
from sklearn.pipeline import Pipeline

from classifiers.model.background import Background
from classifiers.model.dataset import Judged, folds
from classifiers.model.low_rank import logistic
from classifiers.model.samples import LOG_ODDS, rule_log_odds

Floats = NDArray[np.float64]


BENEFIT = 0.25
"""Log-odds by which the rules' yes starts ahead: many topics let in at exactly the points needed."""
KEEP = 0.98
"""Share of what the rules let in that stays in when nobody has judged anything."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How a model is fitted. How the numbers were chosen: docs/model.md."""

    strength: float = 12.0
    """scikit-learn's C: how freely the learned part may follow the judgements."""
    evidence: float = 0.5
    """Scale of the rules' evidence beside the words."""
    halfway: float = 75.0
    """Judgements (see `n` above) at which rules and learned part weigh the same, where the rules' share of
    mistakes is `mistakes`."""
    mistakes: float = 0.06
    """The share of judgements that rules are taken to decide wrongly, before there are any ..."""
    mistakes_weight: float = 50.0
    """... and how many judgements that assumption weighs."""
    echo: float = 0.5
    """What the rules' echo adds to the prior."""
    quiet: int = 300
    """Stories of the stream without any evidence that stand in as no ..."""
    quiet_weight: float = 40.0
    """... and what they weigh together, in judgements."""
    calm: float = 10.0
    """How strongly calibration is held to leaving everything as it is."""
    folds: int = 5


@dataclass(frozen=True, slots=True)
class Fit:
    """Coefficients over tf-idf columns and the rules' features, with the intercept, in log-odds."""

    words: Floats
    rules: Floats
    intercept: float

    def margins(self, words: sparse.csr_array, rules: sparse.csr_array) -> Floats:
        """Return the log-odds of each row."""
        return np.asarray(words @ self.words + rules @ self.rules + self.intercept)

    def scaled(self, slope: float, shift: float = 0.0) -> Fit:
        """Return the fit whose margins are `slope * margin + shift`."""
        return Fit(slope * self.words, slope * self.rules, slope * self.intercept + shift)

    def plus(self, other: Fit) -> Fit:
        """Return the fit whose margins are the sum of both."""
        return Fit(self.words + other.words, self.rules + other.rules, self.intercept + other.intercept)


@dataclass(frozen=True, slots=True)
class Rows:
    """Judged samples as numbers: parallel rows."""

    words: sparse.csr_array
    rules: sparse.csr_array
    relevant: NDArray[np.bool_]
    wrong: NDArray[np.bool_]
    """Where the rules alone decide otherwise than the person did."""

    def take(self, places: NDArray[np.int64]) -> Rows:
        """Return the rows at these places."""
        return Rows(self.words[places], self.rules[places], self.relevant[places], self.wrong[places])


@dataclass(frozen=True, slots=True)
class Fitter:
    """Fits judged rows against one stream."""

    stream: Background
    quiet: sparse.csr_array
    """tf-idf rows of stories that stand in as no."""
    log_odds: int
    """Column of the rules' log-odds among the rules' features."""
    width: int
    """How many of those features there are."""
    settings: Settings
    lift: float
    """Added to the prior, so that the echo alone does not turn out what the rules let in."""

    def prior(self) -> Fit:
        """Return what rules and echo say, without any judgement."""
        rules = np.zeros(self.width)
        rules[self.log_odds] = 1.0
        return Fit(self.settings.echo * self.stream.echo, rules, rule_log_odds(0.0) + self.lift)

    def fit(self, rows: Rows) -> Fit:
        """Return prior and learned part in the proportion that the number of judgements allows."""
        yes = int(rows.relevant.sum())
        n = 2 * min(yes, len(rows.relevant) - yes)
        if n == 0:
            return self.prior()
        trust = n**2 / (n**2 + self.halfway(rows) ** 2)
        return self.prior().scaled(1 - trust).plus(self._learned(rows).scaled(trust))

    def halfway(self, rows: Rows) -> float:
        """Return the `n` at which rules and learned part weigh the same.

        The rules have not been fitted to the judgements, so their share of mistakes there is an honest one. The
        power is between 1, which follows it too little, and 2, which follows its noise.
        """
        settings = self.settings
        count, expected = len(rows.relevant), settings.mistakes_weight
        share = (float(rows.wrong.sum()) + settings.mistakes * expected) / (count + expected)
        return settings.halfway * float((settings.mistakes / share) ** 1.5)

    def _learned(self, rows: Rows) -> Fit:
        """Fit on the columns that occur, latent features folded back into the words."""
        words = sparse.csr_array(sparse.vstack([rows.words, self.quiet]))
        mix = self.stream.mix
        scale = np.full(self.width, self.settings.evidence)
        scale[self.log_odds] = 0.0
        silent = sparse.csr_array((self.quiet.shape[0], self.width))
        rules = sparse.csr_array(sparse.vstack([rows.rules, silent]) @ sparse.diags_array(scale))
        design = sparse.hstack([words, sparse.csr_array(words @ mix), rules], format="csr")
        quiet = self.quiet.shape[0]
        weights = np.ones(design.shape[0])
        if quiet:
            weights[-quiet:] = self.settings.quiet_weight / quiet
        truth = np.concatenate([rows.relevant, np.zeros(quiet, dtype=np.bool_)])
        decide = logistic(design, truth, self.settings.strength, weights)
        found, size, latent = decide.coef_[0], mix.shape[0], mix.shape[1]
        return Fit(
            words=found[:size] + mix @ found[size : size + latent],
            rules=scale * found[size + latent :],
            intercept=float(decide.intercept_[0]),
        )

    def held_out(self, known: Judged, rows: Rows, seed: int) -> Floats:
        """Return each judged sample's margin from a fit that has seen neither it nor a copy of it."""
        margins = np.zeros(len(known))
        yes = int(known.relevant.sum())
        parts = min(self.settings.folds, yes, len(known) - yes)
        for learn, test in folds(known.groups, known.relevant, parts, seed):
            part = self.fit(rows.take(learn))
            margins[test] = part.margins(rows.words[test], rows.rules[test])
        return margins

    def calibration(self, margins: Floats, relevant: NDArray[np.bool_]) -> tuple[float, float]:
        """Return slope and shift that turn held-out margins into log-odds (Platt, 1999), held near (1, 0).

        The more judgements, the less they are held; the shift more than the slope, since what share of the
        judged belongs says more about how stories came to be judged than about the stream.
        """
        truth = relevant.astype(np.float64)
        design = np.column_stack([margins, np.ones(len(margins))])
        start, hold = np.array([1.0, 0.0]), np.array([1.0, 3.0]) * self.settings.calm

        def loss(at: Floats) -> tuple[float, Floats]:
            odds = design @ at
            miss = 0.5 * float(hold @ (at - start) ** 2)
            gradient = design.T @ (1 / (1 + np.exp(-odds)) - truth) + hold * (at - start)
            return float((np.logaddexp(0, odds) - truth * odds).sum()) + miss, gradient

        slope, shift = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=[(0.2, 5), (None, None)]).x
        return float(slope), float(shift)


def make_fitter(
    stream: Background, known: Judged, evidence: Pipeline, settings: Settings, seed: int
) -> Fitter:
    """Choose the quiet stories and note where the rules' log-odds stand among the `evidence`'s features."""
    judged_ids = {sample.document.id for sample in known.samples}
    silent = [
        place
        for place, sample in enumerate(stream.samples)
        if sample.rules is None and sample.document.id not in judged_ids
    ]
    mixed = np.random.default_rng(seed).permutation(np.array(silent, dtype=np.int64))
    chosen = np.sort(mixed[: settings.quiet])
    vocabulary = evidence["vector"].vocabulary_
    heard = settings.echo * (stream.rows[np.flatnonzero(stream.weak)] @ stream.echo)
    lift = BENEFIT + (max(0.0, -float(np.quantile(heard, 1 - KEEP))) if len(heard) else 0.0)
    return Fitter(stream, stream.rows[chosen], vocabulary[LOG_ODDS], len(vocabulary), settings, lift)
