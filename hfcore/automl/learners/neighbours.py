"""KNN: the nearest training rows vote, the nearer the more, the farthest of them not at all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from hfcore.automl.graph import Graph
from hfcore.automl.learners import Codes, Floats, Weights, class_shares

_TINY = 1e-12


@dataclass(frozen=True, eq=False)
class Neighbours:
    """A row's vote falls linearly with its distance and is 0 at the first row that is left out.

    So a tie at the edge cannot change a prediction. One vote is shared out by the classes' frequencies.
    """

    rows: Floats
    targets: Floats
    prior: Floats
    count: int

    def predict(self, x: Floats) -> Floats:
        """Return the probability of every class."""
        distance = self._distance(x)
        edge = np.partition(distance, self.count, axis=1)[:, self.count : self.count + 1]
        votes = np.maximum(1 - distance / np.maximum(edge, _TINY), 0.0)
        shares = votes @ self.targets + self.prior
        return np.asarray(shares / shares.sum(axis=1, keepdims=True))

    def _distance(self, x: Floats) -> Floats:
        squares = (x * x).sum(axis=1, keepdims=True) + (self.rows * self.rows).sum(axis=1)
        return np.asarray(np.sqrt(np.maximum(squares - 2 * x @ self.rows.T, 0.0)))

    def export(self, graph: Graph, x: str) -> str:
        """Append the same formula to a graph."""
        distance = self._export_distance(graph, x)
        nearest = graph.add("TopK", distance, graph.constant(np.array([self.count + 1])), axis=1, largest=0, sorted=1)
        edge = graph.add("Gather", nearest, graph.constant(np.array([self.count])), axis=1)
        share = graph.add("Div", distance, graph.add("Max", edge, graph.number(_TINY)))
        votes = graph.add("Relu", graph.add("Sub", graph.number(1.0), share))
        shares = graph.add("Add", graph.add("MatMul", votes, graph.constant(self.targets)), graph.constant(self.prior))
        total = graph.add("ReduceSum", shares, graph.constant(np.array([1])), keepdims=1)
        return graph.add("Div", shares, total)

    def _export_distance(self, graph: Graph, x: str) -> str:
        own = graph.add("ReduceSum", graph.add("Mul", x, x), graph.constant(np.array([1])), keepdims=1)
        product = graph.add("Mul", graph.add("MatMul", x, graph.constant(self.rows.T)), graph.number(2.0))
        squares = graph.add("Add", own, graph.constant((self.rows * self.rows).sum(axis=1)))
        return graph.add("Sqrt", graph.add("Relu", graph.add("Sub", squares, product)))


def fit_knn(parameters: dict[str, Any], x: Floats, codes: Codes, classes: int, seed: int, weights: Weights = None) -> Neighbours:
    """Keep the training rows; `n_neighbors` of them vote by their weights, fewer when the table is smaller."""
    count = max(1, min(int(parameters["n_neighbors"]), len(x) - 1))
    targets = np.eye(classes)[codes]
    return Neighbours(x, targets if weights is None else targets * weights[:, None], class_shares(codes, classes, weights), count)
