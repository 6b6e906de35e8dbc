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
