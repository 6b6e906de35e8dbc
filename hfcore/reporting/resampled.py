"""Metrics of many bootstrap resamples at once: each resample is a row of counts, how often each patient was drawn."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.intp]
CELLS_AT_ONCE = 1_000_000
MOST_RESAMPLES, FEWEST_RESAMPLES = 1_000, 200
MOST_DRAWS = 5_000_000


@dataclass(frozen=True, eq=False)
class Ranking:
    """Rows of a class and all others, each by rising score; how many others lie below each row, and below or level with it."""

    own: Codes
    others: Codes
    below: Codes
    not_above: Codes


@dataclass(frozen=True)
class Predictions:
    """Out-of-fold probabilities: `codes[i]` is the column of the true class of row i; `positive` that of the event."""

    codes: Codes
    proba: Floats
    positive: int = 1

    @property
    def classes(self) -> int:
        """Number of classes."""
        return int(self.proba.shape[1])

    @property
    def event(self) -> npt.NDArray[np.bool_]:
        """Whether each row had the event."""
        return np.equal(self.codes, self.positive)

    @property
    def risk(self) -> Floats:
        """The probability of the event for each row."""
        return np.asarray(self.proba[:, self.positive])

    @cached_property
    def ranked_columns(self) -> tuple[int, ...]:
        """Columns that must be ranked: one of two when they add up to 1, because both give the same AUC."""
        complementary = self.classes == 2 and bool(np.allclose(self.proba.sum(axis=1), 1.0, atol=1e-9))
        return (1,) if complementary else tuple(range(self.classes))

    @cached_property
    def rankings(self) -> tuple[Ranking, ...]:
        """The rows in order of each ranked column; made once, because every block of resamples needs it."""
        return tuple(rank(self.codes == c, self.proba[:, c]) for c in self.ranked_columns)

    @property
    def pooled_truth(self) -> npt.NDArray[np.bool_]:
        """For each pair of row and class, row by row, whether that is the row's true class."""
        return np.asarray(np.equal(self.codes[:, None], np.arange(self.classes)).ravel(), dtype=bool)

    @cached_property
    def pooled_ranking(self) -> Ranking:
        """The pairs of row and class in order of their probability."""
        return rank(self.pooled_truth, self.proba.ravel())

    @cached_property
    def squared_errors(self) -> Floats:
        """Squared distance of the event's probability from what happened, for each row."""
        return np.asarray((self.proba[:, self.positive] - self.event) ** 2, dtype=np.float64)

    @cached_property
    def surprises(self) -> Floats:
        """Minus the natural logarithm of the probability given to the true class, for each row."""
        eps = np.finfo(np.float64).eps
        return np.asarray(-np.log(np.clip(self.proba[np.arange(len(self.codes)), self.codes], eps, 1.0 - eps)), dtype=np.float64)


def resamples_for(rows: int) -> int:
    """Return how many resamples a table is worth: 1,000 up to 5,000 rows, fewer above, never below 200.

    With 200 an end of a 95 % interval is uncertain by about a tenth of the interval's width; above 25,000 rows, where that
    is the rule, the intervals are narrow.
    """
    return int(np.clip(MOST_DRAWS // max(rows, 1), FEWEST_RESAMPLES, MOST_RESAMPLES))


def bootstrap_counts(rows: int, resamples: int, seed: int) -> Iterator[Floats]:
    """Yield blocks of resamples: `rows` draws with replacement each, as counts per row (Efron 1979, Ann Stat 7:1-26)."""
    rng = np.random.default_rng(seed)
    block = max(1, CELLS_AT_ONCE // max(rows, 1))
    for start in range(0, resamples, block):
        size = min(block, resamples - start)
        drawn = rng.integers(rows, size=(size, rows)) + rows * np.arange(size)[:, None]
        yield np.bincount(drawn.ravel(), minlength=size * rows).reshape(size, rows).astype(np.float64)


def auc_weighted(p: Predictions, counts: Floats) -> Floats:
    """Return the one-vs-rest AUC weighted by the classes' frequency; NaN where a resample holds one class only."""
    areas = np.column_stack([_auc(ranking, counts) for ranking in p.rankings])
    return areas[:, 0] if areas.shape[1] == 1 else _by_frequency(areas, p, counts)


def rank(own: npt.NDArray[np.bool_], score: Floats) -> Ranking:
    """Sort the rows of a class and all others by score."""
    order = np.argsort(score, kind="stable")
    mine, others = order[own[order]], order[~own[order]]
    below = np.searchsorted(score[others], score[mine], side="left")
    return Ranking(mine, others, below, np.searchsorted(score[others], score[mine], side="right"))


def _auc(ranking: Ranking, counts: Floats) -> Floats:
    """Return the share of pairs in the right order, ties by half; sums of whole numbers, so exact up to the last division."""
    weights = counts.take(ranking.own, axis=1)
    lower = np.zeros((len(counts), len(ranking.others) + 1))
    np.cumsum(counts.take(ranking.others, axis=1), axis=1, out=lower[:, 1:])
    wins = (weights * (lower.take(ranking.below, axis=1) + lower.take(ranking.not_above, axis=1))).sum(axis=1) / 2.0
    pairs = weights.sum(axis=1) * lower[:, -1]
    areas: Floats = np.divide(wins, pairs, out=np.full(len(counts), np.nan), where=pairs > 0)
    return areas


def _by_frequency(values: Floats, p: Predictions, counts: Floats) -> Floats:
    """Average a value per class with the classes' frequency in each resample; a class that is absent counts for nothing."""
    support = counts @ (p.codes[:, None] == np.arange(p.classes))
    return np.asarray((np.where(support > 0, values, 0.0) * support).sum(axis=1) / support.sum(axis=1), dtype=np.float64)


def average_precision_weighted(p: Predictions, counts: Floats) -> Floats:
    """Return the one-vs-rest average precision weighted by the classes' frequency."""
    areas = [_average_precision(p.codes == c, p.proba[:, c], counts) for c in range(p.classes)]
    return _by_frequency(np.column_stack(areas), p, counts)


def _average_precision(positive: npt.NDArray[np.bool_], score: Floats, counts: Floats) -> Floats:
    order = np.argsort(-score, kind="stable")
    ends = np.append(np.flatnonzero(np.diff(score[order])), len(score) - 1)
    called = np.cumsum(counts[:, order], axis=1)[:, ends]
    found = np.cumsum(np.where(positive[order], counts[:, order], 0.0), axis=1)[:, ends]
    gained = np.diff(found, axis=1, prepend=0.0)
    precision = _share(found, called)
    return _share((gained * precision).sum(axis=1), found[:, -1])


def _share(part: Floats, whole: Floats) -> Floats:
    share: Floats = np.divide(part, whole, out=np.zeros(np.broadcast(part, whole).shape), where=whole > 0)
    return share


def confusion(p: Predictions, counts: Floats) -> Floats:
    """Return counts per resample, true class by row and called class (the most probable) by column."""
    cell = p.codes * p.classes + p.proba.argmax(axis=1)
    table: Floats = counts @ (cell[:, None] == np.arange(p.classes**2))
    return table.reshape(-1, p.classes, p.classes)


def accuracy(p: Predictions, counts: Floats) -> Floats:
    """Return the share of rows whose most probable class is the true one."""
    return _share(counts @ (p.proba.argmax(axis=1) == p.codes), counts.sum(axis=1))


def balanced_accuracy(p: Predictions, counts: Floats) -> Floats:
    """Return the mean recall over the classes that the resample holds."""
    table = confusion(p, counts)
    true = table.sum(axis=2)
    return _share(_share(_hits(table), true).sum(axis=1), (true > 0).sum(axis=1).astype(np.float64))


def norm_macro_recall(p: Predictions, counts: Floats) -> Floats:
    """Return the balanced accuracy rescaled so that chance is 0 and perfect 1."""
    chance = 1.0 / p.classes
    return np.maximum(0.0, (balanced_accuracy(p, counts) - chance) / (1.0 - chance))


def _hits(table: Floats) -> Floats:
    return np.diagonal(table, axis1=1, axis2=2)


def _weighted(p: Predictions, counts: Floats, score: Callable[[Floats, Floats, Floats], Floats]) -> Floats:
    table = confusion(p, counts)
    hits, true, called = _hits(table), table.sum(axis=2), table.sum(axis=1)
    return _share((score(hits, true, called) * true).sum(axis=1), true.sum(axis=1))


def precision_weighted(p: Predictions, counts: Floats) -> Floats:
    """Return the precision of each class weighted by its frequency."""
    return _weighted(p, counts, lambda hits, true, called: _share(hits, called))


def recall_weighted(p: Predictions, counts: Floats) -> Floats:
    """Return the recall of each class weighted by its frequency."""
    return _weighted(p, counts, lambda hits, true, called: _share(hits, true))


def f1_weighted(p: Predictions, counts: Floats) -> Floats:
    """Return the F1 score of each class weighted by its frequency."""
    return _weighted(p, counts, lambda hits, true, called: _share(2.0 * hits, true + called))


def _macro(p: Predictions, counts: Floats, score: Callable[[Floats, Floats, Floats], Floats]) -> Floats:
    """Average a score over the classes that the resample holds or that are called in it."""
    table = confusion(p, counts)
    hits, true, called = _hits(table), table.sum(axis=2), table.sum(axis=1)
    seen = ((true > 0) | (called > 0)).astype(np.float64)
    return _share((score(hits, true, called) * seen).sum(axis=1), seen.sum(axis=1))


def precision_macro(p: Predictions, counts: Floats) -> Floats:
    """Return the mean precision over the classes."""
    return _macro(p, counts, lambda hits, true, called: _share(hits, called))


def recall_macro(p: Predictions, counts: Floats) -> Floats:
    """Return the mean recall over the classes."""
    return _macro(p, counts, lambda hits, true, called: _share(hits, true))


def f1_macro(p: Predictions, counts: Floats) -> Floats:
    """Return the mean F1 score over the classes."""
    return _macro(p, counts, lambda hits, true, called: _share(2.0 * hits, true + called))


def weighted_accuracy(p: Predictions, counts: Floats) -> Floats:
    """Return the accuracy with each row weighted by the size of its class."""
    table = confusion(p, counts)
    true = table.sum(axis=2)
    return _share((_hits(table) * true).sum(axis=1), (true * true).sum(axis=1))


def auc_macro(p: Predictions, counts: Floats) -> Floats:
    """Return the mean one-vs-rest AUC; from three classes on, over those that the resample holds."""
    areas = np.column_stack([_auc(ranking, counts) for ranking in p.rankings])
    return areas[:, 0] if areas.shape[1] == 1 else _over_held(areas, p, counts)


def average_precision_macro(p: Predictions, counts: Floats) -> Floats:
    """Return the mean one-vs-rest average precision; from three classes on, over those that the resample holds."""
    return _over_held(
        np.column_stack([_average_precision(p.codes == c, p.proba[:, c], counts) for c in range(p.classes)]), p, counts
    )


def _over_held(values: Floats, p: Predictions, counts: Floats) -> Floats:
    if p.classes <= 2:
        return np.asarray(values.mean(axis=1), dtype=np.float64)
    held = (counts @ (p.codes[:, None] == np.arange(p.classes)) > 0).astype(np.float64)
    return _share((np.where(held > 0, values, 0.0)).sum(axis=1), held.sum(axis=1))


def auc_micro(p: Predictions, counts: Floats) -> Floats:
    """Return the AUC over all pairs of row and class, true ones against the others."""
    return _auc(p.pooled_ranking, np.repeat(counts, p.classes, axis=1))


def average_precision_micro(p: Predictions, counts: Floats) -> Floats:
    """Return the average precision over all pairs of row and class."""
    return _average_precision(p.pooled_truth, p.proba.ravel(), np.repeat(counts, p.classes, axis=1))


def matthews(p: Predictions, counts: Floats) -> Floats:
    """Return Matthews' correlation in Gorodkin's form for any number of classes (2004, Comput Biol Chem 28:367-374)."""
    table = confusion(p, counts)
    true, called, n = table.sum(axis=2), table.sum(axis=1), table.sum(axis=(1, 2))
    covariance = _hits(table).sum(axis=1) * n - (true * called).sum(axis=1)
    spread = (n * n - (called * called).sum(axis=1)) * (n * n - (true * true).sum(axis=1))
    return _share(covariance, np.sqrt(np.maximum(spread, 0.0)))


def mean_over_rows(values: Floats, counts: Floats) -> Floats:
    """Return the mean of a value per row in each resample; 0 where a resample is empty."""
    return _share(counts @ values, counts.sum(axis=1))


def log_loss(p: Predictions, counts: Floats) -> Floats:
    """Return the mean of minus the natural logarithm of the probability given to the true class."""
    return mean_over_rows(p.surprises, counts)


def brier(p: Predictions, counts: Floats) -> Floats:
    """Return the mean squared distance of the event's probability from what happened (Brier 1950, Mon Weather Rev 78:1-3)."""
    return mean_over_rows(p.squared_errors, counts)


RESAMPLED_METRICS: Mapping[str, Callable[[Predictions, Floats], Floats]] = {
    "AUC_weighted": auc_weighted,
    "average_precision_score_weighted": average_precision_weighted,
    "accuracy": accuracy,
    "balanced_accuracy": balanced_accuracy,
    "norm_macro_recall": norm_macro_recall,
    "precision_score_weighted": precision_weighted,
    "recall_score_weighted": recall_weighted,
    "f1_score_weighted": f1_weighted,
    "matthews_correlation": matthews,
    "log_loss": log_loss,
    "brier": brier,
    "weighted_accuracy": weighted_accuracy,
    "AUC_macro": auc_macro,
    "AUC_micro": auc_micro,
    "average_precision_score_macro": average_precision_macro,
    "average_precision_score_micro": average_precision_micro,
    "precision_score_macro": precision_macro,
    "precision_score_micro": accuracy,
    "recall_score_macro": recall_macro,
    "recall_score_micro": accuracy,
    "f1_score_macro": f1_macro,
    "f1_score_micro": accuracy,
}
