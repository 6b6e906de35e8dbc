"""Logistic regression that learns from the rows how far each column may reach: automatic relevance determination.

Each column, its splines included, has a prior variance of its own for its coefficients. The variances maximise the
probability of the labels by expectation and maximisation on Laplace's approximation of the posterior (MacKay 1992, Neural
Computation 4:720-736; Tipping 2001, JMLR 1:211-244), with a weak inverse-gamma pull to one small variance for all, so that
few rows cannot declare a column worthless or boundless.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from hfcore.automl.graph import Graph
from hfcore.automl.learners import Codes, Floats, Weights
from hfcore.automl.learners.kept import kept
from hfcore.automl.ridge_logistic import RidgeLogistic, fit_ridge_logistic
from hfcore.automl.splines import Splines, fit_splines

_ROUNDS = 6
_FIRST_VARIANCE = 0.02
_PULL = 2.0  # how many coefficients the pull to the first variance counts like


@dataclass(frozen=True, eq=False)
class SplineLogistic:
    """A logistic regression on splines of the columns."""

    splines: Splines
    line: RidgeLogistic

    def predict(self, x: Floats) -> Floats:
        """Return the probability of every class."""
        return self.line.predict(self.splines.apply(x))

    def scores(self, x: Floats) -> Floats:
        """Return the log odds of rows."""
        return self.line.scores(self.splines.apply(x))

    def export(self, graph: Graph, x: str) -> str:
        """Append splines and line to a graph."""
        return self.line.export(graph, self.splines.export(graph, x))

    def export_scores(self, graph: Graph, x: str) -> str:
        """Append splines and log odds to a graph."""
        return self.line.export_scores(graph, self.splines.export(graph, x))


@kept
def fit_relevant(
    x: Floats, knots: int, codes: Codes, classes: int, weights: Weights = None
) -> tuple[SplineLogistic | RidgeLogistic, Floats]:
    """Return the fitted line and the variance of each column's coefficients; `knots` 0 leaves out the splines."""
    if not knots:
        line, variances = _fit(x, np.arange(x.shape[1]), codes, classes, weights)
        return line, variances
    splines = fit_splines(x, knots)
    line, variances = _fit(splines.apply(x), splines.origins(), codes, classes, weights)
    return SplineLogistic(splines, line), variances


def _fit(x: Floats, column: npt.NDArray[np.int64], codes: Codes, classes: int, weights: Weights) -> tuple[RidgeLogistic, Floats]:
    """Alternate between the line under the present variances and the variances that this line calls for."""
    size = np.bincount(column) * (classes - 1)
    variances = np.full(len(size), _FIRST_VARIANCE)
    line, before = None, np.ones(len(column))
    for _ in range(_ROUNDS):
        reach = np.sqrt(variances[column])
        line = fit_ridge_logistic(x * reach, codes, classes, 1.0, weights, _rescaled(line, before / reach))
        before = reach
        squares = reach**2 * _second_moments(x * reach, line, weights)
        variances = (np.bincount(column, squares) + _PULL * _FIRST_VARIANCE) / (size + _PULL)
    reach = np.sqrt(variances[column])
    line = fit_ridge_logistic(x * reach, codes, classes, 1.0, weights, _rescaled(line, before / reach))
    return RidgeLogistic(line.weights * reach[:, None], line.intercept), variances


def _rescaled(line: RidgeLogistic | None, factor: Floats) -> RidgeLogistic | None:
    """Return the same line for columns that are multiplied by 1 / `factor`; None stays None."""
    return None if line is None else RidgeLogistic(line.weights * factor[:, None], line.intercept)


def _second_moments(z: Floats, line: RidgeLogistic, weights: Weights) -> Floats:
    """Return each coefficient's posterior mean squared plus variance, summed over the classes but the first.

    Classes are taken as independent of one another, which is exact for two.
    """
    design = np.hstack([z, np.ones((len(z), 1))])
    moments = (line.weights**2).sum(axis=1)
    for p in line.predict(z)[:, 1:].T:
        information = p * (1 - p) if weights is None else weights * p * (1 - p)
        precision = (design.T * information) @ design
        precision[np.diag_indices(z.shape[1])] += 1.0
        moments = moments + np.diag(np.linalg.inv(precision))[:-1]
    return np.asarray(moments)
