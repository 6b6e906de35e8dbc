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

from hfcore.automl.graph import Graph
from hfcore.automl.learners.forest import Layout

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
        scores = graph.before_softmax(member)
        if scores is None or not _take(graph, found, scores, i):
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
    parts = list(maker.input) if maker is not None and maker.op_type == "Add" else [scores]
    lines = [graph.line_of(part) for part in parts]
    if not all(line or _are_trees(graph, part) for part, line in zip(parts, lines, strict=True)):
        return False
    for part, line in zip(parts, lines, strict=True):
        if line is None:
            found.trees.setdefault(graph.maker(part).input[0], []).append((graph.maker(part), member))
        else:
            found.add_line(line.x, line.weights @ _SIDES, member)
            found.shift[member] += line.shift @ _SIDES
    return True


def _are_trees(graph: Graph, scores: str) -> bool:
    """Tell whether scores are trees that say something of the second class only."""
    maker = graph.maker(scores)
    return maker is not None and maker.op_type == "TreeEnsemble" and set(_targets(maker)) <= {1}


def _targets(trees: Any) -> list[int]:
    return next(list(a.ints) for a in trees.attribute if a.name == "leaf_targetids")


def _sum(graph: Graph, found: _Margins) -> str:
    """Append what lines and trees add up to."""
    shift: str | None = None
    for x, trees in found.trees.items():
        laid = Layout(found.count)
        for node, member in trees:
            laid.include(node, member)
        for member in np.flatnonzero(found.shift) if shift is None else ():
            laid.add(float(found.shift[member]), int(member))
        shift = laid.export(graph, x) if shift is None else graph.add("Add", shift, laid.export(graph, x))
    if not found.lines:
        return str(shift)
    x = graph.join(*found.lines)
    weights = graph.constant(np.vstack(list(found.lines.values())))
    return graph.add("Gemm", x, weights, graph.constant(found.shift) if shift is None else shift)
