"""Azure's classification metrics under Azure's names, computed with numpy alone.

Definitions are those of azureml-metrics 0.0.91 (and azureml-training-tabular 1.62, which AutoML runs use);
the predicted class is the one with the highest probability, the first of them on a tie.

Row weights count as that package counts `sample_weight`, since a model that is fitted to weighted rows is wanted for
the weighted population: a row of weight 2 counts like two rows in every metric, also in the classes' sizes by which the
"_weighted" ones average. The one exception is weighted_accuracy, whose weights are the classes' sizes in rows. A row of
weight 0 counts nowhere.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from hfcore.errors import InvalidInput

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.intp]
Weights = Floats | None

METRICS = (
    "AUC_macro",
    "AUC_micro",
    "AUC_weighted",
    "accuracy",
    "average_precision_score_macro",
    "average_precision_score_micro",
    "average_precision_score_weighted",
    "balanced_accuracy",
    "f1_score_macro",
    "f1_score_micro",
    "f1_score_weighted",
    "log_loss",
    "matthews_correlation",
    "norm_macro_recall",
    "precision_score_macro",
    "precision_score_micro",
    "precision_score_weighted",
    "recall_score_macro",
    "recall_score_micro",
    "recall_score_weighted",
    "weighted_accuracy",
)


def classification_metrics(y_true: Any, y_proba: Any, labels: Sequence[Any], sample_weight: Any = None) -> dict[str, float]:
    """Return every classification metric by Azure's name.

    Args:
        y_true: The true labels, one per row.
        y_proba: Probabilities, one row per row of `y_true`, one column per label; with two labels a
            single column is taken as the probability of the second.
        labels: All labels in the order of the columns.
        sample_weight: How many rows each row counts as, 0 or more; None for one each.

    Raises:
        InvalidInput: an unknown label, shapes that do not fit, a probability that is not a number, or weights that
            are negative, not finite or all 0.
    """
    codes = encode_labels(y_true, labels)
    proba = np.asarray(y_proba, dtype=np.float64)
    if proba.ndim == 1 and len(labels) == 2:
        proba = np.column_stack([1 - proba, proba])
    if proba.shape != (len(codes), len(labels)) or not len(codes):
        raise InvalidInput(
            {"y_proba": f"y_proba has the shape {proba.shape}; expected {(len(codes), len(labels))}, at least one row."}
        )
    if not np.isfinite(proba).all():
        raise InvalidInput({"y_proba": "y_proba holds a value that is not a number."})
    return metrics_of_codes(codes, proba, _checked_weights(sample_weight, len(codes)))


def metrics_of_codes(codes: Codes, proba: Floats, weights: Weights = None) -> dict[str, float]:
    """Return every metric for labels given as column numbers of `proba`; `weights` are 0 or more, not all 0."""
    if weights is not None and not weights.all():
        counting = weights > 0
        codes, proba, weights = codes[counting], proba[counting], weights[counting]
    predicted, k = proba.argmax(axis=1), proba.shape[1]
    found = _ranking(codes, proba, weights) | _decisions(_confusion(codes, predicted, k, weights))
    found["weighted_accuracy"] = _weighted_accuracy(_confusion(codes, predicted, k))
    found["norm_macro_recall"] = _norm_macro_recall(codes, proba, weights)
    found["log_loss"] = _log_loss(codes, proba, weights)
    return {name: float(found[name]) for name in METRICS}


def mean_over_folds(folds: Iterable[dict[str, float]]) -> dict[str, float]:
    """Return each metric's mean over the folds in which it is defined, NaN where it never is."""
    rows = np.array([[fold[name] for name in METRICS] for fold in folds])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # a metric undefined in every fold stays NaN
        means = np.nanmean(rows, axis=0)
    return dict(zip(METRICS, means.tolist(), strict=True))


def encode_labels(values: Any, labels: Sequence[Any]) -> Codes:
    """Return the position in `labels` of every value. Raises InvalidInput for a value that is not there."""
    position = {label: i for i, label in enumerate(np.asarray(labels).tolist())}
    try:
        codes = [position[v] for v in np.asarray(values).ravel().tolist()]
    except KeyError as error:
        listed = ", ".join(repr(label) for label in position)
        raise InvalidInput({"y_true": f"{error.args[0]!r} is not one of the labels {listed}."}) from error
    return np.array(codes, dtype=np.intp)


def _checked_weights(given: Any, rows: int) -> Weights:
    if given is None:
        return None
    weights = np.asarray(given, dtype=np.float64)
    if weights.shape != (rows,) or not np.isfinite(weights).all() or (weights < 0).any() or not weights.any():
        raise InvalidInput({"sample_weight": f"sample_weight must be {rows} finite numbers of at least 0, not all of them 0."})
    return weights


def auc(positive: npt.NDArray[np.bool_], score: Floats, weights: Weights = None) -> float:
    """Return the area under the ROC curve, ties counting half; NaN when only one class is present."""
    if weights is not None:
        return _weighted_auc(positive, score, weights)
    n1 = int(positive.sum())
    n0 = len(positive) - n1
    if not n1 or not n0:
        return float("nan")
    _, inverse, counts = np.unique(score, return_inverse=True, return_counts=True)
    ranks = np.cumsum(counts) - (counts - 1) / 2
    return float((ranks[inverse][positive].sum() - n1 * (n1 + 1) / 2) / (n1 * n0))


def _weighted_auc(positive: npt.NDArray[np.bool_], score: Floats, weights: Floats) -> float:
    """Return the share of pairs in the right order, a pair counting as the product of its two weights."""
    _, inverse = np.unique(score, return_inverse=True)
    hits = np.bincount(inverse, weights * positive)
    others = np.bincount(inverse, weights * ~positive)
    pairs = hits.sum() * others.sum()
    return float(hits @ (np.cumsum(others) - others / 2) / pairs) if pairs > 0 else float("nan")


def average_precision(positive: npt.NDArray[np.bool_], score: Floats, weights: Weights = None) -> float:
    """Return the average precision (step function over distinct scores); 0 without a positive row."""
    if not positive.any():
        return 0.0
    order = np.argsort(-score, kind="stable")
    ends = np.append(np.flatnonzero(np.diff(score[order])), len(score) - 1)
    called = ends + 1 if weights is None else np.cumsum(weights[order])[ends]
    true_positives = np.cumsum(positive[order] if weights is None else (weights * positive)[order])[ends]
    gained = np.diff(true_positives, prepend=0) / true_positives[-1]
    return float(np.sum(gained * true_positives / called))


def _ranking(codes: Codes, proba: Floats, weights: Weights) -> dict[str, float]:
    k = proba.shape[1]
    truth = codes[:, None] == np.arange(k)
    support = truth.sum(axis=0) if weights is None else weights @ truth
    # Azure leaves out classes that the fold does not hold, but only from three classes on.
    columns = [c for c in range(k) if support[c] or k <= 2]
    sizes = support[columns]
    areas = np.array([auc(truth[:, c], proba[:, c], weights) for c in columns])
    precisions = np.array([average_precision(truth[:, c], proba[:, c], weights) for c in columns])
    per_cell = None if weights is None else np.repeat(weights, k)
    return {
        "AUC_macro": float(areas.mean()),
        "AUC_micro": auc(truth.ravel(), proba.ravel(), per_cell),
        "AUC_weighted": float(np.average(areas, weights=sizes)),
        "average_precision_score_macro": float(precisions.mean()),
        "average_precision_score_micro": average_precision(truth.ravel(), proba.ravel(), per_cell),
        "average_precision_score_weighted": float(np.average(precisions, weights=sizes)),
    }


def _confusion(codes: Codes, predicted: Codes, k: int, weights: Weights = None) -> Floats:
    """Return counts, true class by row and predicted class by column, as floats."""
    return np.bincount(codes * k + predicted, weights, minlength=k * k).reshape(k, k).astype(np.float64)


def _share(part: Floats, whole: Floats) -> Floats:
    """Divide, with 0 where the whole is 0."""
    return np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)


def _decisions(counts: Floats) -> dict[str, float]:
    true, called, hits, n = counts.sum(axis=1), counts.sum(axis=0), counts.diagonal(), counts.sum()
    seen = (true > 0) | (called > 0)
    scores = {
        "precision_score": _share(hits, called),
        "recall_score": _share(hits, true),
        "f1_score": _share(2 * hits, true + called),
    }
    accuracy = float(hits.sum() / n)
    found: dict[str, float] = {"accuracy": accuracy, "matthews_correlation": _matthews(true, called, hits.sum(), n)}
    for name, values in scores.items():
        found[f"{name}_macro"] = float(values[seen].mean())
        found[f"{name}_micro"] = accuracy
        found[f"{name}_weighted"] = float(np.average(values, weights=true))
    found["balanced_accuracy"] = found["recall_score_macro"]
    return found


def _weighted_accuracy(counts: Floats) -> float:
    """Return the accuracy with each row weighted by the size of its class."""
    true = counts.sum(axis=1)
    return float((counts.diagonal() * true).sum() / (true * true).sum())


def _matthews(true: Floats, called: Floats, hits: float, n: float) -> float:
    spread = (n * n - called @ called) * (n * n - true @ true)
    return float(np.clip((hits * n - true @ called) / np.sqrt(spread), -1, 1)) if spread > 0 else 0.0


def _norm_macro_recall(codes: Codes, proba: Floats, weights: Weights) -> float:
    k = proba.shape[1]
    if k > 2:
        present = np.unique(codes)
        codes, proba, k = np.searchsorted(present, codes), proba[:, present], len(present)
    counts = _confusion(codes, proba.argmax(axis=1), k, weights)
    true, called = counts.sum(axis=1), counts.sum(axis=0)
    seen = (true > 0) | (called > 0)
    if k < 2 or not true[seen].all():
        return 0.0  # Azure's own value when a class was predicted that the fold does not hold
    recall = float((counts.diagonal()[seen] / true[seen]).mean())
    return float(max(0.0, (recall - 1 / k) / (1 - 1 / k)))


def _log_loss(codes: Codes, proba: Floats, weights: Weights) -> float:
    eps = np.finfo(np.float64).eps
    given = np.clip(proba[np.arange(len(codes)), codes], eps, 1 - eps)
    return float(np.average(-np.log(given), weights=weights))
