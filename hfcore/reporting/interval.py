"""95 % intervals by the percentile bootstrap over patients."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from hfcore.reporting.report import Estimate
from hfcore.reporting.resampled import RESAMPLED_METRICS, Predictions, bootstrap_counts, resamples_for

Floats = npt.NDArray[np.float64]
_DEAR = ("AUC_micro", "average_precision_score_macro", "average_precision_score_micro")  # four fifths of the time for them all
_ENOUGH = 400


def bootstrap_intervals(predictions: Predictions, resamples: int | None = None, seed: int = 0) -> dict[str, Estimate]:
    """Return each metric over all rows with its 95 % percentile interval (Efron and Tibshirani 1993, ch. 13).

    Patients are drawn with replacement; resamples in which a metric is undefined are left out of its interval.
    There are 1,000 resamples unless said otherwise, fewer on more than 5,000 rows and for three dear metrics. The interval
    tells how much the figure depends on which patients were seen, not on how the model was fitted.
    """
    rows = len(predictions.codes)
    resamples = resamples or resamples_for(rows)
    drawn: dict[str, list[Floats]] = {name: [] for name in RESAMPLED_METRICS}
    done = 0
    for counts in bootstrap_counts(rows, resamples, seed):
        for name, metric in RESAMPLED_METRICS.items():
            some = counts[: max(_ENOUGH - done, 0)] if name in _DEAR else counts
            if len(some):
                drawn[name].append(metric(predictions, some))
        done += len(counts)
    everybody = np.ones((1, rows))
    values = {name: float(metric(predictions, everybody)[0]) for name, metric in RESAMPLED_METRICS.items()}
    return {name: percentile_estimate(values[name], np.concatenate(drawn[name])) for name in RESAMPLED_METRICS}


def percentile_estimate(value: float, resampled: Floats) -> Estimate:
    """Return a value with the 2.5th and 97.5th percentile of its resamples; undefined ones are left out."""
    defined = resampled[np.isfinite(resampled)]
    method = f"percentile bootstrap over patients, {len(resampled):,} resamples of the pooled out-of-fold predictions"
    if not len(defined):
        return Estimate(value, method=method)
    low, high = np.quantile(defined, (0.025, 0.975))
    return Estimate(value, float(low), float(high), method)
