"""Platt's calibration for two or more classes: one slope for the scores and one shift for each class but the first."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from hfcore.automl.graph import Graph
from hfcore.automl.ridge_logistic import softmax

Floats = npt.NDArray[np.float64]
_STEPS = 30
_FARTHEST_STEP = 2.0
_LEAST_SLOPE = 0.05
_TOLERANCE = 1e-9
_RIDGE = 1e-8


@dataclass(frozen=True, eq=False)
class Calibration:
    """Softmax of slope * scores + shifts; the first shift is 0."""

    slope: float
    shifts: Floats

    def apply(self, scores: Floats) -> Floats:
        """Return the probability of every class."""
        return softmax(self.slope * scores + self.shifts)

    def export(self, graph: Graph, x: str, weights: Floats) -> str:
        """Append the same formula of the scores x W to a graph."""
        return graph.add("Softmax", graph.line(x, self.slope * weights, self.shifts), axis=1)


def fit_calibration(scores: Floats, codes: npt.NDArray[np.intp], prior: float, weights: Floats | None = None) -> Calibration:
    """Minimise the log loss plus prior / 2 * (slope - 1)^2 by Newton's method; `prior` and `weights` count like rows.

    Scores are log probabilities up to a constant per row, one column per class.
    """
    classes = scores.shape[1]
    centred = scores - scores.mean(axis=1, keepdims=True)
    target = np.eye(classes)[codes]
    unknown = np.concatenate([[1.0], np.zeros(classes - 1)])
    pull = np.diag(np.concatenate([[prior], np.full(classes - 1, _RIDGE)]))
    start = unknown.copy()
    for _ in range(_STEPS):
        p = softmax(unknown[0] * centred + np.concatenate([[0.0], unknown[1:]]))
        surprise = p - target if weights is None else (p - target) * weights[:, None]
        gradient = _moments(centred, surprise) + pull @ (unknown - start)
        step = np.clip(np.linalg.solve(_curvature(centred, p, weights) + pull, gradient), -_FARTHEST_STEP, _FARTHEST_STEP)
        unknown = unknown - step
        if np.abs(step).max() < _TOLERANCE:
            break
    return Calibration(float(max(unknown[0], _LEAST_SLOPE)), np.concatenate([[0.0], unknown[1:]]))


def _moments(scores: Floats, weights: Floats) -> Floats:
    """Return the sums over rows that the slope and each shift see."""
    return np.concatenate([[(weights * scores).sum()], weights[:, 1:].sum(axis=0)])


def _curvature(scores: Floats, p: Floats, weights: Floats | None) -> Floats:
    """Return the second derivatives of the summed log loss by slope and shifts."""
    classes = p.shape[1]
    effect = np.concatenate([scores[:, :, None], np.broadcast_to(np.eye(classes)[:, 1:], (*p.shape, classes - 1))], axis=2)
    mean = np.einsum("nk,nka->na", p, effect)
    if weights is None:
        return np.asarray(np.einsum("nk,nka,nkb->ab", p, effect, effect) - mean.T @ mean)
    return np.asarray(np.einsum("nk,nka,nkb->ab", p * weights[:, None], effect, effect) - (mean.T * weights) @ mean)
