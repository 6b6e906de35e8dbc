"""scikit-learn's tree learners: DecisionTree, RandomForest and GradientBoosting."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from hfcore.automl.graph import Graph
from hfcore.automl.learners import Codes, Floats, Weights, class_shares
from hfcore.automl.learners.forest import Tree, export_scores, export_trees, one_leaf


@dataclass(frozen=True, eq=False)
class Averaged:
    """Trees whose leaves hold class shares; the forecast is their mean, drawn a little to the classes' frequencies.

    A leaf of n rows counts as if `pull` further rows had the classes' overall frequencies, so no leaf says 0 or 1.
    """

    estimators: Sequence[Any]
    trees: Sequence[Tree]
    classes: int

    def predict(self, x: Floats) -> Floats:
        """Return the probability of every class."""
        rows = x.astype(np.float32)
        total = np.zeros((len(x), self.classes))
        for estimator, tree in zip(self.estimators, self.trees, strict=True):
            total += tree.values[estimator.tree_.apply(rows)]
        return total

    def export(self, graph: Graph, x: str) -> str:
        """Append the same trees to a graph."""
        return export_trees(graph, graph.single(x), self.trees)


@dataclass(frozen=True, eq=False)
class Boosted:
    """Regression trees whose sum, from `start`, is a log odds (two classes) or a score per class."""

    model: Any
    trees: Sequence[Tree]
    start: Floats

    def predict(self, x: Floats) -> Floats:
        """Return the probability of every class."""
        return np.asarray(self.model.predict_proba(x.astype(np.float32)), dtype=np.float64)

    def export(self, graph: Graph, x: str) -> str:
        """Append the same trees and the link to a graph."""
        return graph.add("Softmax", export_scores(graph, graph.single(x), [*self.trees, one_leaf(self.start)]), axis=1)


def fit_decision_tree(
    parameters: dict[str, Any], x: Floats, codes: Codes, classes: int, seed: int, weights: Weights = None
) -> Averaged:
    """Grow one small tree."""
    from sklearn.tree import DecisionTreeClassifier

    given, pull = _split(parameters)
    model = DecisionTreeClassifier(random_state=seed, **given).fit(x.astype(np.float32), codes, weights)
    return _averaged([model], class_shares(codes, classes, weights), pull)


def fit_random_forest(
    parameters: dict[str, Any], x: Floats, codes: Codes, classes: int, seed: int, weights: Weights = None
) -> Averaged:
    """Grow a random forest."""
    from sklearn.ensemble import RandomForestClassifier

    given, pull = _split(parameters)
    model = RandomForestClassifier(random_state=seed, n_jobs=None, **given).fit(x.astype(np.float32), codes, weights)
    return _averaged(model.estimators_, class_shares(codes, classes, weights), pull)


def fit_gradient_boosting(
    parameters: dict[str, Any], x: Floats, codes: Codes, classes: int, seed: int, weights: Weights = None
) -> Boosted:
    """Boost small regression trees."""
    from sklearn.ensemble import GradientBoostingClassifier

    model = GradientBoostingClassifier(random_state=seed, **parameters).fit(x.astype(np.float32), codes, weights)
    targets = model.estimators_.shape[1]
    trees = []
    for stage in model.estimators_:
        for target, estimator in enumerate(stage):
            values = np.zeros((estimator.tree_.node_count, targets))
            values[:, target] = model.learning_rate * estimator.tree_.value[:, 0, 0]
            trees.append(_tree(estimator.tree_, values))
    start = np.asarray(model._raw_predict_init(x[:1].astype(np.float32))[0], dtype=np.float64)
    return Boosted(model, trees, start)


def _split(parameters: dict[str, Any]) -> tuple[dict[str, Any], float]:
    """Part our own `pull` from what scikit-learn takes."""
    given = dict(parameters)
    return given, float(given.pop("pull", 1.0))


def _averaged(estimators: Sequence[Any], prior: Floats, pull: float) -> Averaged:
    trees = []
    for estimator in estimators:
        grown = estimator.tree_
        rows = grown.weighted_n_node_samples[:, None]
        shares = (grown.value[:, 0, :] * rows + pull * prior) / (rows + pull)
        trees.append(_tree(grown, shares / len(estimators)))
    return Averaged(list(estimators), trees, len(prior))


def _tree(grown: Any, values: Floats) -> Tree:
    return Tree(grown.feature, grown.threshold, grown.children_left, grown.children_right, values)
