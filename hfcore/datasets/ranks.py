"""Rank statistics with numpy alone: ranks with ties, and the AUC of one variable."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

_Z95 = 1.959963984540054
Floats = npt.NDArray[np.float64]


def average_ranks(values: Any) -> Floats:
    """Return ranks from 1 up; equal values share the mean of their ranks."""
    _, inverse, counts = np.unique(np.asarray(values, dtype=np.float64), return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return np.asarray((last - (counts - 1) / 2.0)[inverse.ravel()], dtype=np.float64)


def rank_auc(scores: Any, positive: Any) -> float:
    """Return the chance that a positive has the higher score than a negative, ties counting half.

    This is the Mann-Whitney statistic over the number of pairs (Hanley and McNeil 1982, Radiology 143:29-36);
    NaN when one of the two groups is empty.
    """
    chosen = np.asarray(positive, dtype=bool)
    positives = int(chosen.sum())
    negatives = len(chosen) - positives
    if not positives or not negatives:
        return float("nan")
    ranks = average_ranks(scores)
    return float((ranks[chosen].sum() - positives * (positives + 1) / 2.0) / (positives * negatives))


@dataclass(frozen=True)
class Area:
    """An AUC with its 95 % interval; without one (NaN) where it is 0 or 1, all NaN where one of the two groups is empty."""

    auc: float
    low: float = float("nan")
    high: float = float("nan")

    def turned(self) -> Area:
        """Return the area of the scores with their sign changed."""
        return Area(1.0 - self.auc, 1.0 - self.high, 1.0 - self.low)


def rank_area(scores: Any, positive: Any) -> Area:
    """Return the AUC of `scores` with DeLong's interval on the log odds (DeLong et al. 1988, Biometrics 44:837-845)."""
    values, chosen = np.asarray(scores, dtype=np.float64), np.asarray(positive, dtype=bool)
    auc = rank_auc(values, chosen)
    positives = int(chosen.sum())
    negatives = len(chosen) - positives
    if not 0.0 < auc < 1.0 or min(positives, negatives) < 2:
        return Area(auc)
    ranks = average_ranks(values)
    won = (ranks[chosen] - average_ranks(values[chosen])) / negatives
    lost = 1.0 - (ranks[~chosen] - average_ranks(values[~chosen])) / positives
    error = np.sqrt(won.var(ddof=1) / positives + lost.var(ddof=1) / negatives) / (auc * (1.0 - auc))
    middle = np.log(auc / (1.0 - auc))
    low, high = (1.0 / (1.0 + np.exp(-(middle + side * _Z95 * error))) for side in (-1.0, 1.0))
    return Area(auc, float(low), float(high))
