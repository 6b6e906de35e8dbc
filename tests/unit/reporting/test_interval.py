from statistics import NormalDist

import numpy as np
import pytest

from hfcore.reporting.interval import bootstrap_intervals
from hfcore.reporting.resampled import RESAMPLED_METRICS, Predictions


def drawn(seed, separation=1.2, rows=200):
    """Risks whose true AUC is Phi(separation / sqrt 2)."""
    rng = np.random.default_rng(seed)
    codes = (rng.random(rows) < 0.32).astype(int)
    risk = 1 / (1 + np.exp(-rng.normal(separation * codes)))
    return Predictions(codes, np.c_[1 - risk, risk])


def test_every_metric_has_an_interval_around_its_value():
    """Each metric comes with the value over all rows, inside its interval, and says how it was made."""
    found = bootstrap_intervals(drawn(0))
    assert set(found) == set(RESAMPLED_METRICS)
    for estimate in found.values():
        assert estimate.low < estimate.value < estimate.high
        assert "bootstrap over patients" in estimate.method


def test_the_seed_decides():
    """The same seed gives the same intervals."""
    assert bootstrap_intervals(drawn(0), seed=3) == bootstrap_intervals(drawn(0), seed=3)
    assert bootstrap_intervals(drawn(0), seed=3) != bootstrap_intervals(drawn(0), seed=4)


def test_the_interval_holds_the_truth_as_often_as_it_says():
    """Over 150 simulated tables the 95 % interval of the AUC holds the true AUC in 90 to 99 % of them."""
    truth = NormalDist().cdf(1.2 / np.sqrt(2))
    intervals = [bootstrap_intervals(drawn(seed), resamples=200, seed=seed)["AUC_weighted"] for seed in range(150)]
    share = np.mean([e.low <= truth <= e.high for e in intervals])
    assert 0.90 <= share <= 0.99


def test_more_patients_make_a_narrower_interval():
    """Four times the patients roughly halve the width."""
    few, many = (bootstrap_intervals(drawn(1, rows=n))["AUC_weighted"] for n in (200, 800))
    assert (many.high - many.low) / (few.high - few.low) == pytest.approx(0.5, abs=0.15)
