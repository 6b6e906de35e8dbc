import numpy as np
import pytest

from hfcore.backends.azureml import tables
from hfcore.reporting.curves import threshold_counts
from hfcore.reporting.evidence import evidence
from tests.fakes.azure.tables import accuracy_table


def scored():
    rng = np.random.default_rng(0)
    event = rng.random(299) < 0.32
    return event, np.clip(rng.normal(0.25 + 0.25 * event, 0.16), 0.01, 0.99)


def test_patients_are_those_that_the_counts_count():
    """Each patient comes back with the outcome and a risk within half a cut of the true one."""
    event, risk = scored()
    had, risks = tables.patients(threshold_counts(event, risk))
    order = np.argsort(risk)
    assert (len(had), sum(had)) == (299, event.sum())
    assert np.abs(np.array(risks) - risk[order]).max() <= 0.005 + 1e-9


def test_azures_counts_give_the_decision_curve_exactly():
    """Net benefit at whole hundredths needs nothing but the counts, so it is the same; slope and intercept are close."""
    event, risk = scored()
    own, azures = evidence(event, risk), evidence(*tables.patients(threshold_counts(event, risk)))
    assert [p.model for p in azures["benefit"]] == pytest.approx([p.model for p in own["benefit"]], abs=1e-12)
    assert azures["calibration_slope"].value == pytest.approx(own["calibration_slope"].value, rel=0.05)
    assert azures["calibration_intercept"].value == pytest.approx(own["calibration_intercept"].value, abs=0.03)
    assert [(b.events, b.others) for b in azures["distribution"]] == [(b.events, b.others) for b in own["distribution"]]


def test_a_curve_never_goes_back():
    """Of a table over several folds, whose percentiles differ, the ROC curve rises from one cut to the next."""
    event, risk = scored()
    folds = np.arange(len(risk)) % 3
    data = accuracy_table(event.astype(int), np.column_stack([1 - risk, risk]), folds, [0, 1])["data"]
    cuts = tables.thresholds(data, 1)
    roc, precision = tables.roc(cuts), tables.precision_recall(cuts)
    for values in (roc.x, roc.y, precision.x):
        assert list(values) == sorted(values)
    assert len(roc.x) > 50
    assert (roc.x[0], roc.y[0], roc.x[-1], roc.y[-1]) == (0, 0, 1, 1)
