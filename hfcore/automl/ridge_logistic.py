"""Logistic regression with an L2 penalty, for two or more classes, by Newton's method in numpy."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from hfcore.automl.graph import Graph

Floats = npt.NDArray[np.float64]
_STEPS = 50
_TOLERANCE = 1e-7  # Newton's error squares with each step, so what is left after such a step is about 1e-14


@dataclass(frozen=True, eq=False)
class RidgeLogistic:
    """Softmax of (0, x W + b): `weights` is features x (classes - 1), the first class is the reference."""

    weights: Floats
    intercept: Floats

    def predict(self, x: Floats) -> Floats:
        """Return the probability of every class."""
        return softmax(np.hstack([np.zeros((len(x), 1)), self.scores(x)]))

    def scores(self, x: Floats) -> Floats:
        """Return the log odds of every class but the first against the first."""
        return np.asarray(x @ self.weights + self.intercept)

    def export(self, graph: Graph, x: str) -> str:
        """Append the same formula to a graph."""
        return graph.add("Softmax", self.export_scores(graph, x), axis=1)

    def export_scores(self, graph: Graph, x: str) -> str:
        """Append the log odds of every class against the first to a graph: 0 for the first itself."""
        weights = np.hstack([np.zeros((len(self.weights), 1)), self.weights])
        return graph.line(x, weights, np.concatenate([[0.0], self.intercept]))


def softmax(scores: Floats) -> Floats:
    """Return exp(scores) normalised over each row."""
    shifted = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(shifted / shifted.sum(axis=1, keepdims=True))


def fit_ridge_logistic(
    x: Floats,
    codes: npt.NDArray[np.intp],
    classes: int,
    c: float,
    weights: Floats | None = None,
    start: RidgeLogistic | None = None,
) -> RidgeLogistic:
    """Minimise |W|^2 / 2 + c * sum(log loss); the intercept is not penalised; a row of weight 2 counts like two rows.

    With more than two classes the penalty is on the weights against the average class, so the result does
    not depend on which class is the reference. A `start` near the solution saves steps and changes nothing else.
    """
    problem = _Problem(np.hstack([x, np.ones((len(x), 1))]), codes, classes, c, weights)
    point = problem.at(problem.first() if start is None else np.vstack([start.weights, start.intercept]))
    for _ in range(_STEPS):
        step = problem.newton_step(point)
        point = problem.line_search(point, step)
        if np.abs(step).max() < _TOLERANCE:
            break
    return RidgeLogistic(point.beta[:-1], point.beta[-1])


@dataclass(frozen=True, eq=False)
class _Point:
    """Coefficients with what they say about the rows: log probabilities (rows x classes) and the objective."""

    beta: Floats
    logs: Floats
    objective: float


class _Problem:
    """The rows, the labels and the penalty of one fit."""

    def __init__(self, design: Floats, codes: npt.NDArray[np.intp], classes: int, c: float, weights: Floats | None) -> None:
        self.design, self.codes, self.c, self.weights = design, codes, c, weights
        self.target = np.eye(classes)[codes][:, 1:]
        self.penalty = _penalty(design.shape[1], classes)
        self._weighted = c * (design.T if weights is None else design.T * weights)
        self._rows = np.arange(len(codes))

    def first(self) -> Floats:
        """Return the coefficients that give everybody the classes' frequencies."""
        beta = np.zeros((self.design.shape[1], self.target.shape[1]))
        prior = np.average(self.target, axis=0, weights=self.weights)
        beta[-1] = np.log(prior / (1 - prior.sum()))
        return beta

    def at(self, beta: Floats) -> _Point:
        """Return what the coefficients say."""
        scores = self.design @ beta
        top = np.maximum(scores.max(axis=1), 0.0) if scores.shape[1] > 1 else np.maximum(scores[:, 0], 0.0)
        total = top + np.log(np.exp(-top) + np.exp(scores - top[:, None]).sum(axis=1))
        logs = np.hstack([-total[:, None], scores - total[:, None]])
        told = logs[self._rows, self.codes]
        flat = beta.T.ravel()
        loss = -float(told.sum() if self.weights is None else told @ self.weights)
        return _Point(beta, logs, self.c * loss + float(flat @ self.penalty @ flat) / 2)

    def newton_step(self, point: _Point) -> Floats:
        """Return what Newton's method would take off the coefficients."""
        width, outputs = point.beta.shape
        p = np.exp(point.logs[:, 1:])
        gradient = (self._weighted @ (p - self.target)).T.ravel() + self.penalty @ point.beta.T.ravel()
        hessian = self.penalty.copy()
        for i in range(outputs):
            for j in range(i, outputs):
                block = (self._weighted * (p[:, i] * ((i == j) - p[:, j]))) @ self.design
                hessian[i * width : (i + 1) * width, j * width : (j + 1) * width] += block
                if i != j:
                    hessian[j * width : (j + 1) * width, i * width : (i + 1) * width] += block
        hessian[np.diag_indices_from(hessian)] += 1e-10
        return np.asarray(np.linalg.solve(hessian, gradient).reshape(outputs, width).T)

    def line_search(self, point: _Point, step: Floats) -> _Point:
        """Return the point after the largest of step, step / 2, step / 4, ... that does not go uphill."""
        share, tried = 1.0, self.at(point.beta - step)
        while share > 1e-6 and tried.objective > point.objective:
            share /= 2
            tried = self.at(point.beta - share * step)
        return tried


def _penalty(width: int, classes: int) -> Floats:
    """Return the quadratic form of the penalty on the flattened coefficients (class by class)."""
    between = np.eye(classes - 1) - np.full((classes - 1, classes - 1), 1 / classes)
    free = np.ones(width)
    free[-1] = 0.0
    return np.kron(between * (2 if classes == 2 else 1), np.diag(free))
