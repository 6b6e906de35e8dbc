"""Whether two outcomes differ in each column of a table: one test per column, corrected for how many there are."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from hfcore.datasets.columns import numbers
from hfcore.datasets.schema import Column, Schema
from hfcore.datasets.significance import benjamini_hochberg, contingency, mann_whitney

if TYPE_CHECKING:
    import pandas as pd

MAX_VALUES = 100


@dataclass(frozen=True)
class Comparison:
    """One column between two outcomes.

    `p` is the chance of a difference at least as large if there were none, `q` the same corrected for the number of
    columns by Benjamini and Hochberg; both None, with the reason in `test`, where there is nothing to compare.
    """

    column: str
    test: str
    p: float | None = None
    q: float | None = None


def compare(frame: pd.DataFrame, schema: Schema, label: str | None) -> tuple[Comparison, ...]:
    """Compare every column but the label between the label's two values, over the rows that have both.

    Numbers by the Mann-Whitney test, yes/no and text by the chi-square or Fisher's exact test; empty for a label that
    does not have exactly two values.
    """
    if label is None or frame[label].nunique() != 2:
        return ()
    last = max(frame[label].dropna().unique().tolist(), key=lambda v: (str(type(v)), v))
    second = (frame[label] == last).to_numpy(bool)
    known = frame[label].notna().to_numpy(bool)
    found = [_compare(schema[c], frame[c], known, second) for c in map(str, frame.columns) if c in schema and c != label]
    q_values = benjamini_hochberg([c.p for c in found])
    return tuple(replace(c, q=q) for c, q in zip(found, q_values, strict=True))


def _compare(column: Column, values: pd.Series, known: npt.NDArray[np.bool_], second: npt.NDArray[np.bool_]) -> Comparison:
    present = known & values.notna().to_numpy(bool)
    if column.kind in ("number", "integer") and values.dtype.kind in "biuf":
        figures = numbers(values)
        p = mann_whitney(figures[present & ~second], figures[present & second])
        return Comparison(column.name, "nothing varies" if p is None else "Mann-Whitney test", p)
    table = outcome_counts(values[present], second[present])
    if len(table) > MAX_VALUES:
        return Comparison(column.name, f"more than {MAX_VALUES} different values")
    tested = contingency(table) if len(table) else None
    return Comparison(column.name, *(tested or ("nothing varies",)))


def outcome_counts(values: pd.Series, second: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
    """Count each value of a column in the first and in the second outcome: a table of values x 2."""
    codes, found = values.factorize()
    return np.stack([np.bincount(codes[rows], minlength=len(found)) for rows in (~second, second)], axis=1)
