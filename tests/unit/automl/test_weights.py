"""Row weights: a row of weight 2 counts like two rows, in what is fitted and in what is measured."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest

import hfcore.automl
from hfcore.automl.calibration import fit_calibration
from hfcore.automl.ensemble import run_ensemble
from hfcore.automl.learners import fit_learner
from hfcore.automl.metrics import METRICS, classification_metrics
from hfcore.automl.outcome import TrialPlan
from hfcore.automl.pipeline import fit_pipeline
from hfcore.automl.ridge_logistic import fit_ridge_logistic
from hfcore.automl.settings import AutoMLSettings
from hfcore.automl.table import TrainingTable, training_table
from hfcore.automl.trial import run_trial
from hfcore.errors import InvalidInput, InvalidSettings
from tests.unit.automl.runs import first_of_each_family, same_bits, small, task_of

FAMILIES = first_of_each_family()
NAMES = [p.family for p in FAMILIES]
Floats = npt.NDArray[np.float64]


def made(classes: int, rows: int = 90) -> tuple[Floats, npt.NDArray[np.intp], Floats]:
    """Rows of four columns, labels that follow the first two, and whole weights from 1 to 4."""
    rng = np.random.default_rng(classes)
    codes = np.arange(rows) % classes
    x = rng.normal(size=(rows, 4)) + codes[:, None] * np.array([0.6, -0.3, 0.0, 0.0])
    return x, codes.astype(np.intp), rng.integers(1, 5, rows).astype(np.float64)


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("c", [0.003, 1.0])
def test_whole_weights_are_repeated_rows_for_logistic_regression(classes: int, c: float) -> None:
    """The same coefficients to 1e-6; so it holds for the stack, too, which is one."""
    x, codes, weights = made(classes)
    again = np.repeat(np.arange(len(x)), weights.astype(int))
    weighted = fit_ridge_logistic(x, codes, classes, c, weights)
    repeated = fit_ridge_logistic(x[again], codes[again], classes, c)
    assert np.abs(weighted.weights - repeated.weights).max() < 1e-6
    assert np.abs(weighted.intercept - repeated.intercept).max() < 1e-6
    plain = fit_ridge_logistic(x, codes, classes, c)
    assert np.abs(weighted.weights - plain.weights).max() > 1e-3


@pytest.mark.parametrize("classes", [2, 3])
def test_whole_weights_are_repeated_rows_for_the_calibration(classes: int) -> None:
    """The same slope and shifts to 1e-6."""
    x, codes, weights = made(classes)
    again = np.repeat(np.arange(len(x)), weights.astype(int))
    weighted = fit_calibration(x[:, :classes], codes, 30.0, weights)
    repeated = fit_calibration(x[again, :classes], codes[again], 30.0)
    assert weighted.slope == pytest.approx(repeated.slope, abs=1e-6)
    assert weighted.shifts == pytest.approx(repeated.shifts, abs=1e-6)


def test_whole_weights_are_repeated_rows_for_gradient_descent_and_the_support_vector_machine() -> None:
    """Both stop before the very minimum, so their probabilities and decisions agree to what they stop at."""
    x, codes, weights = made(2)
    again = np.repeat(np.arange(len(x)), weights.astype(int))
    given: dict[str, Any] = {"alpha": 0.3, "max_iter": 2000}
    weighted = fit_learner("SGD", given, x, codes, 2, 1, weights).predict(x)
    assert np.abs(weighted - fit_learner("SGD", given, x[again], codes[again], 2, 1).predict(x)).max() < 0.01
    machine: Any = fit_learner("SVM", {"C": 1.0, "gamma": 0.3}, x, codes, 2, 1, weights)
    other: Any = fit_learner("SVM", {"C": 1.0, "gamma": 0.3}, x[again], codes[again], 2, 1)
    assert np.abs(machine.machine.decide(x) - other.machine.decide(x)).max() < 0.01


@pytest.mark.parametrize("plan", FAMILIES, ids=NAMES)
def test_a_class_that_weighs_more_is_predicted_more(plan: TrialPlan, table: TrainingTable) -> None:
    """Weights 1, 2 and 6 for those who died raise the mean predicted risk, step by step, whatever the learner."""
    means = []
    for heavier in (None, 2.0, 6.0):
        weights = None if heavier is None else np.where(table.codes == 1, heavier, 1.0)
        pipeline = fit_pipeline(plan, table.values, table.codes, 2, seed=3, impute=True, weights=weights)
        means.append(float(pipeline.predict(table.values)[:, 1].mean()))
    assert means[0] + 0.03 < means[1] < means[2] - 0.03, means


@pytest.mark.parametrize("plan", FAMILIES, ids=NAMES)
def test_a_weighted_pipelines_file_agrees_with_it(plan: TrialPlan, three_classes: TrainingTable) -> None:
    """With weights, and with three classes, the exported file predicts what the pipeline does."""
    weights = np.random.default_rng(5).gamma(1.0, 2.0, len(three_classes.codes))
    outcome = run_trial(task_of(three_classes, weights=weights), plan)
    assert outcome.model is not None, outcome.export_note


@pytest.mark.parametrize("plan", FAMILIES, ids=NAMES)
def test_a_row_without_weight_is_not_learned_from(plan: TrialPlan, table: TrainingTable) -> None:
    """Rows of weight 0 may hold anything: the model is the one that never saw them."""
    weights = np.ones(len(table.codes))
    weights[::7] = 0
    spoiled = table.values.copy()
    spoiled[::7] *= 50
    with_them = fit_pipeline(plan, spoiled, table.codes, 2, seed=3, impute=True, weights=weights)
    kept = weights > 0
    without = fit_pipeline(plan, table.values[kept], table.codes[kept], 2, seed=3, impute=True, weights=weights[kept])
    assert same_bits(with_them.predict(table.values[kept]), without.predict(table.values[kept]))


def test_weights_of_one_change_nothing(table: TrainingTable) -> None:
    """Metrics of a trial with a weight of 1 in every row are those without weights."""
    ones = run_trial(task_of(table, weights=np.ones(len(table.codes)), export=False), FAMILIES[0])
    none = run_trial(task_of(table, export=False), FAMILIES[0])
    assert ones.metrics == pytest.approx(none.metrics, abs=1e-9)


def test_metrics_of_whole_weights_are_those_of_repeated_rows() -> None:
    """For every metric but weighted_accuracy, whose weights are the sizes of the classes in rows."""
    rng = np.random.default_rng(8)
    codes, proba, weights = rng.integers(3, size=60), rng.dirichlet(np.ones(3), 60).round(2), rng.integers(0, 4, 60)
    again = np.repeat(np.arange(60), weights)
    weighted = classification_metrics(codes, proba, [0, 1, 2], weights)
    repeated = classification_metrics(codes[again], proba[again], [0, 1, 2])
    for name in set(METRICS) - {"weighted_accuracy"}:
        assert weighted[name] == pytest.approx(repeated[name], abs=1e-12), name


@pytest.mark.parametrize("weights", [[1, 2], [1, -1, 1], [0, 0, 0], [1, np.nan, 1], [1, np.inf, 1]])
def test_weights_that_cannot_weigh_are_refused(weights: list[float]) -> None:
    """Too few, negative, all 0 or not finite."""
    with pytest.raises(InvalidInput, match="sample_weight must be 3 finite numbers"):
        classification_metrics([0, 1, 1], [0.2, 0.7, 0.6], [0, 1], weights)


@pytest.mark.parametrize("name", ["VotingEnsemble", "StackEnsemble"])
def test_an_ensemble_is_fitted_to_the_weights(name: str, table: TrainingTable) -> None:
    """The same members under weights that favour one class are combined into higher risks for that class."""
    task = task_of(table, export=False)
    children = [run_trial(task, p) for p in FAMILIES if p.family in ("LogisticRegression", "SVM", "LightGBM", "KNN")]
    plain = run_ensemble(task, TrialPlan(90, name), children)
    heavy = run_ensemble(replace(task, weights=np.where(table.codes == 1, 5.0, 1.0)), TrialPlan(90, name), children)
    assert plain.fitted is not None
    assert heavy.fitted is not None
    assert heavy.fitted[:, 1].mean() > plain.fitted[:, 1].mean() + 0.05


def test_every_fold_holds_rows_that_count() -> None:
    """Rows of weight 0 are dealt apart, and folds are at most the rows of a class that count."""
    weights = [1.0, 0, 0, 0, 1, 1, 1, 0, 0, 0, 0, 0]
    frame = pd.DataFrame({"x": range(12), "y": [0, 1] * 6, "w": weights})
    frame.loc[1, "w"] = frame.loc[3, "w"] = 2.0
    table = training_table(frame, AutoMLSettings(label_column_name="y", weight_column_name="w"))
    folds = table.folds(AutoMLSettings(label_column_name="y"))
    assert table.weights is not None
    assert set(folds) == {0, 1, 2}
    for fold in range(3):
        assert set(table.codes[(folds == fold) & (table.weights > 0)]) == {0, 1}


def test_the_weight_column_is_never_a_feature_and_reaches_a_whole_run(heart: pd.DataFrame) -> None:
    """A run with weights learns from the other columns, and its metrics are the weighted ones of its own predictions."""
    frame = heart.assign(w=np.where(heart["DEATH_EVENT"] == 1, 3.0, 1.0))
    result = hfcore.automl.fit(frame, small(weight_column_name="w", iterations=5))
    assert "w" not in result.features
    assert [c.algorithm for c in result.children][-2:] == ["VotingEnsemble", "StackEnsemble"]
    for child in result.children:
        assert child.probabilities is not None
        per_fold = [
            classification_metrics(
                frame["DEATH_EVENT"][result.folds == f],
                child.probabilities[result.folds == f],
                [0, 1],
                frame["w"][result.folds == f],
            )["log_loss"]
            for f in range(3)
        ]
        assert child.metrics["log_loss"] == pytest.approx(np.mean(per_fold))


def test_the_label_cannot_weigh() -> None:
    """The same column as label and weight is refused with the settings."""
    with pytest.raises(InvalidSettings) as caught:
        AutoMLSettings(label_column_name="y", weight_column_name="y")
    assert set(caught.value.fields) == {"weight_column_name"}
