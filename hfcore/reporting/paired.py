"""Models against one another on the same patients: each figure with its interval, each difference with its own.

All models are judged in the same resamples of the patients (a paired bootstrap; Efron and Tibshirani 1993, ch. 13), so what makes
a resample easy for one model and for the other falls out of their difference.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from hfcore.errors import InvalidInput
from hfcore.reporting.curves import roc
from hfcore.reporting.interval import percentile_estimate
from hfcore.reporting.report import Curve, Estimate
from hfcore.reporting.resampled import Predictions, auc_weighted, bootstrap_counts, brier, log_loss, resamples_for

Floats = npt.NDArray[np.float64]
Metric = Callable[[Predictions, Floats], Floats]
METRICS: Mapping[str, Metric] = {"AUC": auc_weighted, "Brier score": brier, "log loss": log_loss}


@dataclass(frozen=True, eq=False)
class HeldOut:
    """What a child run said of each row of its table without having seen it: the risk, NaN for a row that was never held out."""

    event: npt.NDArray[np.bool_]
    risk: Floats


@dataclass(frozen=True)
class Compared:
    """One model: its figures by metric, what they are more than the first model's (empty for the first), its ROC curve."""

    figures: Mapping[str, Estimate]
    differences: Mapping[str, Estimate]
    roc: Curve


@dataclass(frozen=True)
class Comparison:
    """Models on the same `rows` patients, of whom `events` had the event, in `resamples` resamples."""

    models: tuple[Compared, ...]
    rows: int
    events: int
    resamples: int


def compare(held_out: Sequence[HeldOut], resamples: int | None = None, seed: int = 0) -> Comparison:
    """Compare models on the patients that all of them were judged on; differences are to the first.

    Raises:
        InvalidInput: the models do not belong to the same patients and outcome, or share none of each outcome.
    """
    event, rows = _shared(held_out)
    predictions = [_predictions(event[rows], h.risk[rows]) for h in held_out]
    repeats = resamples or resamples_for(int(rows.sum()))
    everybody = np.ones((1, int(rows.sum())))
    values = {name: [float(metric(p, everybody)[0]) for p in predictions] for name, metric in METRICS.items()}
    drawn = _drawn(predictions, repeats, seed)
    models = []
    for place, p in enumerate(predictions):
        figures = {n: percentile_estimate(values[n][place], drawn[n][:, place]) for n in METRICS}
        gaps = {
            n: percentile_estimate(values[n][place] - values[n][0], drawn[n][:, place] - drawn[n][:, 0])
            for n in (METRICS if place else ())
        }
        models.append(Compared(figures, gaps, roc(p.event, p.proba[:, 1])))
    return Comparison(tuple(models), int(rows.sum()), int(event[rows].sum()), repeats)


def _shared(held_out: Sequence[HeldOut]) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Return the outcome and the rows for which every model has a risk."""
    event = held_out[0].event
    if any(not np.array_equal(h.event, event) for h in held_out[1:]):
        raise InvalidInput({"models": "These models were not judged on the same patients and the same outcome."})
    rows = np.all([np.isfinite(h.risk) for h in held_out], axis=0)
    if not 0 < event[rows].sum() < rows.sum():
        raise InvalidInput({"models": "These models share no patients of both outcomes that were held out."})
    return event, rows


def _predictions(event: npt.NDArray[np.bool_], risk: Floats) -> Predictions:
    return Predictions(event.astype(np.intp), np.column_stack([1.0 - risk, risk]))


def _drawn(predictions: Sequence[Predictions], resamples: int, seed: int) -> dict[str, Floats]:
    """Return each metric's values: resamples by models, undefined where a resample holds one outcome only."""
    found: dict[str, list[Floats]] = {name: [] for name in METRICS}
    for counts in bootstrap_counts(len(predictions[0].codes), resamples, seed):
        for name, metric in METRICS.items():
            found[name].append(np.column_stack([metric(p, counts) for p in predictions]))
    return {name: np.concatenate(blocks) for name, blocks in found.items()}
