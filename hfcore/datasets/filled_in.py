"""Values of a continuous column that look filled in by somebody rather than measured."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np

MIN_DISTINCT = 20
MIN_REPEATS = 5
MIN_SHARE = 0.05
TIMES_USUAL = 10


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
    different, times = np.unique(numbers[np.isfinite(numbers)], return_counts=True)
    counts = Counter(dict(zip(different.tolist(), times.tolist(), strict=True)))
    if len(counts) <= MIN_DISTINCT:
        return ()
    total, usual = counts.total(), _usual_decimals(counts)
    often = max(MIN_SHARE * total, TIMES_USUAL * total / len(counts))
    mean = sum(v * n for v, n in counts.items()) / total
    found = [_judge(v, rows, rows >= often, mean, usual) for v, rows in counts.most_common() if rows >= MIN_REPEATS]
    return tuple(f for f in found if f is not None)


def _judge(value: float, rows: int, often: bool, mean: float, usual: int) -> FilledIn | None:
    if often:
        reason = "it is the mean of the column" if _rounds_to(mean, value) else "it is far more frequent than the other values"
        return FilledIn(value, rows, reason)
    if _decimals(value) > usual:
        return FilledIn(value, rows, "it has more decimals than the values around it")
    return None


def _rounds_to(mean: float, value: float) -> bool:
    return abs(mean - value) <= 0.5 * 10.0 ** -_decimals(value)


def _decimals(value: float) -> int:
    digits = np.format_float_positional(value, trim="-")
    return len(digits.partition(".")[2])


def _usual_decimals(counts: Counter[float]) -> int:
    """Most decimals needed by at least half of the rows."""
    needed: Counter[int] = Counter()
    for value, rows in counts.items():
        needed[_decimals(value)] += rows
    half, seen = counts.total() // 2, 0
    for decimals in sorted(needed):
        seen += needed[decimals]
        if seen > half:
            return decimals
    return 0
