import numpy as np
import pytest

from hfcore.reporting.calibration import brier_score, calibration_bins, wilson_interval


def test_brier_equals_scikit_learn():
    """The Brier score equals scikit-learn's to 1e-9."""
    from sklearn.metrics import brier_score_loss

    rng = np.random.default_rng(0)
    truth, risk = rng.random(300) < 0.3, rng.random(300)
    assert brier_score(truth, risk) == pytest.approx(brier_score_loss(truth, risk), abs=1e-9)


@pytest.mark.parametrize(("events", "rows"), [(0, 20), (7, 30), (15, 15), (96, 299)])
def test_wilson_equals_scipy(events, rows):
    """The interval of a share equals scipy's Wilson interval to 1e-9."""
    from scipy.stats import binomtest

    expected = binomtest(events, rows).proportion_ci(0.95, method="wilson")
    assert wilson_interval(events, rows) == pytest.approx((expected.low, expected.high), abs=1e-9)


def test_bins_hold_equally_many_patients_in_order():
    """299 patients make ten bins of 29 to 31, by rising risk, which give everybody's observed events."""
    rng = np.random.default_rng(1)
    risk = rng.random(299)
    truth = rng.random(299) < risk
    bins = calibration_bins(truth, risk)
    assert len(bins) == 10
    assert {b.rows for b in bins} <= {29, 30, 31}
    assert [b.predicted for b in bins] == sorted(b.predicted for b in bins)
    assert sum(b.observed * b.rows for b in bins) == pytest.approx(truth.sum())
    assert all(b.low <= b.observed <= b.high for b in bins)


def test_equal_risks_stay_together():
    """Patients with the same predicted risk are in one bin."""
    risk = np.repeat([0.1, 0.2, 0.9], [100, 5, 95])
    bins = calibration_bins(np.zeros(200), risk, bins=10)
    assert [b.predicted for b in bins if b.rows == 100] == pytest.approx([0.1])
    assert sum(b.rows for b in bins) == 200
    assert [b.rows for b in calibration_bins(np.zeros(60), np.full(60, 0.3))] == [60]


def test_few_patients_make_few_bins():
    """No bin of fewer than 20 patients unless there are fewer at all."""
    assert [b.rows for b in calibration_bins([0, 1] * 6, np.linspace(0, 1, 12))] == [12]
