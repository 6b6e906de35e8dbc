"""Sums of decision trees in one shape, whichever library grew them, and their ONNX form."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from hfcore.automl.graph import ML_DOMAIN, Graph, Scaled
from hfcore.automl.learners import Floats

Ints = npt.NDArray[np.int64]
_LEQ, _LT = 0, 1
_PLACE_OF_INFINITY = np.float64(np.inf).view(np.int64)


@dataclass(frozen=True, eq=False)
class Tree:
    """One tree: node arrays; `left` is taken when the test holds and is -1 at a leaf.

    `values` has one row per node and one column per target; only the rows of leaves count.
    """

    feature: Ints
    threshold: Floats
    left: Ints
    right: Ints
    values: Floats


def one_leaf(values: Floats) -> Tree:
    """Return a tree that says the same of every row."""
    return Tree(np.array([-1]), np.zeros(1), np.array([-1]), np.array([-1]), values[None, :])


def export_scores(graph: Graph, x: str, trees: Sequence[Tree], strict: bool = False) -> str:
    """Append the sum over trees as a score per class; trees with one target score the second class against the first."""
    if trees[0].values.shape[1] == 1:
        trees = [replace(tree, values=np.hstack([np.zeros_like(tree.values), tree.values])) for tree in trees]
    return export_trees(graph, x, trees, strict)


def export_trees(graph: Graph, x: str, trees: Sequence[Tree], strict: bool = False) -> str:
    """Append the sum over trees of each row's leaf values (rows x targets).

    `strict` says that a test is x < threshold (XGBoost) instead of x <= threshold.
    """
    laid = Layout(trees[0].values.shape[1])
    for tree in trees:
        laid.append(tree, strict)
    scaled = graph.scaled_from(x)
    if scaled is None:
        return laid.export(graph, x)
    laid.thresholds = _before_scaling(scaled, np.array(laid.features), np.array(laid.thresholds), strict).tolist()
    laid.modes = [_LEQ] * len(laid.modes)
    return laid.export(graph, scaled.x)


def _before_scaling(scaled: Scaled, features: Ints, thresholds: Floats, strict: bool) -> Floats:
    """Return thresholds so that x <= threshold, asked of the values before scaling, answers every one of them alike."""
    shift, spread = scaled.shift[features], scaled.spread[features]

    def holds(x: Floats) -> npt.NDArray[np.bool_]:
        value = (x - shift) / spread
        value = value.astype(np.float32).astype(np.float64) if scaled.single else value
        return np.asarray(value < thresholds if strict else value <= thresholds)

    return _last_that_holds(holds, len(features))


def _last_that_holds(holds: Callable[[Floats], npt.NDArray[np.bool_]], count: int) -> Floats:
    """Return the largest double for which each of `count` tests holds, which it does for all smaller ones; -inf for none."""
    low, high = np.full(count, _PLACE_OF_INFINITY * -1), np.full(count, _PLACE_OF_INFINITY)
    with np.errstate(over="ignore", invalid="ignore"):
        for _ in range(64):
            middle = (low >> 1) + (high >> 1) + (low & high & 1)
            found = holds(_double_at(middle))
            low, high = np.where(found, middle, low), np.where(found, high, middle)
    return _double_at(low)


def _double_at(place: Ints) -> Floats:
    """Return the double at a place in the order of all doubles; 0 is at place 0."""
    return np.where(place < 0, -np.abs(place).view(np.float64), np.abs(place).view(np.float64))


class Layout:
    """The flat lists of the TreeEnsemble operator: inner nodes and leaves are numbered apart.

    A leaf carries one target, so a tree with several targets is laid out once per target.
    """

    def __init__(self, targets: int) -> None:
        self.targets = targets
        self.roots: list[int] = []
        self.features: list[int] = []
        self.thresholds: list[float] = []
        self.modes: list[int] = []
        self.true_ids: list[int] = []
        self.true_leaf: list[int] = []
        self.false_ids: list[int] = []
        self.false_leaf: list[int] = []
        self.leaf_targets: list[int] = []
        self.leaf_weights: list[float] = []

    def append(self, tree: Tree, strict: bool = False) -> None:
        """Add a tree."""
        for target in range(self.targets):
            column = tree.values[:, target]
            if not np.any(column[tree.left < 0]):
                continue
            if tree.left[0] >= 0:
                self.roots.append(self._inner(tree, 0, target, _LT if strict else _LEQ))
            else:
                self.add(float(column[0]), target)

    def add(self, value: float, target: int) -> None:
        """Add the same to every row: a tree whose one test has the same leaf for both answers."""
        leaf = self._leaf(value, target)
        self.roots.append(self._node(0, 0.0, _LEQ))
        self.true_ids[-1] = self.false_ids[-1] = leaf
        self.true_leaf[-1] = self.false_leaf[-1] = 1

    def include(self, node: Any, target: int) -> None:
        """Add the trees of a TreeEnsemble that is in a graph already, whatever target their leaves had."""
        from onnx import helper, numpy_helper

        own = {a.name: helper.get_attribute_value(a) for a in node.attribute}
        nodes, leaves = len(self.features), len(self.leaf_targets)
        self.roots += [root + nodes for root in own["tree_roots"]]
        self.features += own["nodes_featureids"]
        self.thresholds += numpy_helper.to_array(own["nodes_splits"]).tolist()
        self.modes += numpy_helper.to_array(own["nodes_modes"]).tolist()
        for side, ids, leaf in (("true", self.true_ids, self.true_leaf), ("false", self.false_ids, self.false_leaf)):
            ends = own[f"nodes_{side}leafs"]
            ids += [i + (leaves if end else nodes) for i, end in zip(own[f"nodes_{side}nodeids"], ends, strict=True)]
            leaf += ends
        self.leaf_targets += [target] * len(own["leaf_targetids"])
        self.leaf_weights += numpy_helper.to_array(own["leaf_weights"]).tolist()

    def export(self, graph: Graph, x: str) -> str:
        """Append the trees to a graph, as one operation that looks at `x`."""
        from onnx import numpy_helper

        return graph.add(
            "TreeEnsemble",
            x,
            domain=ML_DOMAIN,
            n_targets=self.targets,
            aggregate_function=1,
            post_transform=0,
            tree_roots=self.roots,
            nodes_featureids=self.features,
            nodes_splits=numpy_helper.from_array(np.array(self.thresholds, dtype=np.float64)),
            nodes_modes=numpy_helper.from_array(np.array(self.modes, dtype=np.uint8)),
            nodes_truenodeids=self.true_ids,
            nodes_trueleafs=self.true_leaf,
            nodes_falsenodeids=self.false_ids,
            nodes_falseleafs=self.false_leaf,
            leaf_targetids=self.leaf_targets,
            leaf_weights=numpy_helper.from_array(np.array(self.leaf_weights, dtype=np.float64)),
        )

    def _inner(self, tree: Tree, root: int, target: int, mode: int) -> int:
        """Lay out a tree without recursion and return the number of its root."""

        def placed(node: int) -> int:
            return self._node(int(tree.feature[node]), float(tree.threshold[node]), mode)

        places = {root: placed(root)}
        waiting = [root]
        while waiting:
            node = waiting.pop()
            for child, ids, leaf in (
                (tree.left[node], self.true_ids, self.true_leaf),
                (tree.right[node], self.false_ids, self.false_leaf),
            ):
                if tree.left[child] < 0:
                    ids[places[node]], leaf[places[node]] = self._leaf(float(tree.values[child, target]), target), 1
                else:
                    places[int(child)] = ids[places[node]] = placed(int(child))
                    waiting.append(int(child))
        return places[root]

    def _node(self, feature: int, threshold: float, mode: int) -> int:
        self.features.append(feature)
        self.thresholds.append(threshold)
        self.modes.append(mode)
        for column in (self.true_ids, self.true_leaf, self.false_ids, self.false_leaf):
            column.append(0)
        return len(self.features) - 1

    def _leaf(self, weight: float, target: int) -> int:
        self.leaf_targets.append(target)
        self.leaf_weights.append(weight)
        return len(self.leaf_targets) - 1
