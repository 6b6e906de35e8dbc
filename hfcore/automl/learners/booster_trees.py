"""The trees of a LightGBM or XGBoost booster, read from each library's own text form."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from hfcore.automl.learners.forest import Tree


def lightgbm_trees(booster: Any, targets: int, averaged: bool) -> list[Tree]:
    """Return the trees; `averaged` when the booster gives their mean, as a forest does, instead of their sum."""
    dumped = booster.dump_model()["tree_info"]
    share = 1 / (len(dumped) // targets) if averaged else 1.0
    return [_lightgbm_tree(t["tree_structure"], i % targets, targets, share) for i, t in enumerate(dumped)]


def xgboost_trees(booster: Any, targets: int) -> list[Tree]:
    """Return the trees; their sum is the score without the base score."""
    stored = json.loads(booster.save_raw("json").decode("utf-8"))["learner"]["gradient_booster"]["model"]
    return [_xgboost_tree(t, group, targets) for t, group in zip(stored["trees"], stored["tree_info"], strict=True)]


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


def _xgboost_tree(stored: dict[str, Any], target: int, targets: int) -> Tree:
    left = np.array(stored["left_children"])
    splits = np.array(stored["split_conditions"], dtype=np.float32).astype(np.float64)
    values = np.zeros((len(left), targets))
    values[:, target] = np.where(left < 0, splits, 0.0)
    return Tree(np.array(stored["split_indices"]), splits, left, np.array(stored["right_children"]), values)
