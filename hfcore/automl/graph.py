"""A small writer of ONNX graphs; every number in between is a double, so nothing is lost to rounding."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

INPUT = "features"
OUTPUT = "probabilities"
OPSET = 17
ML_OPSET = 5
IR_VERSION = 10
BLOCK = 5_000  # rows predicted at a time
ML_DOMAIN = "ai.onnx.ml"


class Graph:
    """An ONNX graph under construction: one input `features` [N, width], one output `probabilities` [N, classes]."""

    def __init__(self, width: int, classes: int) -> None:
        self.width = width
        self.classes = classes
        self._nodes: list[Any] = []
        self._constants: list[Any] = []
        self._count = 0

    def fresh(self, word: str) -> str:
        """Return a name that no other value of this graph has."""
        self._count += 1
        return f"{word}_{self._count}"

    def constant(self, values: npt.ArrayLike) -> str:
        """Keep an array in the file and return its name."""
        from onnx import numpy_helper

        name = self.fresh("constant")
        self._constants.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def number(self, value: float) -> str:
        """Keep one double in the file and return its name."""
        return self.constant(np.array(value, dtype=np.float64))

    def add(self, operation: str, *inputs: str, domain: str = "", **attributes: Any) -> str:
        """Append one operation and return the name of its (first) result."""
        from onnx import helper

        results = [self.fresh(operation.lower()) for _ in range(2 if operation == "TopK" else 1)]
        self._nodes.append(helper.make_node(operation, list(inputs), results, domain=domain, **attributes))
        return results[0]

    def double(self, value: str) -> str:
        """Append a cast to double."""
        from onnx import TensorProto

        return self.add("Cast", value, to=TensorProto.DOUBLE)

    def single(self, value: str) -> str:
        """Append a cast to single precision and back, as libraries do that store features in 32 bits."""
        from onnx import TensorProto

        return self.double(self.add("Cast", value, to=TensorProto.FLOAT))

    def include(self, model: bytes, prefix: str) -> str:
        """Copy a whole model into this graph, fed with the same features; return the name of its result."""
        import onnx

        other = onnx.load_model_from_string(model).graph
        for constant in other.initializer:
            constant.name = prefix + constant.name
            self._constants.append(constant)
        for node in other.node:
            node.input[:] = [name if name in ("", INPUT) else prefix + name for name in node.input]
            node.output[:] = [prefix + name for name in node.output]
            self._nodes.append(node)
        return prefix + OUTPUT

    def to_bytes(self, result: str) -> bytes:
        """Return the finished, checked model file whose output is `result`."""
        import onnx
        from onnx import TensorProto, helper

        self._nodes.append(helper.make_node("Identity", [result], [OUTPUT]))
        given = helper.make_tensor_value_info(INPUT, TensorProto.FLOAT, ["rows", self.width])
        made = helper.make_tensor_value_info(OUTPUT, TensorProto.DOUBLE, ["rows", self.classes])
        graph = helper.make_graph(self._nodes, "pipeline", [given], [made], self._constants)
        opsets = [helper.make_opsetid("", OPSET), helper.make_opsetid(ML_DOMAIN, ML_OPSET)]
        model = helper.make_model(graph, opset_imports=opsets, ir_version=IR_VERSION, producer_name="hfcore")
        onnx.checker.check_model(model)
        return bytes(model.SerializeToString())


def run_model(model: bytes, values: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    """Return the probabilities an ONNX file gives for rows of features, on one thread."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    rows = np.ascontiguousarray(values, dtype=np.float32)
    blocks = [rows[i : i + BLOCK] for i in range(0, max(len(rows), 1), BLOCK)]
    return np.vstack([session.run([OUTPUT], {INPUT: block})[0] for block in blocks]).astype(np.float64)
