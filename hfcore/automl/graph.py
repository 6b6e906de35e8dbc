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
        self._known: dict[bytes, list[str]] = {}
        self._count = 0

    def fresh(self, word: str) -> str:
        """Return a name that no other value of this graph has."""
        self._count += 1
        return f"{word}_{self._count}"

    def constant(self, values: npt.ArrayLike) -> str:
        """Keep an array in the file, once, and return its name."""
        from onnx import numpy_helper

        return self._keep(numpy_helper.from_array(np.ascontiguousarray(values)))

    def number(self, value: float) -> str:
        """Keep one double in the file and return its name."""
        return self.constant(np.array(value, dtype=np.float64))

    def add(self, operation: str, *inputs: str, domain: str = "", **attributes: Any) -> str:
        """Append one operation, unless the same one of the same values is there, and return the name of its (first) result."""
        from onnx import helper

        results = [""] * (2 if operation == "TopK" else 1)
        return self._append(helper.make_node(operation, list(inputs), results, domain=domain, **attributes))[0]

    def _keep(self, constant: Any) -> str:
        """Return the name of an array that has none yet: that of an equal one, or a fresh one."""
        known = self._known.setdefault(b"constant" + constant.SerializeToString(deterministic=True), [])
        if not known:
            constant.name = self.fresh("constant")
            self._constants.append(constant)
            known.append(constant.name)
        return known[0]

    def _append(self, node: Any) -> list[str]:
        """Return the names of the results of a node that has none yet: those of an equal one, or fresh ones."""
        known = self._known.setdefault(b"node" + node.SerializeToString(deterministic=True), [])
        if not known:
            known.extend(self.fresh(node.op_type.lower()) for _ in node.output)
            node.output[:] = known
            self._nodes.append(node)
        return known

    def double(self, value: str) -> str:
        """Append a cast to double."""
        from onnx import TensorProto

        return self.add("Cast", value, to=TensorProto.DOUBLE)

    def single(self, value: str) -> str:
        """Append a cast to single precision and back, as libraries do that store features in 32 bits."""
        from onnx import TensorProto

        return self.double(self.add("Cast", value, to=TensorProto.FLOAT))

    def include(self, model: bytes) -> str:
        """Copy a whole model into this graph, fed with the same features; return the name of its result.

        What it computes exactly as an earlier one did, such as the steps before the learner, is there once for both.
        """
        import onnx

        other = onnx.load_model_from_string(model).graph
        names = {"": "", INPUT: INPUT}
        for constant in other.initializer:
            own = constant.name
            constant.name = ""
            names[own] = self._keep(constant)
        for node in other.node:
            results = list(node.output)
            node.input[:] = [names[name] for name in node.input]
            node.output[:] = [""] * len(results)
            names.update(zip(results, self._append(node), strict=True))
        return names[OUTPUT]

    def _name(self, value: str, name: str) -> None:
        """Give a value another name, wherever it is made or used."""
        for node in self._nodes:
            node.input[:] = [name if i == value else i for i in node.input]
            node.output[:] = [name if o == value else o for o in node.output]

    def to_bytes(self, result: str) -> bytes:
        """Return the finished, checked model file whose output is `result`."""
        import onnx
        from onnx import TensorProto, helper

        self._name(result, OUTPUT)
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
