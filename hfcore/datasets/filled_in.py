"""Values of a continuous column that look filled in by somebody rather than measured."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
MIN_DISTINCT = 20
MIN_REPEATS = 5
MIN_SHARE = 0.05
TIMES_USUAL = 10
MOST_DECIMALS = 16


@dataclass(frozen=True)
class FilledIn:
    """A suspicious value, the number of rows that have it, and in words why it is suspicious."""

    value: float
    rows: int
    reason: str


def filled_in_values(values: Any) -> tuple[FilledIn, ...]:
    """Return the suspicious values of a column, most frequent first; none for a column of few distinct values.

    Suspicious is a value in at least 5 % of the rows that is ten times as frequent as the column's values
    are on average, and a value in at least five rows that has more decimals than half of the rows need.
    """
    numbers = np.asarray(values, dtype=np.float64)
    distinct, counts = np.unique(numbers[np.isfinite(numbers)], return_counts=True)
    if len(distinct) <= MIN_DISTINCT:
        return ()
    total, decimals = int(counts.sum()), _decimals(distinct)
    often = max(MIN_SHARE * total, TIMES_USUAL * total / len(distinct))
    mean = float(distinct @ counts) / total
    usual = _usual_decimals(decimals, counts)
    suspects = np.flatnonzero((counts >= MIN_REPEATS) & ((counts >= often) | (decimals > usual)))
    found = []
    for at in suspects[np.argsort(-counts[suspects], kind="stable")]:
        value, rows = float(distinct[at]), int(counts[at])
        found.append(FilledIn(value, rows, _reason(value, int(decimals[at]), rows >= often, mean)))
    return tuple(found)


def _reason(value: float, decimals: int, often: bool, mean: float) -> str:
    if not often:
        return "it has more decimals than the values around it"
    is_mean = abs(mean - value) <= 0.5 * 10.0**-decimals
    return "it is the mean of the column" if is_mean else "it is far more frequent than the other values"


def _decimals(values: Floats) -> Integers:
    """Return how many decimals each value needs, at most 16: the first number of them to which it is equal when rounded."""
    needed = np.full(len(values), MOST_DECIMALS)
    for decimals in range(MOST_DECIMALS - 1, -1, -1):
        scale = 10.0**decimals
        needed[np.rint(values * scale) / scale == values] = decimals
    return needed


def _usual_decimals(decimals: Integers, counts: Integers) -> int:
    """Most decimals needed by at least half of the rows."""
    rows = np.cumsum(np.bincount(decimals, weights=counts))
    return int(np.searchsorted(rows, rows[-1] // 2, side="right"))
