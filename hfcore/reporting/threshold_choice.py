"""Which risk counts as high: a cut chosen by hand, by Youden's index, by a wanted sensitivity, or by what errors cost.

A choice is made on the same out-of-fold predictions by which its counts are shown, so these look a little better than they will
be on new patients. `ThresholdChoice` is what is kept with a registered model: `value` is the cut that its endpoint predicts by.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hfcore.errors import InvalidInput
from hfcore.reporting.report import ThresholdCounts

BY_HAND, YOUDEN, SENSITIVITY, COST = "by hand", "Youden", "sensitivity", "cost"


@dataclass(frozen=True)
class ThresholdChoice:
    """A cut on the risk (0 to 1), the rule that gave it (one of the four above), and what the rule was asked, in words.

    Raises:
        InvalidInput: the value is no probability.
    """

    value: float = 0.5
    rule: str = BY_HAND
    detail: str = ""

    def __post_init__(self) -> None:
        if not 0.0 <= self.value <= 1.0:
            raise InvalidInput({"threshold": f"A threshold is a risk between 0 and 1, not {self.value:g}."})


def by_hand(value: float) -> ThresholdChoice:
    """Return a cut that somebody set. Raises InvalidInput when it is no probability."""
    return ThresholdChoice(value, BY_HAND, "set by hand")


def by_youden(counts: Sequence[ThresholdCounts]) -> ThresholdChoice:
    """Return the cut with the largest sensitivity + specificity - 1, the lowest among equals (Youden 1950, Cancer 3:32-35)."""
    best = max(_known(counts), key=lambda c: (round(sensitivity(c) + specificity(c), 12), -c.threshold))
    index = sensitivity(best) + specificity(best) - 1.0
    return ThresholdChoice(best.threshold, YOUDEN, f"largest sensitivity plus specificity minus 1, here {index:.2f}")


def by_sensitivity(counts: Sequence[ThresholdCounts], target: float) -> ThresholdChoice:
    """Return the highest cut that still finds at least the share `target` of those with the event.

    Raises:
        InvalidInput: the target is no share above 0.
    """
    if not 0.0 < target <= 1.0:
        raise InvalidInput({"sensitivity": f"A wanted sensitivity is a share above 0 and up to 1, not {target:g}."})
    enough = [c for c in _known(counts) if sensitivity(c) >= target - 1e-12]
    best = max(enough, key=lambda c: c.threshold) if enough else min(counts, key=lambda c: c.threshold)
    return ThresholdChoice(best.threshold, SENSITIVITY, f"sensitivity of at least {100 * target:.0f} %")


def by_cost(counts: Sequence[ThresholdCounts], ratio: float) -> ThresholdChoice:
    """Return the cut that costs least when one missed event costs as much as `ratio` false alarms, the lowest among equals.

    Raises:
        InvalidInput: the ratio is not above 0.
    """
    if not 0.0 < ratio < float("inf"):
        raise InvalidInput({"cost": f"What a missed event costs, in false alarms, is a number above 0, not {ratio:g}."})
    best = min(_known(counts), key=lambda c: (round(c.false_negative * ratio + c.false_positive, 9), c.threshold))
    alarms = "one false alarm" if ratio == 1 else f"{ratio:g} false alarms"
    return ThresholdChoice(best.threshold, COST, f"least cost when one missed event costs as much as {alarms}")


def counts_at(counts: Sequence[ThresholdCounts], value: float) -> ThresholdCounts:
    """Return the counts of the cut that is closest to `value`. Raises InvalidInput when there are none."""
    return min(_known(counts), key=lambda c: abs(c.threshold - value))


def sensitivity(counts: ThresholdCounts) -> float:
    """Return the share found of those with the event; 0 when there is none."""
    return counts.true_positive / max(counts.true_positive + counts.false_negative, 1)


def specificity(counts: ThresholdCounts) -> float:
    """Return the share not flagged of those without the event; 0 when there is none."""
    return counts.true_negative / max(counts.true_negative + counts.false_positive, 1)


def _known(counts: Sequence[ThresholdCounts]) -> Sequence[ThresholdCounts]:
    if not counts:
        raise InvalidInput({"threshold": "This report holds no confusion counts to choose a threshold by."})
    return counts
