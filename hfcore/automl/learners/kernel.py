"""Kernel logistic regression: a smooth surface through the log odds, by likeness to some of the training rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from hfcore.automl.graph import Graph
from hfcore.automl.learners import Codes, Floats, Weights
from hfcore.automl.learners.relevance import fit_relevant
from hfcore.automl.ridge_logistic import RidgeLogistic, fit_ridge_logistic

MOST_LANDMARKS = 250
_MOST_UNKNOWNS = 1000
_JITTER = 1e-3
_LEAST_VARIANCE = 1e-3


@dataclass(frozen=True, eq=False)
class KernelLogistic:
    """A logistic regression on exp(-gamma * squared distance) to each landmark; `emphasis` stretches the columns first."""

    emphasis: Floats
    landmarks: Floats
    gamma: float
    line: RidgeLogistic

    def predict(self, x: Floats) -> Floats:
        """Return the probability of every class."""
        return self.line.predict(self._kernel(x))

    def scores(self, x: Floats) -> Floats:
        """Return the log odds of every class but the first against the first."""
        return self.line.scores(self._kernel(x))

    def _kernel(self, x: Floats) -> Floats:
        return gaussian(x * self.emphasis, self.landmarks, self.gamma)

    def export(self, graph: Graph, x: str) -> str:
        """Append kernel and line to a graph."""
        return self.line.export(graph, self._export_kernel(graph, x))

    def export_scores(self, graph: Graph, x: str) -> str:
        """Append kernel and log odds to a graph."""
        return self.line.export_scores(graph, self._export_kernel(graph, x))

    def _export_kernel(self, graph: Graph, x: str) -> str:
        return export_gaussian(graph, x, self.landmarks, self.gamma, self.emphasis)


def gaussian(x: Floats, landmarks: Floats, gamma: float) -> Floats:
    """Return exp(-gamma * squared distance) of every row to every landmark."""
    squares = (x * x).sum(axis=1, keepdims=True) + (landmarks * landmarks).sum(axis=1) - 2 * x @ landmarks.T
    return np.asarray(np.exp(-gamma * np.maximum(squares, 0.0)))


def export_gaussian(graph: Graph, x: str, landmarks: Floats, gamma: float, emphasis: Floats | float = 1.0) -> str:
    """Append the same to a graph, of rows whose columns are stretched by `emphasis` first."""
    stretched = np.broadcast_to(np.sqrt(gamma) * emphasis, landmarks.shape[1:])
    near = np.sqrt(gamma) * landmarks
    product = graph.line(x, 2.0 * (near * stretched).T, -(near * near).sum(axis=1))
    own = graph.add("ReduceSumSquare", graph.add("Mul", x, graph.constant(stretched)), axes=[1], keepdims=1)
    return graph.add("Exp", graph.add("Sub", product, own))


def fit_kernel_logistic(
    parameters: dict[str, Any], x: Floats, codes: Codes, classes: int, seed: int, weights: Weights = None
) -> KernelLogistic:
    """Fit log odds with a Gaussian kernel on at most 250 landmarks, training rows drawn at random (Nystrom's approximation).

    `C` is the inverse strength of the penalty, `gamma` is per column: it is divided by their number. `relevance` above 0
    stretches the columns whose learned variance is large. With many classes there are fewer landmarks: the cost stays bounded.
    """
    emphasis = _emphasis(float(parameters.get("relevance", 0.0)), x, codes, classes, weights)
    count = min(MOST_LANDMARKS, _MOST_UNKNOWNS // (classes - 1))
    landmarks = x[np.random.default_rng(seed).permutation(len(x))[:count]] * emphasis
    gamma = float(parameters["gamma"]) / x.shape[1]
    among = gaussian(landmarks, landmarks, gamma)
    factor = np.linalg.cholesky(among + _JITTER * np.eye(len(landmarks)))
    features = np.linalg.solve(factor, gaussian(x * emphasis, landmarks, gamma).T).T
    line = fit_ridge_logistic(features, codes, classes, float(parameters["C"]), weights)
    return KernelLogistic(emphasis, landmarks, gamma, RidgeLogistic(np.linalg.solve(factor.T, line.weights), line.intercept))


def _emphasis(power: float, x: Floats, codes: Codes, classes: int, weights: Weights) -> Floats:
    """Return a factor per column: the deviation of its linear coefficient to a power, with a mean square of one."""
    if power == 0:
        return np.ones(x.shape[1])
    factor = (fit_relevant(x, 0, codes, classes, weights)[1] + _LEAST_VARIANCE) ** (power / 2)
    return np.asarray(factor / np.sqrt((factor**2).mean()))
