"""The rows of a request read column by column, for rows that need no second look; all others go to the entry script's reader."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from operator import itemgetter
from typing import Any

import numpy as np

from inference.score import MOST_ROWS, Feature, Matrix, RowReader

_NUMBERS = frozenset({int, float})
_YES_NO = frozenset({bool, int, float})
_FORMS = (dict, list)
FEW_ROWS = 8  # the cost of a handful of array operations


class QuickRowReader(RowReader):
    """Reads what is typed and in range at once, and leaves the rest to `RowReader`, with the same result."""

    def __init__(self, features: Sequence[Feature]) -> None:
        super().__init__(features)
        self._pick: Callable[[Any], Any] | None = itemgetter(*self.names) if len(features) > 1 else None
        allowed = {"boolean": _YES_NO, "category": frozenset()}  # text takes the second look
        self._types = [allowed.get(f.kind, _NUMBERS) for f in features]
        yes_no = np.array([f.kind == "boolean" for f in features])
        self._least = np.where(yes_no, 0.0, np.maximum(self._low, -sys.float_info.max))
        self._most = np.where(yes_no, 1.0, np.minimum(self._high, sys.float_info.max))
        whole = (self._whole | yes_no).tolist()
        self._limits = list(zip(self._types, self._least.tolist(), self._most.tolist(), whole, strict=True))
        self._without_fraction = np.flatnonzero(self._whole | yes_no)

    def one(self, row: Any) -> tuple[float, ...] | None:
        """Return the values of a record in the order of the features; None unless all are there, typed and in range."""
        if type(row) is not dict or len(row) != len(self.names) or self._pick is None:
            return None
        try:
            values: tuple[float, ...] = self._pick(row)
        except KeyError:
            return None
        return values if self._fits(values) else None

    def matrix(self, rows: Sequence[object]) -> Matrix:
        """Return an n x k matrix, or raise InvalidRows with every bad field of every row."""
        quick = self._at_once(rows) if self._pick is not None and 0 < len(rows) <= MOST_ROWS else None
        return super().matrix(rows) if quick is None else quick

    def _at_once(self, rows: Sequence[Any]) -> Matrix | None:
        """Return the matrix of rows with exactly the right columns, types and ranges; None when there is any doubt."""
        count, pick = len(self.names), self._pick
        if pick is None or not all(type(row) in _FORMS and len(row) == count for row in rows):
            return None
        try:
            table = [pick(row) if type(row) is dict else row for row in rows]
            if len(table) <= FEW_ROWS:
                return np.array(table, dtype=np.float64) if all(map(self._fits, table)) else None
            for allowed, column in zip(self._types, zip(*table, strict=True), strict=True):
                if not allowed.issuperset(map(type, column)):
                    return None
            matrix = np.array(table, dtype=np.float64)
        except (KeyError, OverflowError):
            return None
        return matrix if self._is_possible(matrix) else None

    def _fits(self, row: Sequence[Any]) -> bool:
        """Tell the same of one row as of many, sooner than arrays do for a few numbers."""
        for value, (allowed, least, most, whole) in zip(row, self._limits, strict=True):
            if type(value) not in allowed or not least <= value <= most or (whole and value != int(value)):
                return False
        return True

    def _is_possible(self, matrix: Matrix) -> bool:
        """Tell whether every cell is finite, in range, and whole where it must be."""
        whole = matrix[:, self._without_fraction]
        inside = (matrix >= self._least) & (matrix <= self._most)
        return bool(inside.all() and (whole == np.floor(whole)).all())
