import numpy as np
import pytest
from sklearn.metrics import precision_score, recall_score, roc_auc_score, roc_curve

from hfcore.reporting.curves import gains, lift
from hfcore.reporting.distribution import distribution
from hfcore.reporting.evidence import evidence


def scored(seed=0, rows=299, tied=False):
    rng = np.random.default_rng(seed)
    event = rng.random(rows) < 0.32
    risk = np.clip(rng.normal(0.25 + 0.25 * event, 0.16), 0.01, 0.99)
    return event, risk.round(1) if tied else risk


@pytest.mark.parametrize("tied", [False, True])
def test_net_benefit_is_that_of_its_definition(tied):
    """At each cut it is the share found less the share flagged wrongly times the odds of the cut, by scikit-learn's counts."""
    event, risk = scored(tied=tied)
    points = evidence(event, risk)["benefit"]
    assert [p.threshold for p in points] == pytest.approx([i / 100 for i in range(1, 100)])
    for point in points[::7]:
        called = risk >= point.threshold - 1e-9
        found = recall_score(event, called, zero_division=0) * event.mean()
        alarms = called.mean() - found
        price = point.threshold / (1 - point.threshold)
        assert point.model == pytest.approx(found - price * alarms, abs=1e-12)
        assert point.treat_all == pytest.approx(event.mean() - price * (1 - event.mean()), abs=1e-12)
        assert point.low <= point.model <= point.high


def test_at_the_lowest_cut_the_model_treats_all():
    """A model whose risks all lie above a cut is worth there exactly what treating all is worth."""
    event, risk = scored()
    first = evidence(event, np.maximum(risk, 0.05))["benefit"][0]
    assert first.model == pytest.approx(first.treat_all, abs=1e-12)


@pytest.mark.parametrize("tied", [False, True])
def test_lift_is_precision_over_prevalence(tied):
    """At each point, gains are scikit-learn's recall at the share flagged, lift is its precision over the prevalence."""
    event, risk = scored(tied=tied)
    found = gains(event, risk)
    times = lift(found)
    assert (found.x[0], found.y[0], found.x[-1], found.y[-1]) == (0, 0, 1, 1)
    for i in range(0, len(times.x), 9):
        called = risk >= times.thresholds[i]
        assert times.x[i] == pytest.approx(called.mean(), abs=1e-12)
        assert found.y[i + 1] == pytest.approx(recall_score(event, called), abs=1e-12)
        assert times.y[i] == pytest.approx(precision_score(event, called) / event.mean(), abs=1e-9)


def test_the_band_holds_the_curve():
    """The pointwise band holds scikit-learn's ROC curve, is no wider than 0 to 1, and meets it at the upper right."""
    event, risk = scored()
    band = evidence(event, risk)["roc_band"]
    alarms, found, _ = roc_curve(event, risk)
    heights = np.interp([p.x for p in band], alarms, found)
    assert all(0 <= p.low <= h <= p.high <= 1 for p, h in zip(band[1:], heights[1:], strict=True))
    assert (band[-1].low, band[-1].high) == (1, 1)
    assert np.mean([p.low for p in band]) < roc_auc_score(event, risk) < np.mean([p.high for p in band])


def test_every_patient_is_in_one_bin_of_the_distribution():
    """Bins add up to the patients with and without the event, risks of 0 and 1 included."""
    event, risk = scored()
    risk[:2] = (0.0, 1.0)
    bins = distribution(event, risk)
    assert sum(b.events for b in bins) == event.sum()
    assert sum(b.others for b in bins) == (~event).sum()
    assert sum(b.events + b.others for b in bins[:5]) == (risk < 0.25).sum()


def test_the_same_seed_gives_the_same_intervals():
    """Two readers see the same figures."""
    assert evidence(*scored(), seed=3) == evidence(*scored(), seed=3)
    assert evidence(*scored(), seed=3)["calibration_slope"] != evidence(*scored(), seed=4)["calibration_slope"]


def test_one_outcome_only_leaves_figures_out():
    """With nobody who had the event there is no slope, no band, and nothing fails."""
    found = evidence(np.zeros(30, dtype=bool), np.linspace(0.1, 0.4, 30))
    assert np.isnan(found["calibration_slope"].value)
    assert found["roc_band"] == ()
