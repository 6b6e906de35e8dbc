"""Trees that start from a smoother learner: what they add, and the file that holds both."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from hfcore.automl.graph import run_model
from hfcore.automl.learners import fit_learner
from hfcore.automl.outcome import TrialPlan
from hfcore.automl.pipeline import Pipeline, fit_pipeline
from hfcore.automl.portfolio import plan_trials
from hfcore.automl.settings import AutoMLSettings
from hfcore.automl.table import TrainingTable

STARTED = [p for p in plan_trials(AutoMLSettings(label_column_name="y"), 299) if "start" in p.parameters]
NAMES = [str(p.parameters["start"]) for p in STARTED]


def fitted(plan: TrialPlan, table: TrainingTable, **changes: object) -> Pipeline:
    """The plan's pipeline, fitted on the whole table with some parameters changed."""
    changed = replace(plan, parameters={**plan.parameters, **changes})
    return fit_pipeline(changed, table.values, table.codes, table.classes, seed=5, impute=True)


@pytest.mark.parametrize("plan", STARTED, ids=NAMES)
def test_with_steps_of_nothing_the_start_alone_is_left(
    plan: TrialPlan, table: TrainingTable, three_classes: TrainingTable
) -> None:
    """Trees whose steps are scaled to nothing change no probability of the start's, with two classes and with three."""
    for t in (table, three_classes):
        pipeline = fitted(plan, t, eta=1e-12)
        x = t.values.astype(np.float64)
        for step in pipeline.steps:
            x = step.apply(x)
        scores = np.hstack([np.zeros((len(x), 1)), pipeline.learner.start.scores(x)])  # type: ignore[attr-defined]
        expected = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
        assert np.abs(pipeline.predict(t.values) - expected).max() < 1e-9


@pytest.mark.parametrize("plan", STARTED, ids=NAMES)
def test_the_trees_go_on_from_the_start(plan: TrialPlan, table: TrainingTable) -> None:
    """On the rows that they were fitted on, start and trees have a smaller log loss than the start and than the trees alone."""

    def loss(pipeline: Pipeline) -> float:
        return float(-np.log(pipeline.predict(table.values)[np.arange(299), table.codes]).mean())

    assert loss(fitted(plan, table)) < loss(fitted(plan, table, eta=1e-12))
    assert loss(fitted(plan, table)) < loss(fitted(plan, table, start=None))


@pytest.mark.parametrize("plan", STARTED, ids=NAMES)
def test_the_file_holds_start_and_trees(plan: TrialPlan, table: TrainingTable, three_classes: TrainingTable) -> None:
    """Two or three classes, rows with gaps and rows far outside the training range are predicted alike to 1e-6."""
    for t in (table, three_classes):
        gap = np.full((1, t.values.shape[1]), np.nan, dtype=np.float32)
        rows = np.vstack([t.values, t.values * 10, -t.values, gap])
        pipeline = fitted(plan, t)
        assert np.abs(run_model(pipeline.to_onnx(), rows) - pipeline.predict(rows)).max() <= 1e-6


@pytest.mark.parametrize("plan", STARTED, ids=NAMES)
def test_the_pipeline_says_what_the_trees_start_from(plan: TrialPlan, table: TrainingTable) -> None:
    """The start and its settings are told among the learner's parameters."""
    told = dict(fitted(plan, table).describe()[-1].parameters)
    assert told["start"] == plan.parameters["start"]
    assert {key for key in told if key.startswith("start_")} == {k for k in plan.parameters if k.startswith("start_")} != set()


def test_an_unknown_start_is_refused() -> None:
    """A misspelt start is an error, not silently left out."""
    x, codes = np.arange(20.0)[:, None], np.arange(20) % 2
    with pytest.raises(ValueError, match="Tea"):
        fit_learner("XGBoostClassifier", {"n_estimators": 1, "start": "Tea"}, x, codes, 2, 1)
