"""Filters of a table's rows: which values of a column stay, and how that is written in an address."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

import numpy as np
import numpy.typing as npt

from hfcore.datasets.columns import numbers
from hfcore.datasets.schema import Column, Schema

if TYPE_CHECKING:
    import pandas as pd

_TO = ".."


@dataclass(frozen=True)
class Filter:
    """One column's filter: its `values` as text (0 and 1 for yes/no), or the bounds of a number, both included.

    A row whose value is missing does not pass.
    """

    column: str
    values: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None

    def written(self) -> str:
        """Write the filter as a short text without blanks: age:60..95, sex:0, town:A|B."""
        if self.values:
            return f"{quote(self.column, safe='')}:{'|'.join(quote(v, safe='') for v in self.values)}"
        low, high = ("" if bound is None else f"{bound:.15g}" for bound in (self.low, self.high))
        return f"{quote(self.column, safe='')}:{low}{_TO}{high}"


def read(text: str, schema: Schema) -> Filter | None:
    """Return the filter that `written` wrote, or None when it does not fit the columns of this table."""
    name, colon, wanted = text.partition(":")
    name = unquote(name)
    if not colon or name not in schema:
        return None
    if is_number(schema[name]):
        return _range(name, wanted)
    values = tuple(unquote(v) for v in wanted.split("|") if v)
    fits = bool(values) and (schema[name].kind != "boolean" or set(values) <= {"0", "1"})
    return Filter(name, values) if fits else None


def _range(name: str, wanted: str) -> Filter | None:
    first, to, last = wanted.partition(_TO)
    try:
        low, high = (float(v) if v else None for v in (first, last))
    except ValueError:
        return None
    bounds = [b for b in (low, high) if b is not None]
    return Filter(name, low=low, high=high) if to and bounds and all(map(math.isfinite, bounds)) else None


def is_number(column: Column) -> bool:
    """Tell whether a column is filtered by bounds rather than by its values."""
    return column.kind in ("number", "integer")


def passing(frame: pd.DataFrame, filters: Iterable[Filter]) -> npt.NDArray[np.bool_]:
    """Return which rows pass every filter."""
    rows = np.ones(len(frame), dtype=bool)
    for wanted in filters:
        rows &= _passes(frame[wanted.column], wanted)
    return rows


def _passes(column: pd.Series, wanted: Filter) -> npt.NDArray[np.bool_]:
    if column.dtype.kind not in "biuf":
        return np.asarray(column.map(str, na_action="ignore").isin(wanted.values), dtype=bool)
    figures = numbers(column)
    if wanted.values:
        return np.isin(figures, [float(v) for v in wanted.values if v.replace(".", "", 1).lstrip("-").isdigit()])
    low = -math.inf if wanted.low is None else wanted.low
    high = math.inf if wanted.high is None else wanted.high
    return np.asarray((figures >= low) & (figures <= high))
