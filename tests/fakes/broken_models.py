"""Models that are wrong in one way each, as ONNX: what a deployment must never put into service."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from tests.fakes.small_model import FEATURES, onnx_bytes


def unreadable() -> bytes:
    """Bytes that are no model."""
    return b"not a model" * 100


def never_ends() -> bytes:
    """A model that counts to a million million before it answers."""
    from onnx import TensorProto, helper, numpy_helper

    counting = helper.make_graph(
        [helper.make_node("Identity", ["go"], ["again"]), helper.make_node("Identity", ["inside"], ["out"])],
        "counting",
        [
            helper.make_tensor_value_info("turn", TensorProto.INT64, []),
            helper.make_tensor_value_info("go", TensorProto.BOOL, []),
            helper.make_tensor_value_info("inside", TensorProto.FLOAT, [None, 2]),
        ],
        [
            helper.make_tensor_value_info("again", TensorProto.BOOL, []),
            helper.make_tensor_value_info("out", TensorProto.FLOAT, [None, 2]),
        ],
    )
    turns = [numpy_helper.from_array(np.array(10**12), "turns"), numpy_helper.from_array(np.array(True), "yes")]
    return _with_tail([helper.make_node("Loop", ["turns", "yes", "right"], ["probabilities"], body=counting)], turns)


def not_a_number() -> bytes:
    """A model whose probabilities are all NaN."""
    from onnx import helper, numpy_helper

    zero = [numpy_helper.from_array(np.array(0, dtype=np.float32), "zero")]
    return _with_tail([_node("Mul", "right", "zero", "none"), helper.make_node("Div", ["none", "none"], ["probabilities"])], zero)


def above_one() -> bytes:
    """A model whose probabilities add up to more than 1."""
    from onnx import numpy_helper

    return _with_tail(
        [_node("Add", "right", "one", "probabilities")], [numpy_helper.from_array(np.array(1, dtype=np.float32), "one")]
    )


def fails_for_the_old() -> bytes:
    """A model that predicts as it should, but NaN for everybody who is older than 109 years."""
    from onnx import helper, numpy_helper

    axis = [
        numpy_helper.from_array(np.array([FEATURES.index("age")]), "first"),
        numpy_helper.from_array(np.array([FEATURES.index("age") + 1]), "last"),
        numpy_helper.from_array(np.array([1]), "columns"),
        numpy_helper.from_array(np.array(109, dtype=np.float32), "limit"),
        numpy_helper.from_array(np.array(np.nan, dtype=np.float32), "nan"),
    ]
    nodes = [
        helper.make_node("Slice", ["features", "first", "last", "columns"], ["age"]),
        _node("Greater", "age", "limit", "old"),
        helper.make_node("Where", ["old", "nan", "right"], ["probabilities"]),
    ]
    return _with_tail(nodes, axis)


def _node(kind: str, left: str, right: str, out: str) -> object:
    from onnx import helper

    return helper.make_node(kind, [left, right], [out])


def _with_tail(nodes: Sequence[object], constants: Sequence[object]) -> bytes:
    """Return the small model with `nodes` after it, which make `probabilities` out of `right`."""
    import onnx

    model = onnx.load_from_string(onnx_bytes(single=True))
    graph = model.graph
    for node in graph.node:
        node.output[:] = ["right" if name == "probabilities" else name for name in node.output]
    graph.node.extend(nodes)
    graph.initializer.extend(constants)
    return bytes(model.SerializeToString())


BROKEN: dict[str, Callable[[], bytes]] = {
    "load raises": unreadable,
    "hangs": never_ends,
    "NaN": not_a_number,
    "p outside [0, 1]": above_one,
}
