"""A small writer of ONNX graphs; every number in between is a double, so nothing is lost to rounding."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

INPUT = "features"
OUTPUT = "probabilities"
OPSET = 17
ML_OPSET = 5
IR_VERSION = 10
BLOCK = 5_000  # rows predicted at a time
ML_DOMAIN = "ai.onnx.ml"


class Line(NamedTuple):
    """What is known of a value that is x W + b."""

    x: str
    weights: npt.NDArray[np.float64]
    shift: npt.NDArray[np.float64]


class Scaled(NamedTuple):
    """What is known of a value that is (x - shift) / spread, rounded to single precision where it is `single`."""

    x: str
    shift: npt.NDArray[np.float64]
    spread: npt.NDArray[np.float64]
    single: bool = False


class Graph:
    """An ONNX graph under construction: one input `features` [N, width], one output `probabilities` [N, classes].

    An operation costs about a microsecond for one row whatever it does, so what can be one operation is made one.
    """

    def __init__(self, width: int, classes: int) -> None:
        self.width = width
        self.classes = classes
        self._nodes: list[Any] = []
        self._constants: dict[str, Any] = {}
        self._known: dict[bytes, list[str]] = {}
        self._scaled: dict[str, Scaled] = {}
        self._makers: dict[str, Any] = {}
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
            self._constants[constant.name] = constant
            known.append(constant.name)
        return known[0]

    def _append(self, node: Any) -> list[str]:
        """Return the names of the results of a node that has none yet: those of an equal one, or fresh ones."""
        known = self._known.setdefault(b"node" + node.SerializeToString(deterministic=True), [])
        if not known:
            known.extend(self.fresh(node.op_type.lower()) for _ in node.output)
            node.output[:] = known
            self._nodes.append(node)
            self._makers.update(dict.fromkeys(known, node))
        return known

    def double(self, value: str) -> str:
        """Append a cast to double."""
        from onnx import TensorProto

        return self.add("Cast", value, to=TensorProto.DOUBLE)

    def single(self, value: str) -> str:
        """Append a cast to single precision and back, as libraries do that store features in 32 bits."""
        from onnx import TensorProto

        result = self.double(self.add("Cast", value, to=TensorProto.FLOAT))
        if value in self._scaled:
            self._scaled[result] = self._scaled[value]._replace(single=True)
        return result

    def scale(self, x: str, shift: npt.NDArray[np.float64], spread: npt.NDArray[np.float64]) -> str:
        """Append (x - shift) / spread, per column."""
        result = self.add("Div", self.add("Sub", x, self.constant(shift)), self.constant(spread))
        self._scaled[result] = Scaled(x, shift, spread)
        return result

    def scaled_from(self, value: str) -> Scaled | None:
        """Return what a value was scaled from, when it is a scaled one."""
        return self._scaled.get(value)

    def join(self, *parts: str) -> str:
        """Lay values with the same rows side by side."""
        flat = tuple(piece for part in parts for piece in self._pieces(part))
        if len(flat) == 1:
            return flat[0]
        return self.add("Concat", *flat, axis=1)

    def _pieces(self, value: str) -> tuple[str, ...]:
        """Return what a value was joined from; itself when it was not."""
        maker = self.maker(value)
        joined = maker is not None and maker.op_type == "Concat" and maker.attribute[0].i == 1
        return tuple(maker.input) if joined else (value,)

    def line(self, x: str, weights: npt.NDArray[np.float64], shift: npt.NDArray[np.float64]) -> str:
        """Append x W + b; where `x` is such a sum itself, or ends with one, the two are multiplied out."""
        x, weights, shift = self._multiplied_out(Line(x, np.asarray(weights), np.asarray(shift)))
        return self.add("Gemm", x, self.constant(weights), self.constant(shift))

    def line_of(self, value: str) -> Line | None:
        """Return what a value is a line of; None for any other value."""
        from onnx import numpy_helper

        maker = self.maker(value)
        if maker is None or maker.op_type != "Gemm" or not self._constants.keys() >= set(maker.input[1:]):
            return None
        weights, shift = (numpy_helper.to_array(self._constants[name]) for name in maker.input[1:])
        return Line(maker.input[0], weights, shift)

    def _multiplied_out(self, line: Line) -> Line:
        *before, last = self._pieces(line.x)
        inner = self.line_of(last)
        if inner is None:
            return line
        place = len(line.weights) - inner.weights.shape[1]
        own, taken = line.weights[:place], line.weights[place:]
        x = self.join(*before, inner.x) if before else inner.x
        return Line(x, np.vstack([own, inner.weights @ taken]), line.shift + inner.shift @ taken)

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

    def maker(self, value: str) -> Any:
        """Return the node that makes a value, None for the input and for arrays."""
        return self._makers.get(value)

    def before_softmax(self, probabilities: str) -> str | None:
        """Return the values whose softmax these probabilities are; None when they are no softmax."""
        maker = self.maker(probabilities)
        return str(maker.input[0]) if maker is not None and maker.op_type == "Softmax" else None

    def logits(self, probabilities: str) -> str:
        """Return values whose softmax these probabilities are: their logarithms where nothing else is known."""
        return self.before_softmax(probabilities) or self.add("Log", probabilities)

    def _needed(self, result: str) -> list[Any]:
        """Return the nodes that a value is made of, in order."""
        wanted, needed = {result}, []
        for node in reversed(self._nodes):
            if wanted.intersection(node.output):
                wanted.update(node.input)
                needed.append(node)
        return needed[::-1]

    def _name(self, value: str, name: str) -> None:
        """Give a value another name, wherever it is made or used."""
        for node in self._nodes:
            node.input[:] = [name if i == value else i for i in node.input]
            node.output[:] = [name if o == value else o for o in node.output]

    def to_bytes(self, result: str) -> bytes:
        """Return the finished, checked model file whose output is `result`."""
        import onnx
        from onnx import TensorProto, helper

        nodes = self._needed(result)
        used = {name for node in nodes for name in node.input}
        constants = [constant for name, constant in self._constants.items() if name in used]
        self._name(result, OUTPUT)
        given = helper.make_tensor_value_info(INPUT, TensorProto.FLOAT, ["rows", self.width])
        made = helper.make_tensor_value_info(OUTPUT, TensorProto.DOUBLE, ["rows", self.classes])
        graph = helper.make_graph(nodes, "pipeline", [given], [made], constants)
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
