"""The log odds of all members of a two-class ensemble, by as few operations of an ONNX graph as there can be.

What members say linearly of whatever they look at becomes one matrix product, and the trees that look at the same values
become one ensemble of trees with a target for each member.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from hfcore.automl.graph import ML_DOMAIN, Graph

Floats = npt.NDArray[np.float64]
_SIDES = np.array([-1.0, 1.0])  # the second class against the first


@dataclass
class _Margins:
    """What was found so far: lines by what they look at, trees by what they look at, and members that tell shares only."""

    count: int
    lines: dict[str, Floats] = field(default_factory=dict)
    trees: dict[str, list[tuple[Any, int]]] = field(default_factory=dict)
    shares: list[tuple[str, int]] = field(default_factory=list)
    shift: Floats = field(init=False)

    def __post_init__(self) -> None:
        self.shift = np.zeros(self.count)

    def add_line(self, x: str, weights: Floats, member: int) -> None:
        """Add to what a member makes of `x`."""
        known = self.lines.setdefault(x, np.zeros((len(weights), self.count)))
        known[:, member] += weights


def export_margins(graph: Graph, members: Sequence[str], least: float) -> str:
    """Append log(p / (1 - p)) of every member (rows x members); p, the second class's share, is kept from `least` to 1 - `least`.

    `members` are the names of their probabilities of both classes.
    """
    found = _Margins(len(members))
    for i, member in enumerate(members):
        maker = graph.maker(member)
        if maker is None or maker.op_type != "Softmax" or not _take(graph, found, maker.input[0], i):
            found.shares.append((member, i))
    if found.shares:
        told = graph.add("Clip", graph.join(*(name for name, _ in found.shares)), graph.number(least), graph.number(1 - least))
        logs = graph.add("Log", told)
        for place, (_, i) in enumerate(found.shares):
            found.add_line(logs, np.kron(np.eye(len(found.shares))[place], _SIDES), i)
    limit = float(np.log((1 - least) / least))
    return graph.add("Clip", _sum(graph, found), graph.number(-limit), graph.number(limit))


def _take(graph: Graph, found: _Margins, scores: str, member: int) -> bool:
    """Take a member's scores of both classes apart; False, and nothing taken, when they are something else."""
    maker = graph.maker(scores)
    if maker is None:
        return False
    if maker.op_type == "Add" and all(_is_known(graph, part) for part in maker.input):
        return all(_take(graph, found, part, member) for part in maker.input)
    if not _is_known(graph, scores):
        return False
    if maker.op_type == "Gemm":
        x, weights, shift = maker.input
        found.add_line(x, graph.values(weights) @ _SIDES, member)
        found.shift[member] += graph.values(shift) @ _SIDES
    else:
        found.trees.setdefault(maker.input[0], []).append((maker, member))
    return True


def _is_known(graph: Graph, scores: str) -> bool:
    """Tell whether scores are a line, or trees that say something of the second class only."""
    maker = graph.maker(scores)
    if maker is None or maker.op_type not in ("Gemm", "TreeEnsemble"):
        return False
    return maker.op_type == "Gemm" or set(_attributes(maker)["leaf_targetids"]) <= {1}


def _sum(graph: Graph, found: _Margins) -> str:
    """Append what lines and trees add up to."""
    shift: str | None = None
    for x, trees in found.trees.items():
        grown = graph.add(
            "TreeEnsemble", x, domain=ML_DOMAIN, **_grown_together(trees, found.count, found.shift if shift is None else None)
        )
        shift = grown if shift is None else graph.add("Add", shift, grown)
    if not found.lines:
        return str(shift)
    x = graph.join(*found.lines)
    weights = graph.constant(np.vstack(list(found.lines.values())))
    return graph.add("Gemm", x, weights, graph.constant(found.shift) if shift is None else shift)


def _attributes(node: Any) -> dict[str, Any]:
    from onnx import helper

    return {a.name: helper.get_attribute_value(a) for a in node.attribute}


def _grown_together(trees: Sequence[tuple[Any, int]], count: int, shift: Floats | None) -> dict[str, Any]:
    """Return the attributes of one TreeEnsemble with a target for each of `count` members; `shift` is added to the targets."""
    from onnx import numpy_helper

    laid: dict[str, list[Any]] = {}
    for node, member in trees:
        own = _attributes(node)
        nodes, leaves = len(laid.get("nodes_featureids", ())), len(laid.get("leaf_targetids", ()))
        laid.setdefault("tree_roots", []).extend(root + nodes for root in own["tree_roots"])
        laid.setdefault("leaf_targetids", []).extend([member] * len(own["leaf_targetids"]))
        for side in ("true", "false"):
            ends = own[f"nodes_{side}leafs"]
            placed = (i + (leaves if ends[k] else nodes) for k, i in enumerate(own[f"nodes_{side}nodeids"]))
            laid.setdefault(f"nodes_{side}nodeids", []).extend(placed)
            laid.setdefault(f"nodes_{side}leafs", []).extend(ends)
        laid.setdefault("nodes_featureids", []).extend(own["nodes_featureids"])
        for name in ("nodes_splits", "nodes_modes", "leaf_weights"):
            laid.setdefault(name, []).extend(numpy_helper.to_array(own[name]).tolist())
    for member in np.flatnonzero(shift if shift is not None else []):
        _add_stump(laid, int(member), float(shift[member]))  # type: ignore[index]
    doubles = {name: np.array(laid.pop(name), dtype=np.float64) for name in ("nodes_splits", "leaf_weights")}
    modes = {"nodes_modes": np.array(laid.pop("nodes_modes"), dtype=np.uint8)}
    tensors = {name: numpy_helper.from_array(values) for name, values in (doubles | modes).items()}
    return {"n_targets": count, "aggregate_function": 1, "post_transform": 0, **laid, **tensors}


def _add_stump(laid: dict[str, list[Any]], member: int, value: float) -> None:
    """Append a tree that adds the same to every row: a test whose two answers are one leaf."""
    laid["tree_roots"].append(len(laid["nodes_featureids"]))
    for side in ("true", "false"):
        laid[f"nodes_{side}nodeids"].append(len(laid["leaf_targetids"]))
        laid[f"nodes_{side}leafs"].append(1)
    laid["leaf_targetids"].append(member)
    laid["leaf_weights"].append(value)
    for name in ("nodes_featureids", "nodes_splits", "nodes_modes"):
        laid[name].append(0)
