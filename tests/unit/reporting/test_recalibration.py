import numpy as np
import pytest
import statsmodels.api as sm

from hfcore.reporting.recalibration import intercepts, logit, slopes


def patients(seed, rows=300, spread=1.0, shift=0.0):
    rng = np.random.default_rng(seed)
    true = rng.normal(-0.9, 1.3, rows)
    event = (rng.random(rows) < 1 / (1 + np.exp(-true))).astype(float)
    return event, 1 / (1 + np.exp(-(spread * true + shift)))


@pytest.mark.parametrize(("spread", "shift"), [(1.0, 0.0), (1.8, 0.4), (0.4, -0.7)])
def test_slope_and_intercept_are_those_of_statsmodels(spread, shift):
    """The slope equals a logistic regression on the logit, calibration-in-the-large one with the logit as offset, to 1e-6."""
    event, risk = patients(1, spread=spread, shift=shift)
    everybody, x = np.ones((1, len(event))), logit(risk)
    slope = sm.Logit(event, sm.add_constant(x)).fit(disp=0, tol=1e-12).params[1]
    large = sm.GLM(event, np.ones((len(event), 1)), family=sm.families.Binomial(), offset=x).fit(tol=1e-12).params[0]
    assert slopes(event, risk, everybody)[0] == pytest.approx(slope, abs=1e-6)
    assert intercepts(event, risk, everybody)[0] == pytest.approx(large, abs=1e-6)


def test_a_resample_is_a_table_in_which_patients_are_repeated():
    """Counts of how often a patient was drawn give what the repeated rows would give."""
    event, risk = patients(2)
    counts = np.random.default_rng(0).integers(0, 3, (4, len(event))).astype(float)
    for row, slope, large in zip(counts, slopes(event, risk, counts), intercepts(event, risk, counts), strict=True):
        drawn = np.repeat(np.arange(len(event)), row.astype(int))
        fitted = sm.Logit(event[drawn], sm.add_constant(logit(risk)[drawn])).fit(disp=0, tol=1e-12)
        assert slope == pytest.approx(fitted.params[1], abs=1e-6)
        assert large == pytest.approx(intercepts(event[drawn], risk[drawn], np.ones((1, len(drawn))))[0], abs=1e-6)


def test_too_extreme_too_timid_too_high():
    """Twice too wide log odds give a slope of a half, half too wide ones of two; risks shifted up give a negative intercept."""
    event, risk = patients(3, rows=20_000)
    wide, narrow = patients(3, rows=20_000, spread=2.0)[1], patients(3, rows=20_000, spread=0.5)[1]
    everybody = np.ones((1, len(event)))
    assert slopes(event, risk, everybody)[0] == pytest.approx(1.0, abs=0.06)
    assert slopes(event, wide, everybody)[0] == pytest.approx(0.5, abs=0.03)
    assert slopes(event, narrow, everybody)[0] == pytest.approx(2.0, abs=0.12)
    assert intercepts(event, patients(3, rows=20_000, shift=0.5)[1], everybody)[0] == pytest.approx(-0.5, abs=0.06)


def test_what_has_no_slope_is_not_a_number():
    """One outcome only, full separation, and the same risk for everybody give no figure and no warning."""
    event, risk = patients(4, rows=40)
    everybody = np.ones((1, 40))
    assert np.isnan(slopes(np.ones(40), risk, everybody)[0])
    assert np.isnan(intercepts(np.zeros(40), risk, everybody)[0])
    assert np.isnan(slopes(event, np.where(event > 0, 0.9, 0.1), everybody)[0])
    assert np.isnan(slopes(event, np.full(40, 0.3), everybody)[0])
