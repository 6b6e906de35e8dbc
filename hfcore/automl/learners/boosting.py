"""LightGBM and XGBoostClassifier, small trees on one thread, read from each library's own text form."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from hfcore.automl.graph import Graph
from hfcore.automl.learners import Codes, Floats, Weights
from hfcore.automl.learners.forest import Tree, export_trees
from hfcore.automl.learners.started import StartedTrees, fit_start, start_scores
from hfcore.automl.learners.trees import export_link


@dataclass(frozen=True, eq=False)
class LightGbm:
    """A LightGBM booster."""

    booster: Any
    trees: Sequence[Tree]
    targets: int

    def predict(self, x: Floats) -> Floats:
        """Return the probability of every class."""
        raw = self.booster.predict(x, num_threads=1)
        return np.asarray(raw if self.targets > 1 else np.column_stack([1 - raw, raw]), dtype=np.float64)

    def export(self, graph: Graph, x: str) -> str:
        """Append the same trees and the link to a graph."""
        return export_link(graph, export_trees(graph, x, self.trees, self.targets), self.targets)


@dataclass(frozen=True, eq=False)
class XgBoost:
    """An XGBoost booster; it works in single precision throughout."""

    booster: Any
    trees: Sequence[Tree]
    start: Floats

    def predict(self, x: Floats) -> Floats:
        """Return the probability of every class."""
        raw = self.booster.inplace_predict(np.ascontiguousarray(x, dtype=np.float32)).astype(np.float64)
        return np.asarray(raw if len(self.start) > 1 else np.column_stack([1 - raw, raw]))

    def export(self, graph: Graph, x: str) -> str:
        """Append the same trees and the link to a graph."""
        total = export_trees(graph, graph.single(x), self.trees, len(self.start), strict=True)
        return export_link(graph, graph.add("Add", total, graph.constant(self.start)), len(self.start))


def fit_lightgbm(
    parameters: dict[str, Any], x: Floats, codes: Codes, classes: int, seed: int, weights: Weights = None
) -> LightGbm:
    """Boost with LightGBM, or grow a forest with boosting_type "rf"."""
    import lightgbm

    given = dict(parameters)
    rounds = int(given.pop("n_estimators"))
    objective: dict[str, Any] = {"objective": "binary"} if classes == 2 else {"objective": "multiclass", "num_class": classes}
    fixed = {"num_threads": 1, "seed": seed, "deterministic": True, "force_row_wise": True, "verbosity": -1}
    data = lightgbm.Dataset(x, label=codes, weight=weights, params={"verbosity": -1}, free_raw_data=True)
    booster = lightgbm.train(objective | fixed | given, data, num_boost_round=rounds)
    targets = 1 if classes == 2 else classes
    dumped = booster.dump_model()["tree_info"]
    share = 1 / (len(dumped) // targets) if given.get("boosting") == "rf" else 1.0
    trees = [_lightgbm_tree(t["tree_structure"], i % targets, targets, share) for i, t in enumerate(dumped)]
    return LightGbm(booster, trees, targets)


def _lightgbm_tree(root: dict[str, Any], target: int, targets: int, share: float) -> Tree:
    feature, threshold, left, right, value = [], [], [], [], []
    waiting = [root]
    for node in waiting:  # the list grows while it is read: breadth first
        leaf = "split_index" not in node
        feature.append(-1 if leaf else node["split_feature"])
        threshold.append(0.0 if leaf else node["threshold"])
        left.append(-1 if leaf else len(waiting))
        right.append(-1 if leaf else len(waiting) + 1)
        value.append(node["leaf_value"] if leaf else 0.0)
        if not leaf:
            waiting += [node["left_child"], node["right_child"]]
    values = np.zeros((len(value), targets))
    values[:, target] = np.array(value) * share
    return Tree(np.array(feature), np.array(threshold, dtype=np.float64), np.array(left), np.array(right), values)


def fit_xgboost(
    parameters: dict[str, Any], x: Floats, codes: Codes, classes: int, seed: int, weights: Weights = None
) -> XgBoost | StartedTrees:
    """Boost with XGBoost, from the classes' frequencies or, when `start` names one, from another learner's log odds."""
    given = dict(parameters)
    start = fit_start(given, x, codes, classes, seed, weights)
    targets = 1 if classes == 2 else classes
    margin = None if start is None else start_scores(start, x, targets)
    booster = _boost(given, x, codes, classes, seed, margin, weights)
    stored = json.loads(booster.save_raw("json").decode("utf-8"))["learner"]["gradient_booster"]["model"]
    trees = [_xgboost_tree(t, group, targets) for t, group in zip(stored["trees"], stored["tree_info"], strict=True)]
    if start is not None:
        return StartedTrees(start, booster, trees, targets)
    return XgBoost(booster, trees, np.zeros(1) if targets == 1 else np.full(targets, 0.5))


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


def _xgboost_tree(stored: dict[str, Any], target: int, targets: int) -> Tree:
    left = np.array(stored["left_children"])
    splits = np.array(stored["split_conditions"], dtype=np.float32).astype(np.float64)
    values = np.zeros((len(left), targets))
    values[:, target] = np.where(left < 0, splits, 0.0)
    return Tree(np.array(stored["split_indices"]), splits, left, np.array(stored["right_children"]), values)
