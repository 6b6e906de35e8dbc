import numpy as np
import pytest
from sklearn.metrics import accuracy_score, brier_score_loss, log_loss, roc_auc_score

from bench.honest_coverage import SETTINGS, simulated
from hfcore.reporting.honest import AUC, BRIER, LOG_LOSS, NARROWING, judge
from hfcore.reporting.resampled import Predictions, auc_weighted, bootstrap_counts, resamples_for


def corrected_auc(tried, picked_by=AUC, **options):
    return judge(tried, None, picked_by, **options).figures[AUC]


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


JUDGED_BY = {
    AUC: lambda codes, risk: roc_auc_score(codes, risk),
    BRIER: lambda codes, risk: brier_score_loss(codes, risk),
    LOG_LOSS: lambda codes, risk: log_loss(codes, risk, labels=[0, 1]),
}
PICKED_BY = {
    AUC: lambda codes, risk: roc_auc_score(codes, risk),
    "accuracy": lambda codes, risk: accuracy_score(codes, risk > 0.5),
}


def alike(tried):
    """The first candidate's risks, its patients, under another name."""
    return Predictions(tried.codes, tried.proba.copy(), tried.positive)


def one_by_one(tried, reference, picked_by, resamples, seed):
    """The definition written out with scikit-learn: draw, pick on those drawn, judge on those left out."""
    codes, found = tried[0].codes, []
    for drawn in np.concatenate(list(bootstrap_counts(len(codes), resamples, seed))):
        rows, left = np.repeat(np.arange(len(codes)), drawn.astype(int)), drawn == 0
        if len(set(codes[rows])) < 2 or len(set(codes[left])) < 2:
            continue
        winner = tried[int(np.argmax([PICKED_BY[picked_by](codes[rows], c.proba[rows, 1]) for c in tried]))]
        own = {m: f(codes[left], winner.proba[left, 1]) for m, f in JUDGED_BY.items()}
        simple = {m: f(codes[left], reference.proba[left, 1]) for m, f in JUDGED_BY.items()}
        found.append([[own[m], simple[m], own[m] - simple[m]] for m in JUDGED_BY])
    return np.array(found)


@pytest.mark.parametrize(("picked_by", "rows"), [(AUC, 40), ("accuracy", 40), (AUC, 8)])
def test_the_estimate_is_its_definition_written_out(picked_by, rows):
    """Winner, reference and difference equal, in each metric, a slow loop over the resamples with scikit-learn's metrics."""
    *tried, reference = candidates(3, 6, separation=0.8, rows=rows)
    judged = judge(tried, {"simple": reference}, picked_by, resamples=60, seed=2)
    loop = one_by_one(tried, reference, picked_by, 60, 2)
    simple = judged.references[0]
    estimates = [
        [judged.figures[AUC], simple.auc, simple.auc_difference],
        [judged.figures[BRIER], simple.brier, simple.brier_difference],
        [judged.figures[LOG_LOSS], simple.log_loss, simple.log_loss_difference],
    ]
    for i, row in enumerate(estimates):
        for j, estimate in enumerate(row):
            mean = loop[:, i, j].mean()
            assert estimate.value == pytest.approx(mean, abs=1e-12)
            assert estimate.low >= mean + NARROWING * (np.quantile(loop[:, i, j], 0.025) - mean) - 1e-12
            assert estimate.high <= mean + NARROWING * (np.quantile(loop[:, i, j], 0.975) - mean) + 1e-12
    width = np.subtract(*np.quantile(loop[:, 2, 2], (0.975, 0.025)))
    assert simple.log_loss_difference.high - simple.log_loss_difference.low == pytest.approx(NARROWING * width, abs=1e-12)


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("rows", [60, 299])
def test_identical_predictions_differ_by_exactly_nothing(classes, rows):
    """A winner whose risks are the simple model's differs from it by 0, and the interval is [0, 0], to the last bit."""
    first = candidates(5, 1, separation=1.0, rows=rows, classes=classes)[0]
    simple = judge([alike(first), alike(first)], {"simple": first}).references[0]
    for difference in (simple.auc_difference, simple.brier_difference, simple.log_loss_difference):
        assert (difference.value, difference.low, difference.high) == (0.0, 0.0, 0.0)


def test_a_difference_changes_its_sign_with_its_sides():
    """With nothing to pick, winner minus simple model is the negative of simple model minus winner, ends included."""
    one, other = candidates(5, 2, separation=1.0)
    there = judge([one], {"other": other}).references[0]
    back = judge([other], {"one": one}).references[0]
    for a, b in ((there.auc_difference, back.auc_difference), (there.brier_difference, back.brier_difference)):
        assert (a.value, a.low, a.high) == pytest.approx((-b.value, -b.high, -b.low), abs=1e-12)


def test_the_weaker_the_simple_model_the_larger_the_difference():
    """As a simple model's risks are drowned in noise, the difference in AUC rises and that in Brier score falls."""
    first, noise = candidates(5, 1, separation=1.5)[0], np.random.default_rng(8).dirichlet((1, 1), size=299)
    drowned = [Predictions(first.codes, (1 - share) * first.proba + share * noise) for share in (0.1, 0.4, 0.7, 1.0)]
    found = judge([first], {str(i): d for i, d in enumerate(drowned)}).references
    assert list(np.argsort([r.auc_difference.value for r in found])) == [0, 1, 2, 3]
    assert list(np.argsort([-r.brier_difference.value for r in found])) == [0, 1, 2, 3]
    assert found[-1].auc_difference.low > 0 > found[-1].brier_difference.high


def test_rank_and_risk_are_told_apart():
    """Risks that are all halved keep the same AUC, so that difference is exactly 0, and lose in Brier score."""
    first = candidates(5, 1, separation=1.5)[0]
    halved = Predictions(first.codes, np.column_stack([1 - first.proba[:, 1] / 2, first.proba[:, 1] / 2]))
    simple = judge([first], {"halved": halved}).references[0]
    assert (simple.auc_difference.low, simple.auc_difference.value, simple.auc_difference.high) == (0, 0, 0)
    assert simple.brier_difference.value != 0


def test_the_winner_is_picked_by_its_metric_and_then_judged_by_all():
    """A candidate that ranks best is the winner although another has the better Brier score, and its own Brier score is told."""
    ranks = candidates(5, 1, separation=2.0)[0]
    squeezed = Predictions(ranks.codes, 0.97 * np.array([0.0, 1.0]) + 0.03 * ranks.proba)
    honest = Predictions(ranks.codes, candidates(5, 2, separation=1.0)[1].proba)
    judged = judge([squeezed, honest])
    alone = judge([squeezed])
    assert judge([honest]).figures[BRIER].value < alone.figures[BRIER].value
    assert judged.figures[BRIER].value == pytest.approx(alone.figures[BRIER].value, abs=1e-12)


def test_the_same_risk_for_everyone_ranks_nobody():
    """A model that gives everybody the same risk has an AUC of exactly 0.5 in every resample."""
    first = candidates(5, 1, separation=1.0)[0]
    same = judge([first], {"same": Predictions(first.codes, np.tile([0.7, 0.3], (299, 1)))}).references[0]
    assert (same.auc.low, same.auc.value, same.auc.high) == (0.5, 0.5, 0.5)


@pytest.mark.parametrize("setting", ["24 alike", "one stands out"])
def test_the_intervals_hold_the_truth(setting):
    """Over 80 simulated searches each interval, of the winner and of its difference, holds the true value in 90 to 100 %."""
    rounds = list(simulated(SETTINGS[setting][:8], 80))
    assert len(rounds[0]) == 4
    for name in rounds[0]:
        held = np.mean([e.low <= true <= e.high for e, true in (r[name] for r in rounds)])
        assert held >= 0.90, name


def test_a_large_table_has_fewer_resamples_and_draws_stay_bounded():
    """Up to 5,000 rows there are 1,000 resamples, above fewer, at 100,000 rows 200; the estimate says how many."""
    assert [resamples_for(n) for n in (4, 299, 5_000, 10_000, 25_000, 100_000)] == [1000, 1000, 1000, 500, 200, 200]
    judged = judge(candidates(1, 2, separation=1.0, rows=10_000))
    assert "500 resamples" in judged.figures[BRIER].method
    assert judged.figures[BRIER].low < judged.figures[BRIER].value < judged.figures[BRIER].high
