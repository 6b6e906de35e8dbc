"""A pipeline: steps and a learner, fitted together on training rows and written as one ONNX file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from hfcore.automl.graph import BLOCK, INPUT, Graph
from hfcore.automl.learners import FittedLearner, fit_learner
from hfcore.automl.outcome import TrialPlan
from hfcore.automl.preprocess import FittedStep, fit_steps
from hfcore.automl.table import drawn_rows
from hfcore.reporting.report import PipelineStep

Floats = npt.NDArray[np.float64]
_STEPS = ("log", "knots")
_OWN = (*_STEPS, "most_rows")


@dataclass(frozen=True, eq=False)
class Pipeline:
    """A fitted pipeline; it takes single-precision features and works in double precision."""

    plan: TrialPlan
    steps: Sequence[FittedStep]
    learner: FittedLearner
    width: int
    classes: int

    def predict(self, values: npt.NDArray[np.float32]) -> Floats:
        """Return the probability of every class for rows of features, a block at a time so that memory stays bounded."""
        blocks = [values[i : i + BLOCK] for i in range(0, max(len(values), 1), BLOCK)]
        return np.vstack([self._predict(block) for block in blocks])

    def _predict(self, values: npt.NDArray[np.float32]) -> Floats:
        x = values.astype(np.float64)
        for step in self.steps:
            x = step.apply(x)
        return self.learner.predict(x)

    def to_onnx(self) -> bytes:
        """Return the same pipeline as an ONNX file."""
        graph = Graph(self.width, self.classes)
        x = graph.double(INPUT)
        for step in self.steps:
            x = step.export(graph, x)
        return graph.to_bytes(self.learner.export(graph, x))

    def describe(self) -> tuple[PipelineStep, ...]:
        """Return the steps and what was set in each, in plain values."""
        learner = {k: v for k, v in self.plan.parameters.items() if k not in _STEPS}
        return (*(PipelineStep(s.name, s.parameters) for s in self.steps), PipelineStep(self.plan.family, learner))


def fit_pipeline(
    plan: TrialPlan,
    values: npt.NDArray[np.float32],
    codes: npt.NDArray[np.intp],
    classes: int,
    seed: int,
    impute: bool,
    weights: Floats | None = None,
    text: tuple[int, ...] = (),
) -> Pipeline:
    """Fit every step and the learner on these rows and on nothing else; `text` are the places of text columns.

    A row's weight counts in the learner, not in the steps before it (scaling, knots), as in scikit-learn's pipelines;
    a row of weight 0 is left out of both. Above `most_rows` of the plan it learns from rows drawn at random, class by class.
    """
    if weights is not None and not weights.all():
        counting = weights > 0
        values, codes, weights = values[counting], codes[counting], weights[counting]
    drawn = drawn_rows(codes, plan.parameters.get("most_rows"), seed)
    values, codes, weights = values[drawn], codes[drawn], None if weights is None else weights[drawn]
    scaler = plan.algorithm.rpartition(", ")[0] or None
    steps, x = fit_steps(values.astype(np.float64), scaler, dict(plan.parameters), impute, text)
    learner_parameters = {k: v for k, v in plan.parameters.items() if k not in _OWN}
    learner = fit_learner(plan.family, learner_parameters, x, codes, classes, seed, weights)
    return Pipeline(plan, steps, learner, values.shape[1], classes)
