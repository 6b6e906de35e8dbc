"""Linear learners: LogisticRegression and SGD."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from hfcore.automl.learners import Codes, Floats, Weights
from hfcore.automl.learners.relevance import SplineLogistic, fit_relevant
from hfcore.automl.ridge_logistic import RidgeLogistic, fit_ridge_logistic

RELEVANCE = "relevance"


def fit_logistic(
    parameters: dict[str, Any], x: Floats, codes: Codes, classes: int, seed: int, weights: Weights = None
) -> RidgeLogistic | SplineLogistic:
    """Fit a logistic regression with an L2 penalty; `C` is the inverse of its strength.

    With `penalty` "relevance" each column has a strength of its own, learned from the rows; `spline_knots` lets it bend.
    """
    if parameters.get("penalty") == RELEVANCE:
        return fit_relevant(x, int(parameters["spline_knots"]), codes, classes, weights)[0]
    return fit_ridge_logistic(x, codes, classes, float(parameters["C"]), weights)


def fit_sgd(
    parameters: dict[str, Any], x: Floats, codes: Codes, classes: int, seed: int, weights: Weights = None
) -> RidgeLogistic:
    """Fit a logistic loss by averaged stochastic gradient descent, one class against the first.

    `alpha` is the strength of the penalty per row, so what counts is a row's weight relative to the mean weight.
    """
    from sklearn.linear_model import SGDClassifier

    coefficients, intercept = [], []
    for other in range(1, classes):
        chosen = (codes == 0) | (codes == other)
        model = SGDClassifier(
            loss="log_loss",
            penalty=parameters.get("penalty", "l2"),
            l1_ratio=parameters.get("l1_ratio", 0.15),
            alpha=parameters["alpha"],
            average=True,
            max_iter=parameters.get("max_iter", 200),
            tol=None,
            random_state=seed,
        ).fit(x[chosen], codes[chosen] == other, sample_weight=_relative(weights, chosen))
        coefficients.append(model.coef_[0])
        intercept.append(model.intercept_[0])
    return RidgeLogistic(np.column_stack(coefficients).astype(np.float64), np.array(intercept, dtype=np.float64))


def _relative(weights: Weights, chosen: npt.NDArray[np.bool_]) -> Weights:
    return None if weights is None else weights[chosen] / weights[chosen].mean()
