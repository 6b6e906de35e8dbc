"""Sums of decision trees in one shape, whichever library grew them, and their ONNX form."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

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
    from onnx import numpy_helper

    targets = trees[0].values.shape[1]
    scaled = graph.scaled_from(x)
    if scaled is not None:
        x, strict, trees = scaled.x, False, [_unscaled(tree, scaled, strict) for tree in trees]
    laid = _Layout(targets)
    for tree in trees:
        laid.append(tree)
    tests = np.full(len(laid.features), _LT if strict else _LEQ, dtype=np.uint8)
    return graph.add(
        "TreeEnsemble",
        x,
        domain=ML_DOMAIN,
        n_targets=targets,
        aggregate_function=1,
        post_transform=0,
        tree_roots=laid.roots,
        nodes_featureids=laid.features,
        nodes_splits=numpy_helper.from_array(np.array(laid.thresholds, dtype=np.float64)),
        nodes_modes=numpy_helper.from_array(tests),
        nodes_truenodeids=laid.true_ids,
        nodes_trueleafs=laid.true_leaf,
        nodes_falsenodeids=laid.false_ids,
        nodes_falseleafs=laid.false_leaf,
        leaf_targetids=laid.leaf_targets,
        leaf_weights=numpy_helper.from_array(np.array(laid.leaf_weights, dtype=np.float64)),
    )


def _unscaled(tree: Tree, scaled: Scaled, strict: bool) -> Tree:
    """Return the tree that asks x <= threshold of the values before scaling, and answers every one of them alike."""
    inner = tree.left >= 0
    columns = np.where(inner, tree.feature, 0)
    shift, spread = scaled.shift[columns], scaled.spread[columns]

    def holds(x: Floats) -> npt.NDArray[np.bool_]:
        value = (x - shift) / spread
        value = value.astype(np.float32).astype(np.float64) if scaled.single else value
        return np.asarray(value < tree.threshold if strict else value <= tree.threshold)

    return replace(tree, threshold=np.where(inner, _last_that_holds(holds, len(columns)), tree.threshold))


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


class _Layout:
    """The flat lists of the TreeEnsemble operator: inner nodes and leaves are numbered apart.

    A leaf carries one target, so a tree with several targets is laid out once per target.
    """

    def __init__(self, targets: int) -> None:
        self.targets = targets
        self.roots: list[int] = []
        self.features: list[int] = []
        self.thresholds: list[float] = []
        self.true_ids: list[int] = []
        self.true_leaf: list[int] = []
        self.false_ids: list[int] = []
        self.false_leaf: list[int] = []
        self.leaf_targets: list[int] = []
        self.leaf_weights: list[float] = []

    def append(self, tree: Tree) -> None:
        for target in range(self.targets):
            column = tree.values[:, target]
            if not np.any(column[tree.left < 0]):
                continue
            self.roots.append(self._inner(tree, 0, target) if tree.left[0] >= 0 else self._stump(column[0], target))

    def _inner(self, tree: Tree, root: int, target: int) -> int:
        """Lay out a tree without recursion and return the number of its root."""
        places = {root: self._node(tree, root)}
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
                    places[int(child)] = ids[places[node]] = self._node(tree, int(child))
                    waiting.append(int(child))
        return places[root]

    def _node(self, tree: Tree, node: int) -> int:
        self.features.append(int(tree.feature[node]))
        self.thresholds.append(float(tree.threshold[node]))
        for column in (self.true_ids, self.true_leaf, self.false_ids, self.false_leaf):
            column.append(0)
        return len(self.features) - 1

    def _leaf(self, weight: float, target: int) -> int:
        self.leaf_targets.append(target)
        self.leaf_weights.append(weight)
        return len(self.leaf_targets) - 1

    def _stump(self, weight: float, target: int) -> int:
        """Lay out a tree without a split: a test whose two answers are the same leaf."""
        leaf = self._leaf(float(weight), target)
        self.features.append(0)
        self.thresholds.append(0.0)
        for column, value in ((self.true_ids, leaf), (self.true_leaf, 1), (self.false_ids, leaf), (self.false_leaf, 1)):
            column.append(value)
        return len(self.features) - 1
