"""What each fold's model says when one column is shuffled: what permutation importance needs, without fitting anything again.

Every trial predicts the rows it has held out once more for each column, with that column's cells exchanged among all rows. All
trials of a run share the exchange, so an ensemble can combine what its members say as it combines their predictions.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from hfcore.automl.validation import Splits

Floats = npt.NDArray[np.float64]
Singles = npt.NDArray[np.float32]
Flags = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]
MOST_REPEATS = 4
MOST_PREDICTIONS = 15_000  # rows that one trial predicts more than without


@dataclass(frozen=True, eq=False)
class Shuffles:
    """`donors[r, i]` is the row whose cell row i takes in repeat r; `asked` says which rows are predicted again at all."""

    donors: Ints
    asked: Flags

    def predicted(self, predict: Callable[[Singles], Floats], values: Singles, held: Flags) -> Singles:
        """Return the probabilities of the rows that are held out and asked for: columns, repeats, rows, classes."""
        rows = np.flatnonzero(held & self.asked)
        columns, repeats = values.shape[1], len(self.donors)
        again = np.tile(values[rows], (columns, repeats, 1, 1))
        for column in range(columns):
            again[column, ..., column] = values[self.donors[:, rows], column]
        given = predict(again.reshape(-1, columns)) if len(rows) else np.empty((0, 0))
        return given.reshape(columns, repeats, len(rows), -1).astype(np.float32)

    def assembled(self, parts: Sequence[Singles], held: Sequence[Flags], splits: Splits | None) -> Singles:
        """Put what was predicted fold by fold into the order of the cases: that of the rows, or split by split."""
        kept = [part for part in parts if part.shape[2]]
        joined = np.concatenate(kept, axis=2)
        if splits is not None:
            return joined
        rows = np.concatenate([np.flatnonzero(h & self.asked) for h in held])
        return joined[:, :, np.argsort(rows)]

    def places(self, splits: Splits | None) -> Ints:
        """Return the places, among all cases, of those asked for."""
        return np.flatnonzero(self.asked if splits is None else self.asked[splits.rows])

    def per_row(self, shuffled: Floats, splits: Splits | None) -> tuple[Ints, Floats]:
        """Return the rows that were asked for and held out, and their probabilities: columns, repeats, rows, classes."""
        places = self.places(splits)
        rows, row_of = np.unique(places if splits is None else splits.rows[places], return_inverse=True)
        total = np.zeros((len(rows), *shuffled.shape[:2], shuffled.shape[3]))
        np.add.at(total, row_of, np.moveaxis(shuffled, 2, 0))
        return rows, np.moveaxis(total / np.bincount(row_of)[:, None, None, None], 0, 2)


def draw_shuffles(rows: int, columns: int, seed: int, held: Flags) -> Shuffles:
    """Draw whose cells are exchanged: up to four times on every row that is ever held out, on fewer rows of a large table."""
    rng = np.random.default_rng([seed, 2])
    most = max(1, MOST_PREDICTIONS // columns)
    candidates = np.flatnonzero(held)
    asked = np.zeros(rows, dtype=bool)
    asked[candidates if len(candidates) <= most else rng.choice(candidates, most, replace=False)] = True
    repeats = int(np.clip(most // int(asked.sum()), 1, MOST_REPEATS))
    return Shuffles(np.array([rng.permutation(rows) for _ in range(repeats)]), asked)
