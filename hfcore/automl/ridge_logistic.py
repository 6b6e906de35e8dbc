"""Logistic regression with an L2 penalty, for two or more classes, by Newton's method in numpy."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from hfcore.automl.graph import Graph

Floats = npt.NDArray[np.float64]
_STEPS = 50
_TOLERANCE = 1e-10


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
        weights = np.hstack([np.zeros((len(self.weights), 1)), self.weights])
        shift = np.concatenate([[0.0], self.intercept])
        scores = graph.add("Add", graph.add("MatMul", x, graph.constant(weights)), graph.constant(shift))
        return graph.add("Softmax", scores, axis=1)

    def export_scores(self, graph: Graph, x: str) -> str:
        """Append the log odds to a graph."""
        return graph.add("Add", graph.add("MatMul", x, graph.constant(self.weights)), graph.constant(self.intercept))


def softmax(scores: Floats) -> Floats:
    """Return exp(scores) normalised over each row."""
    shifted = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(shifted / shifted.sum(axis=1, keepdims=True))


def fit_ridge_logistic(
    x: Floats, codes: npt.NDArray[np.intp], classes: int, c: float, weights: Floats | None = None
) -> RidgeLogistic:
    """Minimise |W|^2 / 2 + c * sum(log loss); the intercept is not penalised; a row of weight 2 counts like two rows.

    With more than two classes the penalty is on the weights against the average class, so the result does
    not depend on which class is the reference.
    """
    design = np.hstack([x, np.ones((len(x), 1))])
    outputs = classes - 1
    target = np.eye(classes)[codes][:, 1:]
    beta = np.zeros((design.shape[1], outputs))
    prior = np.average(target, axis=0, weights=weights)
    beta[-1] = np.log(prior / (1 - prior.sum()))
    penalty = _penalty(design.shape[1], classes)
    for _ in range(_STEPS):
        step = _newton_step(design, target, beta, penalty, c, weights)
        beta = _line_search(design, codes, beta, step, penalty, c, weights)
        if np.abs(step).max() < _TOLERANCE:
            break
    return RidgeLogistic(beta[:-1], beta[-1])


def _penalty(width: int, classes: int) -> Floats:
    """Return the quadratic form of the penalty on the flattened coefficients (class by class)."""
    between = np.eye(classes - 1) - np.full((classes - 1, classes - 1), 1 / classes)
    free = np.ones(width)
    free[-1] = 0.0
    return np.kron(between * (2 if classes == 2 else 1), np.diag(free))


def _newton_step(design: Floats, target: Floats, beta: Floats, penalty: Floats, c: float, weights: Floats | None) -> Floats:
    width, outputs = beta.shape
    p = softmax(np.hstack([np.zeros((len(design), 1)), design @ beta]))[:, 1:]
    weighted = design.T if weights is None else design.T * weights
    gradient = c * (weighted @ (p - target)).T.ravel() + penalty @ beta.T.ravel()
    hessian = penalty.copy()
    for i in range(outputs):
        for j in range(i, outputs):
            weight = p[:, i] * ((i == j) - p[:, j])
            block = c * (weighted * weight) @ design
            hessian[i * width : (i + 1) * width, j * width : (j + 1) * width] += block
            if i != j:
                hessian[j * width : (j + 1) * width, i * width : (i + 1) * width] += block
    hessian[np.diag_indices_from(hessian)] += 1e-10
    return np.asarray(np.linalg.solve(hessian, gradient).reshape(outputs, width).T)


def _objective(
    design: Floats, codes: npt.NDArray[np.intp], beta: Floats, penalty: Floats, c: float, weights: Floats | None
) -> float:
    scores = np.hstack([np.zeros((len(design), 1)), design @ beta])
    top = scores.max(axis=1)
    log_sum = top + np.log(np.exp(scores - top[:, None]).sum(axis=1))
    losses = log_sum - scores[np.arange(len(codes)), codes]
    loss = float(losses.sum() if weights is None else losses @ weights)
    flat = beta.T.ravel()
    return c * loss + float(flat @ penalty @ flat) / 2


def _line_search(
    design: Floats,
    codes: npt.NDArray[np.intp],
    beta: Floats,
    step: Floats,
    penalty: Floats,
    c: float,
    weights: Floats | None,
) -> Floats:
    before = _objective(design, codes, beta, penalty, c, weights)
    share = 1.0
    while share > 1e-6 and _objective(design, codes, beta - share * step, penalty, c, weights) > before:
        share /= 2
    return beta - share * step
