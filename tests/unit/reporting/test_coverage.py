"""How often the intervals of a report hold the truth, on simulated patients whose true risks are known."""

import numpy as np
import pytest

from hfcore.reporting.band import PLACES, found_at
from hfcore.reporting.benefit import CUTS, net_benefits
from hfcore.reporting.recalibration import intercepts, slopes
from hfcore.reporting.resampled import Predictions, auc_weighted, bootstrap_counts, brier

TABLES, ROWS, RESAMPLES = 200, 299, 300
CUT, ALARMS = 29, 10  # a risk of 30 %, a fifth of the survivors flagged


def patients(rng, rows):
    """Patients of whom a third dies, scored by a model whose log odds are a little too extreme and too low."""
    true = rng.normal(-0.9, 1.4, rows)
    event = (rng.random(rows) < 1 / (1 + np.exp(-true))).astype(float)
    return event, 1 / (1 + np.exp(-(1.2 * true - 0.2)))


def figures(event, risk, counts):
    p = Predictions(event.astype(np.intp), np.column_stack([1 - risk, risk]))
    return {
        "slope": slopes(event, risk, counts),
        "intercept": intercepts(event, risk, counts),
        "net benefit": net_benefits(event, risk, counts)[:, CUT],
        "ROC": found_at(event, risk, counts)[:, ALARMS],
        "AUC": auc_weighted(p, counts),
        "Brier": brier(p, counts),
    }


@pytest.fixture(scope="module")
def held():
    """The share of tables whose 95 % interval holds the truth, by figure."""
    assert (CUTS[CUT], PLACES[ALARMS]) == (0.3, 0.2)
    event, risk = patients(np.random.default_rng(99), 400_000)
    truth = {name: float(value[0]) for name, value in figures(event, risk, np.ones((1, len(event)))).items()}
    rng, found = np.random.default_rng(7), dict.fromkeys(truth, 0)
    for table in range(TABLES):
        event, risk = patients(rng, ROWS)
        for name, drawn in figures(event, risk, next(bootstrap_counts(ROWS, RESAMPLES, table))).items():
            low, high = np.quantile(drawn, (0.025, 0.975))
            found[name] += low <= truth[name] <= high
    return {name: count / TABLES for name, count in found.items()}


@pytest.mark.parametrize("figure", ["slope", "intercept", "net benefit", "ROC", "AUC", "Brier"])
def test_a_95_percent_interval_holds_the_truth_in_92_to_98_of_100_tables(held, figure):
    """Over 200 simulated tables of 299 patients the bootstrap's interval holds the true figure as often as it says."""
    assert 0.92 <= held[figure] <= 0.98
