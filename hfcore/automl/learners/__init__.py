"""Learners by Azure's names: each fits numbers and writes what it learned into an ONNX graph."""

from __future__ import annotations

import importlib
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from hfcore.automl.graph import Graph

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.intp]
Weights = Floats | None

_PLACES = {
    "LogisticRegression": "linear:fit_logistic",
    "SGD": "linear:fit_sgd",
    "SVM": "vectors:fit_svm",
    "KNN": "neighbours:fit_knn",
    "DecisionTree": "trees:fit_decision_tree",
    "RandomForest": "trees:fit_random_forest",
    "ExtremeRandomTrees": "boosting:fit_extra_trees",
    "GradientBoosting": "trees:fit_gradient_boosting",
    "LightGBM": "boosting:fit_lightgbm",
    "XGBoostClassifier": "boosting:fit_xgboost",
}


class FittedLearner(Protocol):
    """A learner that has seen its training rows."""

    def predict(self, x: Floats) -> Floats:
        """Return the probability of every class."""

    def export(self, graph: Graph, x: str) -> str:
        """Append the same prediction to a graph and return the name of its result."""


def fit_learner(
    name: str, parameters: dict[str, Any], x: Floats, codes: Codes, classes: int, seed: int, weights: Weights = None
) -> FittedLearner:
    """Fit the learner called `name`; its library is imported only now.

    `weights` says how many rows each row counts as, all above 0; None for one each.
    """
    module, _, function = _PLACES[name].partition(":")
    fit = getattr(importlib.import_module(f"hfcore.automl.learners.{module}"), function)
    learner: FittedLearner = fit(parameters, x, codes, classes, seed, weights)
    return learner


def class_shares(codes: Codes, classes: int, weights: Weights) -> Floats:
    """Return each class's share of the rows, or of their weights."""
    counts = np.bincount(codes, weights, minlength=classes)
    return np.asarray(counts / counts.sum())
