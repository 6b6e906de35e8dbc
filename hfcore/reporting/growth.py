"""The learning curve in figures: AUC and log loss by the number of patients that a pipeline learned from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from hfcore.reporting.interval import percentile_estimate
from hfcore.reporting.report import LearningPoint
from hfcore.reporting.resampled import Predictions, auc_weighted, bootstrap_counts, log_loss, resamples_for

Floats = npt.NDArray[np.float64]
_MOST = 400


def learning_points(steps: Sequence[tuple[int, Any]], codes: npt.NDArray[np.intp], seed: int = 0) -> tuple[LearningPoint, ...]:
    """Return a point per step, each over the patients that every step predicted, in the same resamples of them.

    Args:
        steps: The number of patients learned from, and out-of-fold probabilities, rows by classes; NaN where never held out.
        codes: The column of the true class of each row.
        seed: Seed of the resamples.
    """
    if not steps:
        return ()
    rows = np.all([np.isfinite(proba).all(axis=1) for _, proba in steps], axis=0)
    return tuple(_point(count, Predictions(codes[rows], np.asarray(proba)[rows]), seed) for count, proba in steps)


def _point(count: int, predictions: Predictions, seed: int) -> LearningPoint:
    rows = len(predictions.codes)
    everybody = np.ones((1, rows))
    blocks = list(bootstrap_counts(rows, min(_MOST, resamples_for(rows)), seed))
    auc, loss = (
        percentile_estimate(float(m(predictions, everybody)[0]), np.concatenate([m(predictions, c) for c in blocks]))
        for m in (auc_weighted, log_loss)
    )
    return LearningPoint(count, auc, loss)
