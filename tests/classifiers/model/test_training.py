"""A model learns from judgements what no rule names, and starts from the rules when there are none."""

from __future__ import annotations

import itertools
import random
from dataclasses import replace

import numpy as np
import pytest
from scipy import sparse

from classifiers.model.background import learn_background
from classifiers.model.dataset import copies, folds, judged, rule_samples, temporal_folds, without_copies
from classifiers.model.fitting import Rows, Settings, make_fitter
from classifiers.model.low_rank import logistic
from classifiers.model.metrics import average_precision, f1
from classifiers.model.pipeline import make_pipeline, parts
from classifiers.model.refit import better, is_refit_due, refit
from classifiers.model.samples import LOG_ODDS, Sample, document_text, rule_features
from classifiers.model.train import decisions, train, train_on
from classifiers.types import Document, Judgement
from tests.classifiers.model.conftest import NOW, SLUG, story


@pytest.fixture(scope="module")
def stream(stories, rules):
    return learn_background(rule_samples(SLUG, stories, rules))


@pytest.fixture(scope="module")
def later(rules):
    """Stories nobody judged and no training saw, with the truth."""
    chance = random.Random(99)
    documents = [story(number, number % 4 == 0, chance) for number in range(1000, 1400)]
    return rule_samples(SLUG, documents, rules), np.array([number % 4 == 0 for number in range(1000, 1400)])


def test_model_beats_its_rules_on_unseen_stories(model, later):
    samples, truth = later
    decided = np.array([bool(sample.rules and sample.rules.belongs) for sample in samples])
    chances = model.probabilities(samples)
    assert f1(truth, chances >= 0.5) > f1(truth, decided) + 0.05
    assert average_precision(truth, chances) > 0.97


def test_pipeline_is_an_ordinary_one_and_agrees_with_the_fast_path(model, later):
    samples, _ = later
    slow = model.pipeline.predict_proba(samples)[:, 1]
    assert np.allclose(slow, model.probabilities(samples), atol=1e-12)
    assert list(model.facets.predict(samples)) == model.facet(samples)


def test_without_judgements_the_model_ranks_like_the_rules_or_better(stories, rules, later):
    samples, truth = later
    start = train(SLUG, stories, [], stories, rules, now=NOW)
    assert start is not None
    scores = np.array([sample.rules.score if sample.rules else 0.0 for sample in samples])
    assert average_precision(truth, start.probabilities(samples)) >= average_precision(truth, scores)
    decided = np.array([bool(sample.rules and sample.rules.belongs) for sample in samples])
    assert np.mean((start.probabilities(samples) >= 0.5) == decided) > 0.97


def test_judgements_take_over_smoothly(stories, judgements, stream, rules, later):
    samples, truth = later
    known = judged(SLUG, stories, judgements, rules)
    reached = []
    for size in (0, 20, 80, 240):
        found = train_on(SLUG, known.take(range(size)), stream, now=NOW)
        assert found is not None
        reached.append(average_precision(truth, found.probabilities(samples)))
    assert all(after >= before - 0.01 for before, after in itertools.pairwise(reached))
    assert reached[-1] > reached[0] + 0.01


def test_rules_that_were_right_take_more_judgements_to_overrule(stories, judgements, stream, rules):
    said = judgements[:120]
    known = judged(SLUG, stories, said, rules)
    right = replace(known, relevant=decisions(known))
    wrong = replace(known, relevant=~decisions(known))
    evidence = parts(make_pipeline())[1]
    evidence["vector"].fit([{LOG_ODDS: 0.0}, *rule_features([*known.samples, *stream.samples])])
    fitter = make_fitter(stream, known, evidence, Settings(), 0)

    def halfway(answers):
        blank = sparse.csr_array((len(answers), 1))
        return fitter.halfway(Rows(blank, blank, answers.relevant, answers.relevant != decisions(answers)))

    nobody = halfway(known.take([]))
    assert nobody == pytest.approx(Settings().halfway)
    assert halfway(wrong) < nobody / 10
    assert halfway(right) > nobody * 3


def test_only_yes_teaches_nothing_about_no(stories, stream, rules, later):
    samples, _ = later
    yes = [Judgement(item.id, SLUG, True) for number, item in enumerate(stories[:80]) if number % 4 == 0]
    start = train_on(SLUG, judged(SLUG, stories, [], rules), stream, now=NOW)
    found = train_on(SLUG, judged(SLUG, stories, yes, rules), stream, now=NOW)
    assert start is not None
    assert found is not None
    assert np.allclose(start.probabilities(samples), found.probabilities(samples), atol=1e-9)


def test_one_sided_feedback_does_not_let_everything_in(stories, stream, rules, later):
    samples, truth = later
    said = [
        Judgement(item.id, SLUG, n % 4 == 0) for n, item in enumerate(stories[:240]) if n % 4 == 0 or n < 8
    ]
    found = train_on(SLUG, judged(SLUG, stories, said, rules), stream, now=NOW)
    assert found is not None
    assert (found.probabilities(samples) >= 0.5).mean() < 1.3 * truth.mean()


def test_training_twice_gives_the_same_model(stories, judgements, rules, model):
    again = train(SLUG, stories, judgements, stories, rules, now=NOW)
    assert again is not None
    assert (again.version, again.corpus, again.metrics) == (model.version, model.corpus, model.metrics)
    assert np.array_equal(again.pipeline["decide"].coef_, model.pipeline["decide"].coef_)


def test_another_judgement_makes_another_version(stories, judgements, rules, model):
    turned = [replace(judgements[0], relevant=not judgements[0].relevant, facet=""), *judgements[1:]]
    other = train(SLUG, stories, turned, stories, rules, now=NOW)
    assert other is not None
    assert other.version != model.version
    assert other.corpus != model.corpus


def test_nothing_to_learn_from_is_no_model(rules):
    blank = [Document(str(number), f"plain words {number}") for number in range(30)]
    assert train(SLUG, [], [], blank, rules, now=NOW) is None
    assert train(SLUG, [], [], [], rules, now=NOW) is None


def test_metrics_are_held_out_figures_beside_the_rules(model):
    metrics = model.metrics
    assert (metrics.judgements, metrics.relevant, metrics.background) == (240, 60, 600)
    assert metrics.f1 > metrics.rules_f1 > 0
    assert 0 < metrics.brier < 0.2
    assert metrics.facet_judgements == 60
    assert metrics.facet_accuracy > 0.8


def test_reasons_are_words_of_the_text_and_heaviest_first(model, rules):
    sample = rule_samples(SLUG, [Document("x", "Old beacon", "The keeper of the reef was there")], rules)[0]
    reasons = model.reasons([sample])[0]
    assert reasons
    assert {reason.kind for reason in reasons} == {"model"}
    assert {"beacon", "keeper", "reef"} & {reason.what for reason in reasons}
    weights = [abs(reason.weight) for reason in reasons]
    assert weights == sorted(weights, reverse=True)


def test_facets_are_learned_and_fall_back_on_the_rules(model, rules):
    samples = rule_samples(
        SLUG, [Document("x", "Lighthouse on the reef"), Document("y", "Lighthouse lens")], rules
    )
    assert model.facet(samples) == ["sea", "light"]


def test_copies_of_a_text_stay_on_one_side():
    base = [f"ferry {n} strikes pier {n} in harbour {n} on monday night {n}" for n in range(20)]
    groups = copies([*base, *[text + " update" for text in base]])
    assert (groups[:20] == groups[20:]).all()
    assert len(set(groups.tolist())) == 20
    relevant = np.array([n % 2 == 0 for n in range(20)] * 2)
    for learn, test in folds(groups, relevant, 4, 0):
        assert not set(groups[learn]) & set(groups[test])


def test_background_can_be_cleared_of_copies():
    kept = without_copies(
        [Document("a", "Ferry strikes the pier of the old harbour"), Document("b", "Rates rise again")],
        ["Ferry strikes the pier of the old harbour (update)"],
    )
    assert [document.id for document in kept] == ["b"]


def test_temporal_folds_never_learn_from_what_came_later(stories, judgements, rules):
    known = judged(SLUG, stories, judgements, rules)
    seen = 0
    for learn, test in temporal_folds(known, 4):
        seen += len(test)
        assert max(known.times[place] for place in learn) <= min(known.times[place] for place in test)
    assert seen == 192


def test_the_last_of_several_judgements_counts_and_unknown_ids_are_left_out(stories, rules):
    said = [Judgement("s0", SLUG, True), Judgement("gone", SLUG, True), Judgement("s0", SLUG, False)]
    known = judged(SLUG, stories, said, rules)
    assert known.relevant.tolist() == [False]


def test_compact_fit_is_the_same_fit():
    from scipy import sparse
    from sklearn.linear_model import LogisticRegression

    chance = np.random.default_rng(0)
    design = sparse.csr_array(chance.random((30, 200)) * (chance.random((30, 200)) < 0.2))
    truth = chance.random(30) < 0.5
    weights = chance.random(30) + 0.5
    plain = LogisticRegression(C=2.0, max_iter=5000, tol=1e-10).fit(design, truth, sample_weight=weights)
    assert np.allclose(logistic(design, truth, 2.0, weights).coef_, plain.coef_, atol=2e-3)


def test_refit_is_due_when_enough_changed(model):
    assert is_refit_due(None, 0, "a")
    assert model.metrics.judgements == 240
    assert not is_refit_due(model, 0, model.rules)
    assert not is_refit_due(model, 23, model.rules)
    assert "24 judgements" in is_refit_due(model, 24, model.rules)
    assert "configuration" in is_refit_due(model, 0, "other")


def test_a_worse_model_is_refused_and_an_equal_one_kept(model, stories, judgements, stream, rules):
    wrong = [replace(item, relevant=not item.relevant, facet="") for item in judgements]
    bad = train_on(SLUG, judged(SLUG, stories, wrong, rules), stream, now=NOW)
    assert bad is not None
    chance = random.Random(5)
    fresh = [story(number, number % 4 == 0, chance) for number in range(2000, 2080)]
    held_out = judged(SLUG, fresh, [Judgement(d.id, SLUG, n % 4 == 0) for n, d in enumerate(fresh)], rules)
    refused = better(model, bad, held_out)
    assert not refused.keep_new
    assert "refused" in refused.why
    assert better(model, model, held_out).keep_new
    assert better(bad, model, held_out).keep_new


def test_refit_keeps_the_old_model_when_the_new_one_is_worse(model, stories, judgements, rules):
    turned = [replace(item, relevant=not item.relevant, facet="") for item in judgements[:175]]
    outcome = refit(SLUG, stories, [*turned, *judgements[175:]], stories, rules, model, now=NOW)
    assert outcome.model is None
    assert outcome.comparison is not None
    assert not outcome.comparison.keep_new


def test_refit_takes_a_first_model_and_leaves_an_unchanged_one(model, stories, judgements, rules):
    first = refit(SLUG, stories, judgements, stories, rules, None, now=NOW)
    assert first.model is not None
    assert first.model.version == model.version
    again = refit(SLUG, stories, judgements, stories, rules, model, now=NOW)
    assert again.model is None
    assert "nothing changed" in again.why


def test_datelines_and_bylines_are_not_read():
    text = document_text(Document("a", "등대 점등", "(부산=가나통신) 홍길동 기자 = 등대가 불을 밝혔다."))
    assert text == "등대 점등\n 등대가 불을 밝혔다."
    assert Sample(Document("a", "b")).rules is None
