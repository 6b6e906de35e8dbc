"""The log odds of an ensemble's members: few operations, and what each member says by itself."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import onnx
import pytest

from hfcore.automl.graph import INPUT, Graph, run_model
from hfcore.automl.learners.forest import Tree, export_scores, one_leaf
from hfcore.automl.margins import export_margins

RNG = np.random.default_rng(12)
ROWS = RNG.normal(size=(200, 3)).astype(np.float32)
LEAST = 0.005
Floats = npt.NDArray[np.float64]
WEIGHTS = {name: RNG.normal(size=(width, 2)) for name, width in (("line", 3), ("joined", 6), ("start", 3), ("far", 3))}
SHIFT = np.array([0.5, -0.25])


def _line(graph: Graph, x: str, name: str, far: float = 1.0) -> str:
    return graph.line(x, far * WEIGHTS[name], SHIFT)


def _trees(graph: Graph, x: str, seed: int) -> str:
    rng = np.random.default_rng(seed)
    ends = np.array([-1, -1, -1])
    left, right = ends.copy(), ends.copy()
    left[0], right[0] = 1, 2
    grown = [
        Tree(np.array([rng.integers(3), -1, -1]), np.array([rng.normal(), 0, 0]), left, right, rng.normal(size=(3, 1)))
        for _ in range(20)
    ]
    return export_scores(graph, x, [*grown, one_leaf(np.array([0.3]))])


def _member(graph: Graph, kind: str) -> str:
    """Append a member of some kind and return the name of its probabilities."""
    x = graph.double(INPUT)
    twice = graph.add("Mul", x, graph.number(2.0))
    if kind == "shares":
        squares = graph.add("Mul", x, x)
        first = graph.add("Exp", graph.add("Neg", graph.add("ReduceSum", squares, graph.constant(np.array([1])), keepdims=1)))
        return graph.join(first, graph.add("Sub", graph.number(1.0), first))
    scores = {
        "line": lambda: _line(graph, x, "line"),
        "joined": lambda: _line(graph, graph.join(x, graph.add("Mul", x, x)), "joined"),
        "far": lambda: _line(graph, x, "far", 30.0),
        "trees": lambda: _trees(graph, x, 1),
        "more trees": lambda: _trees(graph, x, 2),
        "trees elsewhere": lambda: _trees(graph, twice, 3),
        "trees from a line": lambda: graph.add("Add", _trees(graph, twice, 4), _line(graph, x, "start")),
    }
    return graph.add("Softmax", scores[kind](), axis=1)


KINDS = ["line", "joined", "far", "trees", "more trees", "trees elsewhere", "trees from a line", "shares"]


def _alone(kind: str) -> bytes:
    graph = Graph(3, 2)
    return graph.to_bytes(_member(graph, kind))


def _log_odds(shares: Floats) -> Floats:
    kept = np.clip(shares, LEAST, 1 - LEAST)
    return np.asarray(np.log(kept[:, 1]) - np.log(kept[:, 0]))


@pytest.mark.parametrize("kinds", [[kind] for kind in KINDS] + [KINDS, KINDS[::-1], ["trees", "shares", "more trees", "shares"]])
def test_each_member_says_what_it_says_alone(kinds: list[str]) -> None:
    """Whichever members there are, in any order, each column is the log odds of that member's own file."""
    graph = Graph(3, len(kinds))
    margins = export_margins(graph, [graph.include(_alone(kind)) for kind in kinds], LEAST)
    found = run_model(graph.to_bytes(margins), ROWS)
    expected = np.column_stack([_log_odds(run_model(_alone(kind), ROWS)) for kind in kinds])
    assert np.abs(found - expected).max() < 1e-12


def test_lines_are_one_product_and_trees_one_ensemble() -> None:
    """Two kinds of lines, and four members of trees on two inputs, are one Gemm and two TreeEnsembles."""
    kinds = ["line", "joined", "far", "trees", "more trees", "trees elsewhere", "trees from a line"]
    graph = Graph(3, len(kinds))
    margins = export_margins(graph, [graph.include(_alone(kind)) for kind in kinds], LEAST)
    nodes = [node.op_type for node in onnx.load_model_from_string(graph.to_bytes(margins)).graph.node]
    assert sorted(nodes) == sorted(["Cast", "Mul", "Mul", "Concat", "Gemm", "TreeEnsemble", "TreeEnsemble", "Add", "Clip"])
