"""The portfolio: which pipelines a run tries, in which order."""

from __future__ import annotations

from typing import Any

from hfcore.automl.outcome import ENSEMBLES, TrialPlan
from hfcore.automl.settings import AutoMLSettings
from hfcore.automl.tuning import tuned_pipelines

_LEAST_FOR_ENSEMBLES = 4
_MANY_ROWS = 5000

_LOG: dict[str, Any] = {"log": True}
_SMALL: dict[str, Any] = {"n_estimators": 60, "max_depth": 2, "eta": 0.05, "reg_lambda": 5.0, "max_bin": 64}
_DRAWN: dict[str, Any] = {"colsample_bynode": 0.4, "subsample": 0.7}
_GROVES: dict[str, Any] = {
    "n_estimators": 3,
    "num_parallel_tree": 15,
    "max_depth": 6,
    "eta": 0.4,
    "reg_lambda": 2.0,
    "max_bin": 128,
    "colsample_bynode": 0.4,
    "subsample": 0.65,
}
_FROM_KERNEL: dict[str, Any] = {"start": "kernel logistic regression", "start_C": 3.0, "start_gamma": 0.1}
_FROM_RELEVANT: dict[str, Any] = {"start": "LogisticRegression", "start_penalty": "relevance", "start_knots": 0}
_KERNEL: dict[str, Any] = {"variant": "kernel logistic regression", "C": 3.0, "gamma": 0.1}
_LEAVES: dict[str, Any] = {"n_estimators": 100, "feature_fraction_bynode": 0.4, "min_data_in_leaf": 10}
_BAGGED: dict[str, Any] = {"n_estimators": 80, "bagging_freq": 1, "num_leaves": 16, "min_data_in_leaf": 5, "lambda_l2": 1.0}
_STAGES: dict[str, Any] = {"max_depth": 2, "min_samples_leaf": 8}
_QUICK_STAGES: dict[str, Any] = {"n_estimators": 50, "learning_rate": 0.1, "subsample": 0.6, "max_features": 0.3}

# Quickest first, then one of every family, then variations; see docs/automl.md. Small tables want strong penalties, logarithms
# of skewed columns, splines or a kernel under a logistic loss, and small trees that start from such a model. They were
# chosen by inner cross-validation over 40 clinical tables, which the heart failure records are not among.
_PORTFOLIO: tuple[tuple[str, dict[str, Any]], ...] = (
    ("StandardScalerWrapper, LogisticRegression", _LOG | {"C": 0.03, "knots": 4}),
    ("StandardScalerWrapper, XGBoostClassifier", _LOG | _FROM_KERNEL | {"start_relevance": 0.5} | _SMALL | _DRAWN),
    ("StandardScalerWrapper, SVM", _LOG | _KERNEL),
    ("StandardScalerWrapper, LogisticRegression", _LOG | {"penalty": "relevance", "spline_knots": 4}),
    ("MaxAbsScaler, LightGBM", _LEAVES | {"num_leaves": 4, "learning_rate": 0.05, "lambda_l2": 5.0}),
    ("RobustScaler, GradientBoosting", _STAGES | _QUICK_STAGES),
    ("MaxAbsScaler, RandomForest", {"n_estimators": 40, "min_samples_leaf": 1, "max_features": "sqrt"}),
    ("MaxAbsScaler, ExtremeRandomTrees", _BAGGED | {"bagging_fraction": 0.8}),
    ("StandardScalerWrapper, SGD", _LOG | {"alpha": 0.3, "knots": 5}),
    ("RobustScaler, KNN", _LOG | {"n_neighbors": 60}),
    ("MinMaxScaler, DecisionTree", {"max_depth": 3, "min_samples_leaf": 15, "pull": 4.0}),
    ("StandardScalerWrapper, XGBoostClassifier", _LOG | _FROM_RELEVANT | {"start_knots": 4} | _GROVES),
    ("StandardScalerWrapper, XGBoostClassifier", _LOG | _FROM_KERNEL | _SMALL | _DRAWN),
    ("StandardScalerWrapper, LogisticRegression", _LOG | {"penalty": "relevance", "spline_knots": 0}),
    (
        "StandardScalerWrapper, XGBoostClassifier",
        _LOG | _FROM_RELEVANT | _SMALL | _DRAWN | {"n_estimators": 80, "max_depth": 3, "eta": 0.03},
    ),
    ("StandardScalerWrapper, LogisticRegression", _LOG | {"C": 0.01, "knots": 4}),
    ("StandardScalerWrapper, LogisticRegression", {"C": 0.1}),
    ("RobustScaler, LogisticRegression", _LOG | {"C": 0.005, "knots": 6}),
    ("StandardScalerWrapper, SVM", _LOG | {"C": 1.0, "gamma": 0.3}),
    ("MaxAbsScaler, XGBoostClassifier", _SMALL | _DRAWN | {"n_estimators": 100, "max_depth": 3, "subsample": 0.6}),
)


_BIG: dict[str, Any] = {"n_estimators": 200, "max_depth": 6, "eta": 0.08, "reg_lambda": 5.0, "max_bin": 128}
_WIDE: dict[str, Any] = {"n_estimators": 200, "feature_fraction_bynode": 0.5, "lambda_l2": 5.0, "min_data_in_leaf": 20}
_DEEP: dict[str, Any] = {"n_estimators": 80, "bagging_freq": 1, "num_leaves": 127, "min_data_in_leaf": 5, "lambda_l2": 1.0}
_SOME: dict[str, Any] = {"most_rows": 20_000}
_FEW: dict[str, Any] = {"most_rows": 5_000}

# For tables of more than 5,000 rows: larger trees on every row; what is smooth or slow learns from some of the rows, which is
# enough for a smooth model. KNN and SVM, whose cost grows with the square, come last and learn from few.
_LARGE: tuple[tuple[str, dict[str, Any]], ...] = (
    ("StandardScalerWrapper, LogisticRegression", _LOG | _FEW | {"C": 0.03, "knots": 4}),
    ("MaxAbsScaler, LightGBM", _WIDE | {"num_leaves": 31, "learning_rate": 0.08}),
    (
        "StandardScalerWrapper, XGBoostClassifier",
        _LOG | _FROM_RELEVANT | {"start_knots": 4, "start_most_rows": 20_000} | _BIG | _DRAWN | {"max_depth": 5},
    ),
    ("StandardScalerWrapper, LogisticRegression", _LOG | _SOME | {"penalty": "relevance", "spline_knots": 4}),
    ("MaxAbsScaler, RandomForest", _SOME | {"n_estimators": 60, "min_samples_leaf": 5, "max_features": 0.3}),
    ("MaxAbsScaler, ExtremeRandomTrees", _DEEP | {"bagging_fraction": 0.8}),
    ("MaxAbsScaler, XGBoostClassifier", _BIG | _DRAWN),
    (
        "RobustScaler, GradientBoosting",
        _STAGES | _FEW | {"n_estimators": 150, "learning_rate": 0.05, "max_depth": 3, "max_features": 0.3},
    ),
    ("StandardScalerWrapper, SGD", _LOG | _SOME | {"alpha": 0.001, "knots": 5, "max_iter": 50}),
    ("MinMaxScaler, DecisionTree", {"max_depth": 8, "min_samples_leaf": 50, "pull": 4.0}),
    ("MaxAbsScaler, LightGBM", _WIDE | {"n_estimators": 400, "num_leaves": 63, "learning_rate": 0.04}),
    ("StandardScalerWrapper, LogisticRegression", {"C": 0.1} | _SOME),
    ("StandardScalerWrapper, SVM", _LOG | _KERNEL | _FEW),
    ("RobustScaler, KNN", _LOG | {"n_neighbors": 60, "most_rows": 2_000}),
)


def plan_trials(settings: AutoMLSettings, rows: int) -> list[TrialPlan]:
    """Return the trials of a run in order: the allowed part of the portfolio, what is tuned, then the two ensembles.

    `iterations` counts all of them; below four there is no ensemble. Above 5,000 `rows` there is a list of its own, with larger
    trees and with learners that look at some of the rows only; from 2,000 rows on there follow trials with parameters to find.
    """
    families = set(settings.algorithms)
    portfolio = _LARGE if rows > _MANY_ROWS else _PORTFOLIO
    allowed = [(name, given) for name, given in portfolio if name.rsplit(", ", 1)[-1] in families]
    with_ensembles = settings.iterations >= _LEAST_FOR_ENSEMBLES and len(allowed) > 1
    plans = [TrialPlan(i, name, given) for i, (name, given) in enumerate(allowed, start=1)]
    tuned = enumerate(tuned_pipelines(families, rows), start=len(plans) + 1)
    plans += [TrialPlan(i, name, is_tuned=True) for i, name in tuned]
    plans = plans[: settings.iterations - (len(ENSEMBLES) if with_ensembles else 0)]
    if with_ensembles:
        plans += [TrialPlan(len(plans) + i, name) for i, name in enumerate(ENSEMBLES, start=1)]
    return plans
