"""Kernel logistic regression: what it minimises, what it looks at, and that it is told apart from a support vector machine."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from hfcore.automl.graph import run_model
from hfcore.automl.learners.kernel import MOST_LANDMARKS, KernelLogistic, fit_kernel_logistic, gaussian
from hfcore.automl.pipeline import Pipeline, fit_pipeline
from hfcore.automl.portfolio import plan_trials
from hfcore.automl.settings import AutoMLSettings
from hfcore.automl.table import TrainingTable

RNG = np.random.default_rng(4)
X = RNG.normal(size=(90, 3))
RING = ((X**2).sum(axis=1) > 2.4).astype(np.intp)
GIVEN = {"C": 3.0, "gamma": 0.5}
PLAN = next(p for p in plan_trials(AutoMLSettings(label_column_name="y"), 299) if p.parameters.get("variant"))
PLANS = [PLAN, replace(PLAN, parameters={**PLAN.parameters, "relevance": 0.5})]


def fitted(table: TrainingTable, number: int) -> Pipeline:
    """The portfolio's kernel pipeline on a table, as planned or stretched by relevance."""
    return fit_pipeline(PLANS[number], table.values, table.codes, table.classes, seed=5, impute=True)


def test_it_is_the_minimum_of_the_penalised_log_loss() -> None:
    """With every row a landmark the gradient C K (p - y) + (K + jitter) a is zero at the weights it returns."""
    found = fit_kernel_logistic(GIVEN, X, RING, 2, seed=1)
    order = np.random.default_rng(1).permutation(90)
    kernel = gaussian(X[order], X[order], found.gamma)
    residual = found.predict(X[order])[:, 1] - RING[order]
    gradient = GIVEN["C"] * kernel @ residual + (kernel + 1e-3 * np.eye(90)) @ found.line.weights[:, 0]
    assert np.abs(gradient).max() < 1e-6
    assert abs(residual.sum()) < 1e-6


def test_it_sees_what_no_line_can() -> None:
    """A ring around the middle is told from the middle, on rows that it was not fitted on."""
    half = fit_kernel_logistic(GIVEN, X[:60], RING[:60], 2, seed=1)
    assert ((half.predict(X[60:])[:, 1] > 0.5) == RING[60:]).mean() > 0.8


def test_landmarks_are_capped() -> None:
    """A long table has 250 landmarks, many classes have fewer, and the same seed draws the same."""
    rows = RNG.normal(size=(700, 2))
    two = fit_kernel_logistic(GIVEN, rows, np.arange(700) % 2, 2, seed=3)
    six = fit_kernel_logistic(GIVEN, rows, np.arange(700) % 6, 6, seed=3)
    assert len(two.landmarks) == MOST_LANDMARKS == 250
    assert len(six.landmarks) == 200
    again = fit_kernel_logistic(GIVEN, rows, np.arange(700) % 2, 2, seed=3)
    assert np.array_equal(two.predict(rows), again.predict(rows))


def test_relevance_stretches_the_columns_that_matter() -> None:
    """The one column that decides gets the largest factor; without relevance all have the same."""
    codes = (X[:, 1] > 0).astype(np.intp)
    factors = fit_kernel_logistic(GIVEN | {"relevance": 0.5}, X, codes, 2, seed=1).emphasis
    assert factors.argmax() == 1
    assert (factors**2).mean() == pytest.approx(1)
    assert fit_kernel_logistic(GIVEN, X, codes, 2, seed=1).emphasis.tolist() == [1.0, 1.0, 1.0]


@pytest.mark.parametrize("number", range(len(PLANS)))
def test_its_file_takes_three_classes_and_far_rows(number: int, table: TrainingTable, three_classes: TrainingTable) -> None:
    """On every row, rows with gaps and rows far outside the training range the file agrees to 1e-6."""
    for t in (table, three_classes):
        gap = np.full((1, t.values.shape[1]), np.nan, dtype=np.float32)
        rows = np.vstack([t.values, t.values * 10, -t.values, gap])
        pipeline = fitted(t, number)
        assert np.abs(run_model(pipeline.to_onnx(), rows) - pipeline.predict(rows)).max() <= 1e-6


def test_the_pipeline_says_that_it_is_no_support_vector_machine(table: TrainingTable) -> None:
    """Under Azure's name SVM the parameters say kernel logistic regression; without them it is a support vector machine."""
    pipeline = fitted(table, 0)
    assert pipeline.describe()[-1].name == "SVM"
    assert pipeline.describe()[-1].parameters["variant"] == "kernel logistic regression"
    assert isinstance(pipeline.learner, KernelLogistic)
    plain = replace(PLANS[0], parameters={"log": True, "C": 1.0, "gamma": 0.3})
    machine = fit_pipeline(plain, table.values, table.codes, 2, seed=5, impute=True)
    assert not isinstance(machine.learner, KernelLogistic)
