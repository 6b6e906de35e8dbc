"""Cubic splines: each column with many values is joined by smooth bumps between quantiles, so that a line may bend."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from hfcore.automl.graph import Graph

Floats = npt.NDArray[np.float64]
_DEGREE = 3


@dataclass(frozen=True, eq=False)
class Splines:
    """Standardised B-splines of chosen columns beside all columns; outside the training range they stay constant.

    `knots` has one row per chosen column, extended by three on either side.
    """

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

    def origins(self, width: int) -> npt.NDArray[np.int64]:
        """Return for each column that `apply` gives the one of the `width` columns it came from."""
        each = self.knots.shape[1] - _DEGREE - 1
        return np.concatenate([np.arange(width), np.repeat(self.columns, each)])

    def bumps(self, x: Floats) -> Floats:
        """Return the B-splines by the recursion of Cox and de Boor."""
        value = np.clip(x[:, self.columns], self.low, self.high)[:, :, None]
        bumps = ((value >= self.knots[:, :-1]) & (value < self.knots[:, 1:])).astype(np.float64)
        for degree in range(1, _DEGREE + 1):
            start, rise, end, fall = _spans(self.knots, degree)
            bumps = (value - start) / rise * bumps[:, :, :-1] + (end - value) / fall * bumps[:, :, 1:]
        return bumps.reshape(len(x), -1)

    def export(self, graph: Graph, x: str) -> str:
        """Append the same recursion to a graph."""
        if not len(self.columns):
            return x
        chosen = graph.add("Gather", x, graph.constant(self.columns), axis=1)
        inside = graph.add("Min", graph.add("Max", chosen, graph.constant(self.low)), graph.constant(self.high))
        value = graph.add("Unsqueeze", inside, graph.constant(np.array([2])))
        bumps = self._export_steps(graph, value)
        for degree in range(1, _DEGREE + 1):
            bumps = _export_level(graph, value, bumps, self.knots, degree)
        flat = graph.add("Reshape", bumps, graph.constant(np.array([0, -1])))
        scaled = graph.add("Div", graph.add("Sub", flat, graph.constant(self.shift)), graph.constant(self.spread))
        return graph.add("Concat", x, scaled, axis=1)

    def _export_steps(self, graph: Graph, value: str) -> str:
        from_knot = graph.add("GreaterOrEqual", value, graph.constant(self.knots[:, :-1]))
        before_next = graph.add("Less", value, graph.constant(self.knots[:, 1:]))
        return graph.double(graph.add("And", from_knot, before_next))


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
    plain = Splines(chosen, grid, x[:, chosen].min(axis=0), x[:, chosen].max(axis=0), np.zeros(1), np.ones(1), count)
    if not columns:
        return plain
    bumps = plain.bumps(x)
    spread = bumps.std(axis=0)
    return Splines(chosen, grid, plain.low, plain.high, bumps.mean(axis=0), np.where(spread > 1e-9, spread, 1.0), count)


def _extended(places: Floats, count: int) -> Floats:
    """Go on beyond both ends at the width of the outer intervals; a column with repeated quantiles goes on farther."""
    first, last = places[1] - places[0], places[-1] - places[-2]
    more = _DEGREE + count - len(places)
    return np.concatenate([places[0] - first * np.arange(_DEGREE, 0, -1), places, places[-1] + last * np.arange(1, more + 1)])


def _spans(knots: Floats, degree: int) -> tuple[Floats, Floats, Floats, Floats]:
    """Return start and width of the rising part, end and width of the falling part of each bump."""
    start, end = knots[:, : -degree - 1], knots[:, degree + 1 :]
    return start, knots[:, degree:-1] - start, end, end - knots[:, 1:-degree]


def _export_level(graph: Graph, value: str, bumps: str, knots: Floats, degree: int) -> str:
    start, rise, end, fall = _spans(knots, degree)
    indices = np.arange(start.shape[1], dtype=np.int64)
    left = graph.add("Gather", bumps, graph.constant(indices), axis=2)
    right = graph.add("Gather", bumps, graph.constant(indices + 1), axis=2)
    up = graph.add("Div", graph.add("Sub", value, graph.constant(start)), graph.constant(rise))
    down = graph.add("Div", graph.add("Sub", graph.constant(end), value), graph.constant(fall))
    return graph.add("Add", graph.add("Mul", up, left), graph.add("Mul", down, right))
