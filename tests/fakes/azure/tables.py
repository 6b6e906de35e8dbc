"""The tables that AutoML keeps of a child run, as azureml-metrics 0.0.91 writes them: counts at cuts, confusion matrix."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

_POINTS = 100


def accuracy_table(codes: Any, probabilities: Any, folds: Any, labels: Sequence[Any]) -> dict[str, Any]:
    """Return TP, FP, TN and FN per class at 100 cuts of the probability and at 100 of its percentiles, summed over the folds."""
    cuts = np.linspace(0, 1, _POINTS)
    parts = [(codes[folds == f], probabilities[folds == f]) for f in np.unique(folds[folds >= 0])]
    percentiles = [np.percentile(p.ravel(), cuts * 100) for _, p in parts]
    by_cut = sum(_counts(c, p, cuts) for c, p in parts)
    by_percentile = sum(_counts(c, p, at) for (c, p), at in zip(parts, percentiles, strict=True))
    data = {
        "probability_tables": by_cut.tolist(),
        "percentile_tables": by_percentile.tolist(),
        "probability_thresholds": cuts.tolist(),
        "percentile_thresholds": np.mean(percentiles, axis=0).tolist(),
        "class_labels": [str(label) for label in labels],
    }
    return {"schema_type": "accuracy_table", "schema_version": "1.0.1", "data": data}


def _counts(codes: Any, probabilities: Any, cuts: Any) -> Any:
    """Return classes x cuts x (TP, FP, TN, FN), each class against the rest."""
    tables = []
    for place in range(probabilities.shape[1]):
        truth, called = codes == place, probabilities[:, place][None, :] >= cuts[:, None]
        tp, fp = (called & truth).sum(axis=1), (called & ~truth).sum(axis=1)
        tables.append(np.column_stack([tp, fp, (~truth).sum() - fp, truth.sum() - tp]))
    return np.array(tables, dtype=int)


def confusion_matrix(codes: Any, probabilities: Any, folds: Any, labels: Sequence[Any]) -> dict[str, Any]:
    """Return how often each class was called what, true classes by row."""
    held = folds >= 0
    k = len(labels)
    called = probabilities[held].argmax(axis=1)
    matrix = np.bincount(codes[held] * k + called, minlength=k * k).reshape(k, k)
    data = {"class_labels": [str(label) for label in labels], "matrix": matrix.tolist()}
    return {"schema_type": "confusion_matrix", "schema_version": "1.0.0", "data": data}
