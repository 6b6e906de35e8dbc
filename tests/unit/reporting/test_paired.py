"""Models against one another on the same patients."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import brier_score_loss, log_loss, roc_auc_score

from hfcore.errors import InvalidInput
from hfcore.reporting.paired import HeldOut, compare


def drawn(seed=0, rows=300, noise=(0.5, 0.6, 3.0)):
    """Risks of the same patients by models of which each knows less."""
    rng = np.random.default_rng(seed)
    truth = rng.normal(size=rows)
    event = rng.random(rows) < 1 / (1 + np.exp(-1.5 * truth))
    return [HeldOut(event, 1 / (1 + np.exp(-truth - spread * rng.normal(size=rows)))) for spread in noise]


def test_figures_and_differences_are_those_of_scikit_learn():
    """Each figure is scikit-learn's, and each difference is to the first model."""
    held = drawn()
    found = compare(held)
    first = found.models[0]
    assert first.differences == {}
    assert (found.rows, found.events, found.resamples) == (300, held[0].event.sum(), 1_000)
    scores = {"AUC": roc_auc_score, "Brier score": brier_score_loss, "log loss": log_loss}
    for model, h in zip(found.models, held, strict=True):
        assert {n: e.value for n, e in model.figures.items()} == pytest.approx({n: s(h.event, h.risk) for n, s in scores.items()})
        for name, gap in model.differences.items():
            assert gap.value == pytest.approx(model.figures[name].value - first.figures[name].value)
            assert gap.low < gap.value < gap.high


def test_a_difference_is_paired():
    """Two models that nearly agree: the interval of their difference is far narrower than those of their figures."""
    found = compare(drawn(noise=(0.50, 0.50)))
    own, gap = found.models[1].figures["AUC"], found.models[1].differences["AUC"]
    assert gap.high - gap.low < 0.75 * (own.high - own.low)
    same = drawn()[0]
    alike = compare([same, same]).models[1].differences["AUC"]
    assert (alike.value, alike.low, alike.high) == (0, 0, 0)


def test_the_difference_holds_the_truth_as_often_as_it_says():
    """Over 200 simulated tables the 95 % interval of a difference between equally good models holds 0 in 92 to 98 %."""
    gaps = [compare(drawn(seed, 150, (1.0, 1.0)), resamples=200, seed=seed).models[1].differences["AUC"] for seed in range(200)]
    assert 0.92 <= np.mean([g.low <= 0 <= g.high for g in gaps]) <= 0.98


def test_only_patients_that_all_were_judged_on_count():
    """A row that one model never held out is left out for all of them."""
    held = drawn()
    gaps = held[1].risk.copy()
    gaps[:100] = np.nan
    found = compare([held[0], HeldOut(held[1].event, gaps)])
    assert found.rows == 200
    assert found.models[0].figures["AUC"].value == pytest.approx(roc_auc_score(held[0].event[100:], held[0].risk[100:]))


def test_what_cannot_be_compared_is_refused():
    """Other patients, another outcome, or no patient in common are errors in words."""
    one, other = drawn()[0], drawn(seed=1)[0]
    with pytest.raises(InvalidInput, match="same patients"):
        compare([one, other])
    with pytest.raises(InvalidInput, match="held out"):
        compare([one, HeldOut(one.event, np.full(300, np.nan))])
