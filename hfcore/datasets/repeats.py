"""Rows that occur twice, and rows that are another row but for one cell; found by sums of hashes, in time n log n.

Each cell gets a hash of 64 bits and a row the sum of its cells' hashes. Rows with the same sum are the same; without column j
a row's sum is less by one hash, so that rows which differ in that column alone share it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import pandas as pd

MANY_VALUES = 20
ENOUGH_COLUMNS = 3
Hashes = npt.NDArray[np.uint64]


@dataclass(frozen=True)
class NearRepeats:
    """How many rows are an earlier one but for one cell, and in which columns, most frequent first.

    `judged` is False when fewer than three other columns have more than 20 different values: rows that agree then may
    well be different patients.
    """

    rows: int
    columns: Mapping[str, int]
    judged: bool = True


def repeated_rows(frame: pd.DataFrame) -> int:
    """Return how many rows repeat an earlier row in every column."""
    if frame.empty:
        return 0
    return len(frame) - len(np.unique(_sum(_hashes(frame))))


def near_repeats(frame: pd.DataFrame) -> NearRepeats:
    """Return how many rows differ from an earlier, different row in one column only."""
    measured = [str(c) for c in frame.columns if frame[c].nunique() > MANY_VALUES]
    parts = _hashes(frame)
    if frame.empty or len(measured) <= ENOUGH_COLUMNS:
        return NearRepeats(0, {}, judged=False)
    total = _sum(parts)
    _, first = np.unique(total, return_index=True)
    first = np.sort(first)
    alike, columns = np.zeros(len(first), dtype=bool), {}
    for name, part in parts.items():
        again = _again(total[first] - part[first])
        if again.any():
            columns[name] = int(again.sum())
            alike |= again
    return NearRepeats(int(alike.sum()), dict(sorted(columns.items(), key=lambda item: -item[1])))


def _again(keys: Hashes) -> npt.NDArray[np.bool_]:
    """Tell for each key whether it occurred before."""
    _, first = np.unique(keys, return_index=True)
    again = np.ones(len(keys), dtype=bool)
    again[first] = False
    return again


def _sum(parts: Mapping[str, Hashes]) -> Hashes:
    return np.asarray(np.sum(list(parts.values()), axis=0, dtype=np.uint64), dtype=np.uint64)


def _hashes(frame: pd.DataFrame) -> dict[str, Hashes]:
    """Return a hash for every cell, by column; the place of a column counts, so that equal values in two columns differ."""
    return {str(name): _of_column(frame.iloc[:, i], i) for i, name in enumerate(frame.columns)}


def _of_column(values: pd.Series[Any], place: int) -> Hashes:
    from pandas.util import hash_array

    plain = values.to_numpy(dtype=np.float64, na_value=np.nan) if values.dtype.kind in "biuf" else values.astype(str).to_numpy()
    salted = np.multiply(hash_array(plain, categorize=False), np.uint64(2 * place + 1))
    mixed: Hashes = np.bitwise_xor(salted, np.right_shift(salted, np.uint64(29)))
    return mixed
