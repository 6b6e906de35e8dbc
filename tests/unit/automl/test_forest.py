"""Trees in the ONNX file ask the values before scaling, and answer each as they would after it."""

from __future__ import annotations

import numpy as np
import onnx
import pytest

from hfcore.automl.graph import INPUT, Graph, run_model
from hfcore.automl.learners.forest import Tree, export_scores, export_trees, one_leaf

RNG = np.random.default_rng(8)
SHIFT = np.array([0.0, 137.0, -3e-5, 1e9])
SPREAD = np.array([850_000.0, 0.3, 7e-9, 1e8])


def _rows() -> np.ndarray:
    """Many rows, a good part of them as near to each other as single precision goes."""
    rows = (SHIFT + SPREAD * RNG.normal(size=(400, 4))).astype(np.float32)
    near = rows[:100]
    return np.vstack([rows, np.nextafter(near, np.float32(np.inf)), np.nextafter(near, np.float32(-np.inf))])


def _trees(thresholds: np.ndarray) -> list[Tree]:
    """One tree for each threshold: column i % 4, leaf values that tell every combination of answers apart."""
    leaf = np.array([-1])
    values = [np.array([[0.0], [2.0**i], [0.0]]) for i in range(len(thresholds))]
    left, right = np.array([1, *leaf, *leaf]), np.array([2, *leaf, *leaf])
    splits = [np.array([t, 0.0, 0.0]) for t in thresholds]
    return [Tree(np.array([i % 4, -1, -1]), split, left, right, values[i]) for i, split in enumerate(splits)]


@pytest.mark.parametrize("single", [False, True])
@pytest.mark.parametrize("strict", [False, True])
def test_the_thresholds_are_moved_exactly(single: bool, strict: bool) -> None:
    """Also for values that lie on a threshold, and one step of single precision beside it."""
    rows = _rows()
    scaled = (rows.astype(np.float64) - SHIFT) / SPREAD
    scaled = scaled.astype(np.float32).astype(np.float64) if single else scaled
    picked = scaled[np.arange(40) * 7, np.arange(40) % 4]
    graph = Graph(4, 1)
    x = graph.scale(graph.double(INPUT), SHIFT, SPREAD)
    model = graph.to_bytes(export_trees(graph, graph.single(x) if single else x, _trees(picked), strict))
    assert [n.op_type for n in onnx.load_model_from_string(model).graph.node] == ["Cast", "TreeEnsemble"]
    columns = scaled[:, np.arange(40) % 4]
    expected = (columns < picked if strict else columns <= picked) @ (2.0 ** np.arange(40))
    assert np.array_equal(run_model(model, rows)[:, 0], expected)


def test_a_threshold_beyond_all_values_stays_beyond() -> None:
    """Minus infinity is below everything, infinity above."""
    graph = Graph(4, 1)
    x = graph.scale(graph.double(INPUT), SHIFT, SPREAD)
    model = graph.to_bytes(export_trees(graph, x, _trees(np.array([-np.inf, np.inf]))))
    assert np.array_equal(np.unique(run_model(model, _rows())), [2.0])


def test_one_target_scores_the_second_class() -> None:
    """The first class has 0, a tree of one leaf adds the same to every row."""
    graph = Graph(4, 2)
    model = graph.to_bytes(export_scores(graph, graph.double(INPUT), [*_trees(np.array([0.0])), one_leaf(np.array([0.25]))]))
    rows = _rows()
    found = run_model(model, rows)
    assert np.array_equal(found, np.column_stack([np.zeros(len(rows)), (rows[:, 0] <= 0) + 0.25]))
