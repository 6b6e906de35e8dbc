"""Which patients of a table are like another one, how far away it is from all of them, and which values none of them had.

Distance is Euclidean over the columns, each divided by its standard deviation in the table, so that every column counts
alike. Measurements that are above 0 and strongly skewed are compared as logarithms, two different texts are 1 apart, and a
missing value is taken as the column's mean.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from hfcore.datasets.columns import is_number, numbers
from hfcore.datasets.schema import Column

if TYPE_CHECKING:
    import pandas as pd

Floats = npt.NDArray[np.float64]

MOST_ROWS = 10_000
MOST_COMPARED = 300
FAR_SHARE = 0.99
SKEWED = 1.0
_SEED = 0


@dataclass(frozen=True)
class Neighbour:
    """A patient of the table: its row, counted from 0, and its distance."""

    row: int
    distance: float


@dataclass(frozen=True)
class Outside:
    """A value below the smallest or above the largest one of the table."""

    column: Column
    value: float
    low: float
    high: float


@dataclass(frozen=True)
class _Scale:
    """How a column is laid out: whether as a logarithm, its mean and standard deviation."""

    log: bool
    mean: float
    spread: float

    def of(self, values: Floats) -> Floats:
        """Return values as distances from the mean, in standard deviations."""
        laid = np.log(np.maximum(values, 1e-12)) if self.log else values
        return np.asarray(np.where(np.isnan(laid), 0.0, (laid - self.mean) / self.spread))


class Resemblance:
    """The rows of a table, ready to be compared with a patient.

    Args:
        frame: The table; above 10,000 rows a sample of them, drawn once and always the same, is compared with.
        columns: The columns to compare by.
    """

    def __init__(self, frame: pd.DataFrame, columns: Sequence[Column]) -> None:
        self.columns = tuple(c for c in columns if c.name in frame.columns)
        rows = _sample(len(frame))
        self._rows = rows
        self.is_sampled = len(rows) < len(frame)
        self._numbers = [c for c in self.columns if is_number(frame[c.name])]
        self._texts = [c for c in self.columns if c not in self._numbers]
        full = {c.name: numbers(frame[c.name]) for c in self._numbers}
        self._ranges = {name: (float(np.nanmin(v)), float(np.nanmax(v))) for name, v in full.items()}
        self._scales = {name: _scale(v) for name, v in full.items()}
        self._laid = np.column_stack([self._scales[n].of(v[rows]) for n, v in full.items()] or [np.zeros((len(rows), 0))])
        self._words = [frame[c.name].astype(str).to_numpy()[rows] for c in self._texts]
        self.limit = self._far()

    def nearest(self, values: Mapping[str, Any], count: int = 5) -> tuple[Neighbour, ...]:
        """Return the patients that are most like these values, the nearest first."""
        distances = self._distances(*self._laid_out(values))
        order = np.argsort(distances, kind="stable")[:count]
        return tuple(Neighbour(int(self._rows[i]), float(distances[i])) for i in order)

    def is_far(self, values: Mapping[str, Any]) -> bool:
        """Tell whether a patient is farther from the nearest one than 99 % of the table's own patients are from theirs."""
        nearest = self.nearest(values, 1)
        return bool(nearest) and nearest[0].distance > self.limit

    def outside(self, values: Mapping[str, Any]) -> tuple[Outside, ...]:
        """Return the numbers that are smaller or larger than any in the table."""
        found = []
        for column in self._numbers:
            value, (low, high) = values.get(column.name), self._ranges[column.name]
            if column.kind != "boolean" and isinstance(value, int | float) and not low <= value <= high:
                found.append(Outside(column, float(value), low, high))
        return tuple(found)

    def range_of(self, name: str) -> tuple[float, float] | None:
        """Return the smallest and the largest value of a column, None where it holds no numbers."""
        return self._ranges.get(name)

    def _laid_out(self, values: Mapping[str, Any]) -> tuple[Floats, list[str]]:
        """Return a patient as the rows are laid out."""
        cells = [float(self._scales[c.name].of(np.array([_number(values.get(c.name))]))[0]) for c in self._numbers]
        return np.array(cells, dtype=np.float64), [str(values.get(c.name)) for c in self._texts]

    def _distances(self, laid: Floats, words: Sequence[str]) -> Floats:
        squares = ((self._laid - laid) ** 2).sum(axis=1)
        for column, word in zip(self._words, words, strict=True):
            squares = squares + (column != word)
        return np.asarray(np.sqrt(squares))

    def _far(self) -> float:
        """Return how far 99 % of (at most 300 of) the table's patients are at most from their nearest other one."""
        some = np.unique(np.linspace(0, len(self._rows) - 1, min(MOST_COMPARED, len(self._rows))).astype(int))
        nearest = []
        for i in some:
            distances = self._distances(self._laid[i], [w[i] for w in self._words])
            distances[i] = np.inf
            nearest.append(distances.min())
        return float(np.quantile(nearest, FAR_SHARE)) if len(nearest) > 1 else float("inf")


def _sample(rows: int) -> npt.NDArray[np.intp]:
    if rows <= MOST_ROWS:
        return np.arange(rows)
    return np.sort(np.random.default_rng(_SEED).choice(rows, MOST_ROWS, replace=False))


def _number(value: Any) -> float:
    return float(value) if isinstance(value, int | float) else float("nan")


def _scale(values: Floats) -> _Scale:
    """Return how to lay out a column; a constant one counts nothing unless a value differs."""
    present = values[~np.isnan(values)]
    log = bool(present.min() > 0 and _skewness(present) > SKEWED)
    laid = np.log(present) if log else present
    spread = float(laid.std())
    return _Scale(log, float(laid.mean()), spread if spread > 0 else 1.0)


def _skewness(values: Floats) -> float:
    """Return the third standardised moment, 0 for a constant column."""
    spread = values.std()
    return float((((values - values.mean()) / spread) ** 3).mean()) if spread > 0 else 0.0
