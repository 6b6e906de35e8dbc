"""LightGBM, XGBoostClassifier and ExtremeRandomTrees: trees grown by the boosting libraries on one thread."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from hfcore.automl.graph import Graph
from hfcore.automl.learners import Codes, Floats, Weights
from hfcore.automl.learners.booster_trees import lightgbm_trees, xgboost_trees
from hfcore.automl.learners.forest import export_scores, one_leaf
from hfcore.automl.learners.started import StartedTrees, fit_start, start_scores


@dataclass(frozen=True, eq=False)
class LightGbm:
    """A LightGBM booster; a forest's trees are averaged, others add up."""

    booster: Any
    targets: int
    is_forest: bool

    def predict(self, x: Floats) -> Floats:
        """Return the probability of every class."""
        raw = self.booster.predict(x, num_threads=1)
        return np.asarray(raw if self.targets > 1 else np.column_stack([1 - raw, raw]), dtype=np.float64)

    def export(self, graph: Graph, x: str) -> str:
        """Append the same trees and the link to a graph."""
        trees = lightgbm_trees(self.booster, self.targets, self.is_forest)
        return graph.add("Softmax", export_scores(graph, x, trees), axis=1)


@dataclass(frozen=True, eq=False)
class XgBoost:
    """An XGBoost booster; it works in single precision throughout."""

    booster: Any
    start: Floats

    def predict(self, x: Floats) -> Floats:
        """Return the probability of every class."""
        raw = self.booster.inplace_predict(np.ascontiguousarray(x, dtype=np.float32)).astype(np.float64)
        return np.asarray(raw if len(self.start) > 1 else np.column_stack([1 - raw, raw]))

    def export(self, graph: Graph, x: str) -> str:
        """Append the same trees and the link to a graph."""
        trees = [*xgboost_trees(self.booster, len(self.start)), one_leaf(self.start)]
        return graph.add("Softmax", export_scores(graph, graph.single(x), trees, strict=True), axis=1)


def fit_lightgbm(
    parameters: dict[str, Any], x: Floats, codes: Codes, classes: int, seed: int, weights: Weights = None
) -> LightGbm:
    """Boost with LightGBM, or grow a forest with `boosting` "rf"."""
    import lightgbm

    given = dict(parameters)
    rounds = int(given.pop("n_estimators"))
    objective: dict[str, Any] = {"objective": "binary"} if classes == 2 else {"objective": "multiclass", "num_class": classes}
    fixed = {"num_threads": 1, "seed": seed, "deterministic": True, "force_row_wise": True, "verbosity": -1}
    data = lightgbm.Dataset(x, label=codes, weight=weights, params={"verbosity": -1}, free_raw_data=True)
    booster = lightgbm.train(objective | fixed | given, data, num_boost_round=rounds)
    return LightGbm(booster, 1 if classes == 2 else classes, given.get("boosting") == "rf")


def fit_extra_trees(
    parameters: dict[str, Any], x: Floats, codes: Codes, classes: int, seed: int, weights: Weights = None
) -> LightGbm:
    """Grow extremely randomised trees in LightGBM's forest mode: their log odds are averaged, not their shares."""
    return fit_lightgbm(parameters | {"boosting": "rf", "extra_trees": True}, x, codes, classes, seed, weights)


def fit_xgboost(
    parameters: dict[str, Any], x: Floats, codes: Codes, classes: int, seed: int, weights: Weights = None
) -> XgBoost | StartedTrees:
    """Boost with XGBoost, from the classes' frequencies or, when `start` names one, from another learner's log odds."""
    given = dict(parameters)
    start = fit_start(given, x, codes, classes, seed, weights)
    targets = 1 if classes == 2 else classes
    margin = None if start is None else start_scores(start, x, targets)
    booster = _boost(given, x, codes, classes, seed, margin, weights)
    if start is not None:
        return StartedTrees(start, booster, targets)
    return XgBoost(booster, np.zeros(1) if targets == 1 else np.full(targets, 0.5))


def _boost(
    given: dict[str, Any], x: Floats, codes: Codes, classes: int, seed: int, margin: Floats | None, weights: Weights
) -> Any:
    """Return the booster of the trees grown from `margin`, a score per row and target, or from none."""
    import xgboost

    rounds = int(given.pop("n_estimators"))
    objective: dict[str, Any] = (
        {"objective": "binary:logistic"} if classes == 2 else {"objective": "multi:softprob", "num_class": classes}
    )
    fixed = {"nthread": 1, "seed": seed, "tree_method": "hist", "base_score": 0.5, "verbosity": 0}
    data = xgboost.DMatrix(x.astype(np.float32), label=codes, weight=weights, nthread=1)
    if margin is not None:
        data.set_base_margin(margin.astype(np.float32))
    return xgboost.train(objective | fixed | given, data, num_boost_round=rounds)
