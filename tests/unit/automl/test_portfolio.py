"""The portfolio: what is tried, in which order, under which settings."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from hfcore.automl.portfolio import plan_trials
from hfcore.automl.settings import ALGORITHMS, AutoMLSettings
from hfcore.automl.table import drawn_rows


def names(rows: int = 299, **settings: Any) -> list[str]:
    """The planned pipelines by name."""
    return [plan.algorithm for plan in plan_trials(AutoMLSettings(label_column_name="y", **settings), rows)]


def test_every_algorithm_is_tried_once_before_long() -> None:
    """All ten of Azure's names are among the first eleven trials, the ensembles come last."""
    planned = names()
    assert {name.rsplit(", ", 1)[-1] for name in planned[:11]} == set(ALGORITHMS)
    assert planned[-2:] == ["VotingEnsemble", "StackEnsemble"]
    assert len(planned) == 22


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


@pytest.mark.parametrize(("iterations", "expected"), [(1, 1), (3, 3), (4, 4), (10, 10), (1000, 22)])
def test_iterations_count_the_ensembles(iterations: int, expected: int) -> None:
    """No more child runs than asked for; from four on, two of them are the ensembles."""
    planned = names(iterations=iterations)
    assert len(planned) == expected
    assert planned[-2:].count("VotingEnsemble") + planned[-2:].count("StackEnsemble") == (2 if iterations >= 4 else 0)


def test_a_single_pipeline_is_not_combined() -> None:
    """With one configuration there is nothing to combine."""
    assert names(allowed_models=["DecisionTree"]) == ["MinMaxScaler, DecisionTree"]


def test_large_tables_bound_what_grows_fast() -> None:
    """Above 5,000 rows all ten algorithms are tried; most learn from 20,000 rows at most, KNN and SVM from fewer."""
    large = [p for p in plan_trials(AutoMLSettings(label_column_name="y"), 5001) if not p.is_ensemble]
    assert {p.family for p in large} == set(ALGORITHMS)
    whole = {p.family for p in large if "most_rows" not in p.parameters and not p.is_tuned}
    assert whole == {"LightGBM", "XGBoostClassifier", "ExtremeRandomTrees", "DecisionTree"}
    assert max(p.parameters.get("most_rows", 0) for p in large) == 20_000
    assert all(p.parameters["most_rows"] <= 5_000 for p in large if p.family in ("KNN", "SVM"))


def test_rows_are_drawn_class_by_class() -> None:
    """About as many rows as asked for, in the classes' proportions, with every row of a rare class; none is drawn from few."""
    codes = np.repeat([0, 1, 2], [9000, 990, 10])
    drawn = drawn_rows(codes, 1000, seed=3)
    assert np.bincount(codes[drawn]).tolist() == [900, 99, 10]
    assert np.array_equal(drawn, drawn_rows(codes, 1000, seed=3))
    assert codes[drawn_rows(codes, 10_000, seed=3)].shape == codes.shape
