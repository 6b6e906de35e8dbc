import numpy as np
import pytest

from hfcore.reporting.honest import corrected_auc
from hfcore.reporting.resampled import Predictions, auc_weighted


def candidates(seed, count, separation=0.0, rows=299, classes=2):
    rng = np.random.default_rng(seed)
    codes = rng.permutation(np.arange(rows) % classes) if classes > 2 else (rng.random(rows) < 0.32).astype(int)
    found = []
    for _ in range(count):
        raw = np.exp(rng.normal(separation * (codes[:, None] == np.arange(classes))))
        found.append(Predictions(codes, raw / raw.sum(axis=1, keepdims=True)))
    return found


def naive(tried):
    everybody = np.ones((1, len(tried[0].codes)))
    return max(float(auc_weighted(c, everybody)[0]) for c in tried)


def test_luck_is_taken_out_of_useless_candidates():
    """The best of 30 useless candidates looks better than chance; corrected, on average over tables, it is chance."""
    tables = [candidates(seed, 30) for seed in range(20)]
    looks = np.mean([naive(t) for t in tables])
    corrected = np.mean([corrected_auc(t, resamples=200, seed=1).value for t in tables])
    assert looks > 0.55
    assert corrected == pytest.approx(0.5, abs=0.02)


def test_a_single_candidate_needs_no_correction():
    """With nothing to pick from, the estimate is the candidate's own AUC."""
    tried = candidates(4, 1, separation=1.0)
    assert corrected_auc(tried).value == pytest.approx(naive(tried), abs=0.01)


def test_a_clear_winner_is_hardly_corrected():
    """One candidate far above the others loses next to nothing."""
    tried = [*candidates(4, 1, separation=1.5), *[Predictions(candidates(4, 1)[0].codes, c.proba) for c in candidates(9, 10)]]
    assert corrected_auc(tried).value == pytest.approx(naive(tried), abs=0.01)


def test_the_interval_holds_the_truth_of_a_single_candidate():
    """Over 100 simulated tables the interval of one candidate holds its true AUC in 90 to 99 % of them."""
    truth = candidates(0, 1, separation=1.0, rows=40_000)[0]
    true_auc = float(auc_weighted(truth, np.ones((1, 40_000)))[0])
    found = [corrected_auc(candidates(seed, 1, separation=1.0), resamples=200, seed=seed) for seed in range(1, 101)]
    assert 0.90 <= np.mean([e.low <= true_auc <= e.high for e in found]) <= 0.99


def test_the_same_seed_gives_the_same_estimate():
    """The estimate is repeatable."""
    tried = candidates(2, 5, separation=1.0)
    assert corrected_auc(tried, seed=7) == corrected_auc(tried, seed=7)


@pytest.mark.parametrize(
    "metric", ["accuracy", "norm_macro_recall", "average_precision_score_weighted", "precision_score_weighted"]
)
def test_the_winner_may_be_picked_by_any_primary_metric(metric):
    """Whatever metric picked the winner, the estimate is an AUC inside its interval."""
    estimate = corrected_auc(candidates(2, 4, separation=1.0), metric, resamples=100)
    assert 0.5 < estimate.low < estimate.value < estimate.high <= 1


def test_three_classes_are_corrected_too():
    """With three classes the one-vs-rest AUC is corrected."""
    tried = candidates(2, 6, separation=1.0, classes=3)
    assert 0.6 < corrected_auc(tried, resamples=100).value < naive(tried)
