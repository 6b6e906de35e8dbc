"""How strongly the columns of a table go together, pair by pair, measured as the kinds of the two columns ask for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from hfcore.datasets.columns import numbers
from hfcore.datasets.ranks import average_ranks
from hfcore.datasets.schema import Schema
from hfcore.datasets.significance import cramers_v

if TYPE_CHECKING:
    import pandas as pd

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]
SPEARMAN, CRAMER, RATIO = "Spearman's correlation", "Cramér's V", "correlation ratio"
MAX_VALUES = 20
MAX_COLUMNS = 30


@dataclass(frozen=True)
class Associations:
    """Every pair of columns: `values[i][j]` from -1 to 1, None where a column does not vary; `left_out` were too many to compare.

    Two numbers: Spearman's rank correlation (1904, Am J Psychol 15:72-101). Yes/no or text with one another: Cramér's V
    (1946). A number with yes/no or text: the correlation ratio, the root of the share of the number's variance that lies
    between the groups (Fisher 1925, Statistical Methods for Research Workers, ch. 8). V and the ratio have no direction of their
    own; between numbers and yes/no they get the sign of the correlation, yes counting as 1.
    """

    names: tuple[str, ...]
    values: tuple[tuple[float | None, ...], ...]
    measures: tuple[tuple[str, ...], ...]
    left_out: tuple[str, ...] = ()

    def between(self, first: str, second: str) -> tuple[float | None, str]:
        """Return the strength of a pair and what measures it."""
        i, j = self.names.index(first), self.names.index(second)
        return self.values[i][j], self.measures[i][j]


@dataclass(frozen=True)
class _Variable:
    """A column made ready: its numbers and whole-column ranks, or the codes of its values, -1 where missing."""

    present: npt.NDArray[np.bool_]
    figures: Floats | None = None
    ranks: Floats | None = None
    codes: Codes | None = None


def associations(frame: pd.DataFrame, schema: Schema) -> Associations:
    """Measure every pair over the rows that have both values; at most 30 columns, those with at most 20 values if text."""
    usable = [c for c in map(str, frame.columns) if c in schema and _is_usable(frame[c], schema[c].kind)]
    names = tuple(usable[:MAX_COLUMNS])
    ready = [_ready(frame[n], schema[n].kind) for n in names]
    found = {(i, j): _measure(ready[i], ready[j]) for i in range(len(ready)) for j in range(i, len(ready))}
    places = range(len(ready))
    return Associations(
        names=names,
        values=tuple(tuple(found[min(i, j), max(i, j)][0] for j in places) for i in places),
        measures=tuple(tuple(found[min(i, j), max(i, j)][1] for j in places) for i in places),
        left_out=tuple(c for c in map(str, frame.columns) if c not in names),
    )


def _is_usable(values: pd.Series, kind: str) -> bool:
    return values.dtype.kind in "biuf" or (kind == "category" and values.nunique() <= MAX_VALUES)


def _ready(values: pd.Series, kind: str) -> _Variable:
    present = values.notna().to_numpy(bool)
    if values.dtype.kind not in "biuf":
        return _Variable(present, codes=values.factorize()[0].astype(np.int64))
    figures = numbers(values)
    if kind == "boolean":
        return _Variable(present, figures, codes=np.where(present, np.nan_to_num(figures), -1).astype(np.int64))
    return _Variable(present, figures, ranks=average_ranks(figures) if present.all() else None)


def _measure(a: _Variable, b: _Variable) -> tuple[float | None, str]:
    both = a.present & b.present
    if a.codes is None and b.codes is None:
        ranks = [_ranks(v, both) for v in (a, b)]
        return _correlation(ranks[0], ranks[1]), SPEARMAN
    if a.codes is not None and b.codes is not None:
        strength, measure = _v(a.codes[both], b.codes[both]), CRAMER
    else:
        number, group = (a, b) if a.codes is None else (b, a)
        strength, measure = _ratio(number, group, both), RATIO
    return strength if strength is None else strength * _sign(a, b, both), measure


def _ranks(variable: _Variable, both: npt.NDArray[np.bool_]) -> Floats:
    if variable.ranks is not None and both.all():
        return variable.ranks
    assert variable.figures is not None
    return average_ranks(variable.figures[both])


def _correlation(x: Floats, y: Floats) -> float | None:
    if len(x) < 2:
        return None
    x, y = x - x.mean(), y - y.mean()
    scale = float(np.sqrt((x * x).sum() * (y * y).sum()))  # sums, not products of matrices, which would wake up threads
    return float((x * y).sum()) / scale if scale > 0 else None


def _v(a: Codes, b: Codes) -> float | None:
    if not len(a):
        return None
    columns = int(b.max()) + 1
    table = np.bincount(a * columns + b, minlength=(int(a.max()) + 1) * columns).reshape(-1, columns)
    return cramers_v(table)


def _ratio(number: _Variable, group: _Variable, both: npt.NDArray[np.bool_]) -> float | None:
    assert number.figures is not None
    assert group.codes is not None
    values, codes = number.figures[both], group.codes[both]
    if len(values) < 2 or codes.min() == codes.max():
        return None
    values = values - values.mean()
    sizes = np.bincount(codes)
    sums = np.bincount(codes, weights=values)
    total = float((values * values).sum())
    between = float((sums[sizes > 0] ** 2 / sizes[sizes > 0]).sum())
    return float(np.sqrt(min(1.0, between / total))) if total > 0 else None


def _sign(a: _Variable, b: _Variable, both: npt.NDArray[np.bool_]) -> float:
    if a.figures is None or b.figures is None:
        return 1.0
    return -1.0 if (_correlation(a.figures[both], b.figures[both]) or 0.0) < 0 else 1.0
