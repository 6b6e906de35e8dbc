"""Comparing engines over folds: the corrected resampled t-test, and mean ranks."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt


def corrected_t_test(differences: Sequence[float], train_rows: float, test_rows: float) -> tuple[float, float]:
    """Return t and the two-sided p of a mean difference over k outer folds that share training rows.

    t = mean(d) / sqrt((1/k + test_rows/train_rows) * s^2), s^2 the variance of d with k - 1, against Student's t with k - 1
    degrees of freedom. The plain t-test has 1/k alone and takes overlapping folds for independent ones, so it finds
    differences that are not there. Source: Nadeau C, Bengio Y (2003), Inference for the generalization error, Machine Learning
    52:239-281; for repeated k-fold: Bouckaert RR, Frank E (2004), Evaluating the replicability of significance tests for
    comparing learning algorithms, PAKDD 2004, LNCS 3056:3-12.

    Raises:
        ValueError: fewer than two differences.
    """
    from scipy.stats import t as student

    d = np.asarray(differences, dtype=np.float64)
    if len(d) < 2:
        raise ValueError("a t-test needs at least two folds")
    mean, spread = float(d.mean()), float(d.var(ddof=1))
    if spread == 0:
        return (0.0, 1.0) if mean == 0 else (math.copysign(math.inf, mean), 0.0)
    t = mean / math.sqrt((1 / len(d) + test_rows / train_rows) * spread)
    return t, float(2 * student.sf(abs(t), len(d) - 1))


def mean_ranks(scores: npt.NDArray[np.float64], best_is_high: bool) -> npt.NDArray[np.float64]:
    """Return each column's mean rank over the rows: columns are engines, rows are folds or tables, 1 is best, ties share."""
    from scipy.stats import rankdata

    if not scores.size:
        return np.full(scores.shape[1], math.nan)
    return np.asarray(rankdata(-scores if best_is_high else scores, axis=1).mean(axis=0), dtype=np.float64)
