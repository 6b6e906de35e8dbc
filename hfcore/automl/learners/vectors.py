"""SVM: support vectors with a Gaussian kernel, and a logistic step that turns distances into probabilities."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from hfcore.automl.graph import Graph
from hfcore.automl.learners import Codes, Floats, Weights
from hfcore.automl.learners.kernel import KernelLogistic, export_gaussian, fit_kernel_logistic, gaussian
from hfcore.automl.ridge_logistic import RidgeLogistic, fit_ridge_logistic
from hfcore.automl.validation import stratified_folds

KERNEL_LOGISTIC = "kernel logistic regression"
_INNER_FOLDS = 5


@dataclass(frozen=True, eq=False)
class Machine:
    """Decision values K(x, vectors) @ weights + shift with K = exp(-gamma |x - v|^2)."""

    vectors: Floats
    weights: Floats
    shift: Floats
    gamma: float

    def decide(self, x: Floats) -> Floats:
        """Return one decision value per pair of classes."""
        return gaussian(x, self.vectors, self.gamma) @ self.weights + self.shift

    def export(self, graph: Graph, x: str) -> str:
        """Append the same formula to a graph."""
        kernel = export_gaussian(graph, x, self.vectors, self.gamma)
        return graph.line(kernel, self.weights, self.shift)


@dataclass(frozen=True, eq=False)
class Svm:
    """A machine and the logistic step on its decision values."""

    machine: Machine
    link: RidgeLogistic

    def predict(self, x: Floats) -> Floats:
        """Return the probability of every class."""
        return self.link.predict(self.machine.decide(x))

    def export(self, graph: Graph, x: str) -> str:
        """Append machine and logistic step."""
        return self.link.export(graph, self.machine.export(graph, x))


def fit_svm(
    parameters: dict[str, Any], x: Floats, codes: Codes, classes: int, seed: int, weights: Weights = None
) -> Svm | KernelLogistic:
    """Fit the machine on all rows, the logistic step on decision values of rows it had not seen.

    With `variant` "kernel logistic regression" the kernel machine has a logistic loss from the start and no machine is fitted.
    """
    if parameters.get("variant") == KERNEL_LOGISTIC:
        return fit_kernel_logistic(parameters, x, codes, classes, seed, weights)
    folds = min(_INNER_FOLDS, int(np.bincount(codes).min()))
    if folds < 2:
        machine = _fit_machine(parameters, x, codes, classes, weights)
        return Svm(machine, fit_ridge_logistic(machine.decide(x), codes, classes, 1.0, weights))
    fold = stratified_folds(codes, folds, seed)
    values = np.empty((len(x), classes * (classes - 1) // 2))
    for f in range(folds):
        kept = fold != f
        machine = _fit_machine(parameters, x[kept], codes[kept], classes, None if weights is None else weights[kept])
        values[~kept] = machine.decide(x[~kept])
    link = fit_ridge_logistic(values, codes, classes, 1.0, weights)
    return Svm(_fit_machine(parameters, x, codes, classes, weights), link)


def _fit_machine(parameters: dict[str, Any], x: Floats, codes: Codes, classes: int, weights: Weights) -> Machine:
    from sklearn.svm import SVC

    gamma = float(parameters["gamma"]) / x.shape[1]
    model = SVC(C=parameters["C"], gamma=gamma, decision_function_shape="ovo").fit(x, codes, weights)
    sign = -1.0 if classes == 2 else 1.0  # scikit-learn's internal order of the two classes is the other way round
    factors = sign * _pair_weights(model.dual_coef_, model.n_support_, classes)
    shift = sign * model._intercept_
    return Machine(model.support_vectors_.astype(np.float64), factors, np.asarray(shift, dtype=np.float64), gamma)


def _pair_weights(dual: Floats, counts: Any, classes: int) -> Floats:
    """Lay libsvm's dual coefficients out as vectors x pairs of classes."""
    ends = np.cumsum(counts)
    starts = ends - counts
    columns = []
    for i in range(classes):
        for j in range(i + 1, classes):
            column = np.zeros(dual.shape[1])
            column[starts[i] : ends[i]] = dual[j - 1, starts[i] : ends[i]]
            column[starts[j] : ends[j]] = dual[i, starts[j] : ends[j]]
            columns.append(column)
    return np.column_stack(columns)
