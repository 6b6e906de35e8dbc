"""Rank statistics with numpy alone: ranks with ties, and the AUC of one variable."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

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
