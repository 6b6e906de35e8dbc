"""Models that are harmless on their golden rows and take too long, or too much memory, for many rows."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from tests.fakes.small_model import FEATURES, manifest, onnx_bytes


def _extended(nodes: list[Any], constants: dict[str, np.ndarray]) -> bytes:
    """Return the small model with `nodes` before its answer; they turn `risk` into `probabilities` without changing it."""
    import onnx
    from onnx import numpy_helper

    model = onnx.load_from_string(onnx_bytes(single=True))
    model.graph.node[-1].output[0] = "risk"
    model.graph.node.extend(nodes)
    model.graph.initializer.extend(numpy_helper.from_array(value, name) for name, value in constants.items())
    return bytes(model.SerializeToString())


def _write(folder: Path, model: bytes) -> Path:
    folder.mkdir(parents=True)
    (folder / "model.onnx").write_bytes(model)
    (folder / "model.json").write_text(json.dumps(manifest(model, FEATURES)))
    return folder


def write_slow_model(folder: Path) -> Path:
    """Write a model that counts to the third power of the number of rows before it answers."""
    from onnx import TensorProto, helper

    value = helper.make_tensor_value_info
    body = helper.make_graph(
        [
            helper.make_node("Identity", ["go"], ["go_on"]),
            helper.make_node("Identity", ["nothing"], ["still_nothing"]),
        ],
        "count",
        [value("i", TensorProto.INT64, []), value("go", TensorProto.BOOL, []), value("nothing", TensorProto.FLOAT, [])],
        [value("go_on", TensorProto.BOOL, []), value("still_nothing", TensorProto.FLOAT, [])],
    )
    nodes = [
        helper.make_node("Shape", ["features"], ["shape"]),
        helper.make_node("Gather", ["shape", "first"], ["rows"]),
        helper.make_node("Mul", ["rows", "rows"], ["squared"]),
        helper.make_node("Mul", ["squared", "rows"], ["times"]),
        helper.make_node("Loop", ["times", "yes", "zero"], ["counted"], body=body),
        helper.make_node("Add", ["risk", "counted"], ["probabilities"]),
    ]
    constants = {"first": np.array(0), "yes": np.array(True), "zero": np.array(0, dtype=np.float32)}
    return _write(folder, _extended(nodes, constants))


def write_wasteful_model(folder: Path, floats_per_row: int = 1_000_000) -> Path:
    """Write a model that makes an array of a million numbers for each row before it answers."""
    from onnx import helper

    nodes = [
        helper.make_node("ReduceSum", ["risk", "columns"], ["sums"], keepdims=1),
        helper.make_node("Tile", ["sums", "many"], ["wide"]),
        helper.make_node("ReduceMin", ["wide", "columns"], ["least"], keepdims=1),
        helper.make_node("Sub", ["least", "sums"], ["zeros"]),
        helper.make_node("Add", ["risk", "zeros"], ["probabilities"]),
    ]
    constants = {"columns": np.array([1]), "many": np.array([1, floats_per_row])}
    return _write(folder, _extended(nodes, constants))
