"""The writer of ONNX graphs: what is computed twice is written once, and nothing is shared that differs."""

from __future__ import annotations

import numpy as np
import onnx
import pytest

from hfcore.automl.graph import INPUT, Graph, run_model
from hfcore.automl.splines import fit_splines

RNG = np.random.default_rng(4)
ROWS = RNG.normal(size=(40, 3)).astype(np.float32)


def _scaled(spread: float) -> bytes:
    graph = Graph(3, 3)
    return graph.to_bytes(graph.add("Div", graph.double(INPUT), graph.number(spread)))


def test_equal_operations_and_arrays_are_there_once() -> None:
    """The same operation on the same values is one node; another constant, or the operands exchanged, is another one."""
    graph = Graph(3, 3)
    x = graph.double(INPUT)
    two, again, three = graph.number(2.0), graph.constant(np.array(2.0)), graph.number(3.0)
    assert two == again != three
    assert graph.add("Div", x, two) == graph.add("Div", graph.double(INPUT), again)
    assert len({graph.add("Div", x, two), graph.add("Div", two, x), graph.add("Div", x, three)}) == 3
    assert graph.constant(np.array([2], dtype=np.int64)) != graph.constant(np.array([2.0]))


def test_included_models_share_what_they_have_in_common() -> None:
    """Two models that differ in their last step only cost one operation more than one of them, and answer as they did alone."""
    graph = Graph(3, 6)
    names = [graph.include(_scaled(spread)) for spread in (2.0, 4.0, 2.0)]
    assert names[0] == names[2] != names[1]
    model = graph.to_bytes(graph.add("Concat", names[0], names[1], axis=1))
    assert [n.op_type for n in onnx.load_model_from_string(model).graph.node] == ["Cast", "Div", "Div", "Concat"]
    alone = [run_model(_scaled(spread), ROWS) for spread in (2.0, 4.0)]
    assert np.array_equal(run_model(model, ROWS), np.hstack(alone))


NEAR = np.where(RNG.random(200) < 0.5, 1.0, 1.0 + 1e-6 * RNG.random(200))
USUAL = [RNG.normal(size=200), RNG.integers(0, 2, 200), np.where(RNG.random(200) < 0.6, 0.0, RNG.normal(size=200))]


@pytest.mark.parametrize("count", [3, 4, 6])
@pytest.mark.parametrize(
    ("columns", "error"),
    [([*USUAL, np.exp(2 * USUAL[0])], 1e-12), ([*USUAL, NEAR], 1e-7), ([*USUAL, *RNG.normal(size=(30, 200))], 1e-12)],
)
def test_exported_splines_are_the_recursions_bumps(columns: list[np.ndarray], error: float, count: int) -> None:
    """Inside, at and beyond the range, with repeated quantiles; knots a ten-millionth apart cost what doubles must lose."""
    x = np.column_stack(columns)
    splines = fit_splines(x, count)
    rows = np.vstack([x, x.min(axis=0) - 5, x.max(axis=0) + 5, x.max(axis=0), x.min(axis=0)]).astype(np.float32)
    expected = splines.apply(rows.astype(np.float64))
    graph = Graph(x.shape[1], expected.shape[1])
    found = run_model(graph.to_bytes(splines.export(graph, graph.double(INPUT))), rows)
    assert np.abs(found - expected).max() < error


def test_the_file_grows_with_the_columns_not_with_their_square() -> None:
    """Splines of 120 columns take about four times the bytes of those of 30."""
    sizes = []
    for width in (30, 120):
        x = RNG.normal(size=(100, width))
        splines, graph = fit_splines(x, 4), Graph(width, width * 7)
        sizes.append(len(graph.to_bytes(splines.export(graph, graph.double(INPUT)))))
    assert sizes[1] < 4.5 * sizes[0]


def test_a_line_of_lines_is_one_operation() -> None:
    """What is linear in what is linear is multiplied out, also where it is joined to something else; the answer stays."""
    first, second = RNG.normal(size=(3, 4)), RNG.normal(size=(7, 2))
    shift, other = RNG.normal(size=4), RNG.normal(size=2)
    graph = Graph(3, 2)
    x = graph.double(INPUT)
    inner = graph.line(x, first, shift)
    model = graph.to_bytes(graph.line(graph.join(graph.add("Mul", x, x), inner), second, other))
    assert [n.op_type for n in onnx.load_model_from_string(model).graph.node] == ["Cast", "Mul", "Concat", "Gemm"]
    rows = ROWS.astype(np.float64)
    expected = np.hstack([rows * rows, rows @ first + shift]) @ second + other
    assert np.abs(run_model(model, ROWS) - expected).max() < 1e-13


def test_what_nobody_needs_is_left_out() -> None:
    """An operation and an array that the result does not come from are not in the file."""
    graph = Graph(3, 3)
    x = graph.double(INPUT)
    graph.add("Mul", x, graph.number(7.0))
    file = onnx.load_model_from_string(graph.to_bytes(graph.add("Mul", x, graph.number(5.0)))).graph
    assert [n.op_type for n in file.node] == ["Cast", "Mul"]
    assert len(file.initializer) == 1


@pytest.mark.parametrize("has_softmax", [True, False])
def test_logits_are_what_the_softmax_saw_and_logarithms_else(has_softmax: bool) -> None:
    """Softmax of the logits gives the probabilities back, whether they came from a softmax or not."""
    files = []
    for again in (False, True):
        graph = Graph(3, 3)
        x = graph.double(INPUT)
        squares = graph.add("Mul", x, x)
        shares = graph.add("Div", squares, graph.add("ReduceSum", squares, graph.constant(np.array([1])), keepdims=1))
        told = graph.add("Softmax", x, axis=1) if has_softmax else shares
        files.append(graph.to_bytes(graph.add("Softmax", graph.logits(told), axis=1) if again else told))
    assert np.abs(run_model(files[0], ROWS) - run_model(files[1], ROWS)).max() < 1e-15
