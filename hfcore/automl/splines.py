"""Cubic splines: each column with many values is joined by smooth bumps between quantiles, so that a line may bend."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from hfcore.automl.graph import Graph

Floats = npt.NDArray[np.float64]
_DEGREE = 3
_FEW_COLUMNS = 12
_PLACES = np.linspace(0.0, 1.0, _DEGREE + 1)  # as many as a cubic polynomial has coefficients


@dataclass(frozen=True, eq=False)
class Splines:
    """Standardised B-splines of chosen columns beside all columns; outside the training range they stay constant.

    `width` is the number of all columns; `knots` has one row per chosen column, extended by three on either side.
    """

    width: int
    columns: npt.NDArray[np.int64]
    knots: Floats
    low: Floats
    high: Floats
    shift: Floats
    spread: Floats
    count: int
    name: str = "QuantileSplines"

    @property
    def parameters(self) -> dict[str, Any]:
        """How many knots a column has."""
        return {"knots": self.count}

    def apply(self, x: Floats) -> Floats:
        """Append the standardised bumps."""
        if not len(self.columns):
            return x
        return np.hstack([x, (self.bumps(x) - self.shift) / self.spread])

    def origins(self) -> npt.NDArray[np.int64]:
        """Return for each column that `apply` gives the column it came from."""
        each = self.knots.shape[1] - _DEGREE - 1
        return np.concatenate([np.arange(self.width), np.repeat(self.columns, each)])

    def bumps(self, x: Floats) -> Floats:
        """Return the B-splines by the recursion of Cox and de Boor."""
        value = np.clip(x[:, self.columns], self.low, self.high)[:, :, None]
        bumps = ((value >= self.knots[:, :-1]) & (value < self.knots[:, 1:])).astype(np.float64)
        for degree in range(1, _DEGREE + 1):
            start, rise, end, fall = _spans(self.knots, degree)
            bumps = (value - start) / rise * bumps[:, :, :-1] + (end - value) / fall * bumps[:, :, 1:]
        return bumps.reshape(len(x), -1)

    def export(self, graph: Graph, x: str) -> str:
        """Append the same bumps to a graph, as polynomials: fewer operations than the recursion, so quicker for one row."""
        if not len(self.columns):
            return x
        start, width, powers = self._pieces()
        origin = (self.bumps(self._at(self.low))[0] - self.shift) / self.spread
        if len(self.columns) > _FEW_COLUMNS:
            chosen = graph.add("Gather", x, graph.constant(np.repeat(self.columns, self.count - 1).reshape(start.shape)), axis=1)
            curves = graph.add("Concat", *_curves(graph, graph.scale(chosen, start, width)), axis=2)
            return graph.join(x, graph.add("Add", _column_by_column(graph, curves, powers), graph.constant(origin)))
        share = graph.line(x, *_all_shares(self.width, self.columns, start, width))
        return graph.join(x, graph.line(graph.join(*_curves(graph, share)), _in_one_matrix(powers), origin))

    def _pieces(self) -> tuple[Floats, Floats, Floats]:
        """Return start and width of each column's intervals, and what t, t^2 and t^3 in each of them add to its scaled bumps.

        t goes from 0 to 1 in an interval and stays at 1 beyond it, so a bump is its value at `low` plus these sums: exact, and
        without the cancellation of powers that go on. An interval beyond `high` adds nothing. Columns x 3 x intervals x bumps.
        """
        columns, each = len(self.columns), self.count - 1
        start = self.knots[:, _DEGREE : _DEGREE + each]
        width = self.knots[:, _DEGREE + 1 : _DEGREE + 1 + each] - start
        spread = np.broadcast_to(self.spread, columns * (self.count + 2)).reshape(columns, -1)
        powers = np.zeros((columns, _DEGREE, each, self.count + 2))
        for piece in range(each):
            seen = [self.bumps(self._at(start[:, piece] + t * width[:, piece])).ravel() for t in _PLACES]
            found = np.linalg.solve(np.vander(_PLACES, increasing=True), np.array(seen))[1:]
            counts = (start[:, piece] < self.high)[:, None]
            powers[:, :, piece] = found.reshape(_DEGREE, columns, -1).transpose(1, 0, 2) * (counts / spread)[:, None]
        return start, width, powers

    def _at(self, values: Floats) -> Floats:
        """Return a row that has one value in each chosen column."""
        row = np.zeros((1, int(self.columns.max()) + 1))
        row[0, self.columns] = values
        return row


def _all_shares(columns: int, chosen: npt.NDArray[np.int64], start: Floats, width: Floats) -> tuple[Floats, Floats]:
    """Return the line that gives how far a row is in each interval of each chosen column, 0 at its start and 1 at its end."""
    each = width.shape[1]
    weights = np.zeros((columns, width.size))
    weights[np.repeat(chosen, each), np.arange(width.size)] = 1 / width.ravel()
    return weights, -(start / width).ravel()


def _curves(graph: Graph, share: str) -> tuple[str, str, str]:
    """Append t, t^2 and t^3 of shares cut off at 0 and 1."""
    inside = graph.add("Clip", share, graph.number(0.0), graph.number(1.0))
    square = graph.add("Mul", inside, inside)
    return inside, square, graph.add("Mul", square, inside)


def _in_one_matrix(powers: Floats) -> Floats:
    """Return what all columns' curves add to all columns' bumps; mostly zeros, and quickest while there are few columns."""
    columns, _, each, bumps = powers.shape
    whole = np.zeros((_DEGREE, columns, each, columns, bumps))
    for column in range(columns):
        whole[:, column, :, column] = powers[column]
    return whole.reshape(_DEGREE * columns * each, -1)


def _column_by_column(graph: Graph, curves: str, powers: Floats) -> str:
    """Return the same by one small matrix for each column: file and time grow with the columns, not with their square."""
    by_column = graph.add("Transpose", curves, perm=[1, 0, 2])
    own = powers.reshape(len(powers), -1, powers.shape[-1])
    steps = graph.add("Transpose", graph.add("MatMul", by_column, graph.constant(own)), perm=[1, 0, 2])
    return graph.add("Reshape", steps, graph.constant(np.array([0, -1])))


def fit_splines(x: Floats, count: int) -> Splines:
    """Place `count` knots at quantiles of every column that has more than twice as many different values."""
    columns, knots = [], []
    for j in range(x.shape[1]):
        places = np.unique(np.quantile(x[:, j], np.linspace(0, 1, count)))
        if len(np.unique(x[:, j])) > 2 * count and len(places) > 1:
            columns.append(j)
            knots.append(_extended(places, count))
    chosen = np.array(columns, dtype=np.int64)
    grid = np.array(knots, dtype=np.float64).reshape(len(columns), count + 2 * _DEGREE)
    low, high = x[:, chosen].min(axis=0), x[:, chosen].max(axis=0)
    plain = Splines(x.shape[1], chosen, grid, low, high, np.zeros(1), np.ones(1), count)
    if not columns:
        return plain
    bumps = plain.bumps(x)
    spread = bumps.std(axis=0)
    return replace(plain, shift=bumps.mean(axis=0), spread=np.where(spread > 1e-9, spread, 1.0))


def _extended(places: Floats, count: int) -> Floats:
    """Go on beyond both ends at the width of the outer intervals; a column with repeated quantiles goes on farther."""
    first, last = places[1] - places[0], places[-1] - places[-2]
    more = _DEGREE + count - len(places)
    return np.concatenate([places[0] - first * np.arange(_DEGREE, 0, -1), places, places[-1] + last * np.arange(1, more + 1)])


def _spans(knots: Floats, degree: int) -> tuple[Floats, Floats, Floats, Floats]:
    """Return start and width of the rising part, end and width of the falling part of each bump."""
    start, end = knots[:, : -degree - 1], knots[:, degree + 1 :]
    return start, knots[:, degree:-1] - start, end, end - knots[:, 1:-degree]
