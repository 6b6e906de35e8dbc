"""Trees that start from a smoother learner: small corrections of a regularised model's log odds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from hfcore.automl.graph import Graph
from hfcore.automl.learners import Codes, Floats, Weights
from hfcore.automl.learners.booster_trees import xgboost_trees
from hfcore.automl.learners.forest import export_scores
from hfcore.automl.learners.kernel import fit_kernel_logistic
from hfcore.automl.learners.relevance import SplineLogistic, fit_relevant
from hfcore.automl.ridge_logistic import fit_ridge_logistic, softmax
from hfcore.automl.splines import fit_splines
from hfcore.automl.table import drawn_rows


class Start(Protocol):
    """A fitted learner that tells log odds of every class but the first against the first."""

    def scores(self, x: Floats) -> Floats:
        """Return the log odds of rows."""

    def export_scores(self, graph: Graph, x: str) -> str:
        """Append the same log odds to a graph, with 0 for the first class."""


@dataclass(frozen=True, eq=False)
class StartedTrees:
    """XGBoost's trees added to a start; the trees see single precision, the start and the sum are double."""

    start: Start
    booster: Any
    targets: int

    def predict(self, x: Floats) -> Floats:
        """Return the probability of every class."""
        rows = np.ascontiguousarray(x, dtype=np.float32)
        nothing = np.zeros((len(x), self.targets), dtype=np.float32)
        leaves = self.booster.inplace_predict(rows, predict_type="margin", base_margin=nothing)
        total = leaves.astype(np.float64).reshape(len(x), self.targets) + start_scores(self.start, x, self.targets)
        return softmax(np.hstack([np.zeros((len(x), 1)), total]) if self.targets == 1 else total)

    def export(self, graph: Graph, x: str) -> str:
        """Append start, trees and the link to a graph."""
        leaves = export_scores(graph, graph.single(x), xgboost_trees(self.booster, self.targets), strict=True)
        return graph.add("Softmax", graph.add("Add", leaves, self.start.export_scores(graph, x)), axis=1)


def fit_start(
    parameters: dict[str, Any], x: Floats, codes: Codes, classes: int, seed: int, weights: Weights = None
) -> Start | None:
    """Fit the start that the parameters name, if any, and take what belongs to it out of them.

    With `start_most_rows` it learns from about as many rows, the trees from all.

    Raises:
        ValueError: a start that does not exist.
    """
    name = parameters.pop("start", None)
    given = {key.removeprefix("start_"): parameters.pop(key) for key in list(parameters) if key.startswith("start_")}
    if name is None:
        return None
    drawn = drawn_rows(codes, given.get("most_rows"), seed)
    x, codes, weights = x[drawn], codes[drawn], None if weights is None else weights[drawn]
    if name == "kernel logistic regression":
        return fit_kernel_logistic(given, x, codes, classes, seed, weights)
    if name != "LogisticRegression":
        raise ValueError(f"{name!r} is not a start that this engine knows.")
    if given.get("penalty") == "relevance":
        return fit_relevant(x, int(given["knots"]), codes, classes, weights)[0]
    splines = fit_splines(x, int(given["knots"]))
    return SplineLogistic(splines, fit_ridge_logistic(splines.apply(x), codes, classes, float(given["C"]), weights))


def start_scores(start: Start, x: Floats, targets: int) -> Floats:
    """Return the start's scores as the trees count them: one for two classes, else one per class, 0 for the first."""
    scores = start.scores(x)
    return scores if targets == 1 else np.hstack([np.zeros((len(x), 1)), scores])
