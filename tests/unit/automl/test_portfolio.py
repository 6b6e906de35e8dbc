"""The portfolio: what is tried, in which order, under which settings."""

from __future__ import annotations

import json
from typing import Any

import pytest

from hfcore.automl.portfolio import plan_trials
from hfcore.automl.settings import ALGORITHMS, AutoMLSettings


def names(rows: int = 299, **settings: Any) -> list[str]:
    """The planned pipelines by name."""
    return [plan.algorithm for plan in plan_trials(AutoMLSettings(label_column_name="y", **settings), rows)]


def test_every_algorithm_is_tried_once_before_long() -> None:
    """All ten of Azure's names are among the first eleven trials, the ensembles come last."""
    planned = names()
    assert {name.rsplit(", ", 1)[-1] for name in planned[:11]} == set(ALGORITHMS)
    assert planned[-2:] == ["VotingEnsemble", "StackEnsemble"]
    assert len(planned) == 21


def test_names_are_spelled_as_azure_does() -> None:
    """A scaler of Azure's, a comma, an algorithm."""
    scalers = {name.rsplit(", ", 1)[0] for name in names()[:-2]}
    assert scalers <= {"StandardScalerWrapper", "MaxAbsScaler", "MinMaxScaler", "RobustScaler"}


def test_plans_are_numbered_from_one_and_can_be_stored() -> None:
    """Numbers have no gap, parameters are JSON, and planning again gives the same."""
    plans = plan_trials(AutoMLSettings(label_column_name="y"), 299)
    assert [p.number for p in plans] == list(range(1, len(plans) + 1))
    assert all(json.loads(json.dumps(p.parameters)) == p.parameters for p in plans)
    assert plans == plan_trials(AutoMLSettings(label_column_name="y"), 299)


def test_allowed_and_blocked_models_are_respected() -> None:
    """Only what is allowed and not blocked is tried."""
    assert {n.rsplit(", ", 1)[-1] for n in names(allowed_models=["KNN", "SVM"])[:-2]} == {"KNN", "SVM"}
    assert not any(
        "Boost" in n or "LightGBM" in n for n in names(blocked_models=["XGBoostClassifier", "LightGBM", "GradientBoosting"])
    )


@pytest.mark.parametrize(("iterations", "expected"), [(1, 1), (3, 3), (4, 4), (10, 10), (1000, 21)])
def test_iterations_count_the_ensembles(iterations: int, expected: int) -> None:
    """No more child runs than asked for; from four on, two of them are the ensembles."""
    planned = names(iterations=iterations)
    assert len(planned) == expected
    assert planned[-2:].count("VotingEnsemble") + planned[-2:].count("StackEnsemble") == (2 if iterations >= 4 else 0)


def test_a_single_pipeline_is_not_combined() -> None:
    """With one configuration there is nothing to combine."""
    assert names(allowed_models=["DecisionTree"]) == ["MinMaxScaler, DecisionTree"]


def test_large_tables_leave_out_what_would_take_too_long() -> None:
    """Above 5,000 rows SVM, KNN and trees that start from a kernel are not tried, unless nothing else is allowed."""
    large = plan_trials(AutoMLSettings(label_column_name="y"), 5001)
    assert {p.parameters["start"] for p in large if "start" in p.parameters} == {"LogisticRegression"}
    assert not any(n.endswith(("SVM", "KNN")) for n in names(rows=5001))
    assert len(names(rows=5001, allowed_models=["SVM"])) == len(names(allowed_models=["SVM"]))
