import numpy as np
import pytest
from sklearn.metrics import confusion_matrix, roc_curve

from hfcore.errors import InvalidInput
from hfcore.reporting.curves import threshold_counts
from hfcore.reporting.threshold_choice import (
    BY_HAND,
    ThresholdChoice,
    by_cost,
    by_hand,
    by_sensitivity,
    by_youden,
    counts_at,
    sensitivity,
)


def scored(rows=300):
    rng = np.random.default_rng(4)
    truth = rng.random(rows) < 0.3
    return truth, np.clip(rng.normal(0.35 + 0.2 * truth, 0.17), 0, 1).round(2)


def test_youden_is_the_best_of_scikit_learns_roc_curve():
    """With risks of whole hundredths, no point of the ROC curve has a larger sensitivity plus specificity."""
    truth, risk = scored()
    alarms, found, _ = roc_curve(truth, risk)
    choice = by_youden(threshold_counts(truth, risk))
    called = risk >= choice.value - 1e-9
    (cleared, flagged), (missed, hit) = confusion_matrix(truth, called)
    assert hit / (hit + missed) - flagged / (flagged + cleared) == pytest.approx((found - alarms).max(), abs=1e-12)
    assert choice.rule == "Youden"
    assert f"{(found - alarms).max():.2f}" in choice.detail


@pytest.mark.parametrize("target", [0.5, 0.8, 0.95, 1.0])
def test_a_wanted_sensitivity_is_kept_with_the_fewest_alarms(target):
    """The cut finds the wanted share, and the next higher one would not."""
    truth, risk = scored()
    counts = threshold_counts(truth, risk)
    choice = by_sensitivity(counts, target)
    assert sensitivity(counts_at(counts, choice.value)) >= target
    assert sensitivity(counts_at(counts, choice.value + 0.01)) < target
    assert choice.detail == f"sensitivity of at least {100 * target:.0f} %"


@pytest.mark.parametrize("ratio", [0.5, 1.0, 4.0, 20.0])
def test_no_cut_costs_less_than_the_one_chosen_by_cost(ratio):
    """Missed events times their price plus false alarms is least at the chosen cut."""
    truth, risk = scored()
    counts = threshold_counts(truth, risk)
    costs = {c.threshold: ratio * c.false_negative + c.false_positive for c in counts}
    choice = by_cost(counts, ratio)
    assert costs[choice.value] == min(costs.values())
    assert choice.value == min(cut for cut, cost in costs.items() if cost == min(costs.values()))


def test_a_dearer_miss_never_raises_the_cut():
    """The more a missed event costs, the lower the cut."""
    counts = threshold_counts(*scored())
    cuts = [by_cost(counts, ratio).value for ratio in (0.2, 1, 3, 10, 100)]
    assert cuts == sorted(cuts, reverse=True)


def test_what_cannot_be_chosen_is_a_sentence():
    """A value that is no risk, a target that is no share, a price that is none, and a report without counts say so."""
    counts = threshold_counts(*scored())
    assert by_hand(0.25) == ThresholdChoice(0.25, BY_HAND, "set by hand")
    for refused in (
        lambda: by_hand(1.2),
        lambda: by_hand(float("nan")),
        lambda: by_sensitivity(counts, 0.0),
        lambda: by_cost(counts, 0.0),
        lambda: by_cost(counts, float("inf")),
        lambda: by_youden(()),
    ):
        with pytest.raises(InvalidInput):
            refused()
