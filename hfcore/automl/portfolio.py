"""The portfolio: which pipelines a run tries, in which order."""

from __future__ import annotations

from typing import Any

from hfcore.automl.outcome import ENSEMBLES, TrialPlan
from hfcore.automl.settings import AutoMLSettings

_LEAST_FOR_ENSEMBLES = 4
_MANY_ROWS = 5000
_QUADRATIC = {"SVM", "KNN"}

_BOOST: dict[str, Any] = {"n_estimators": 100, "min_child_weight": 2}
_SMALL: dict[str, Any] = {"n_estimators": 60, "max_depth": 2, "eta": 0.05, "reg_lambda": 5.0, "max_bin": 64}
_DRAWN: dict[str, Any] = {"colsample_bynode": 0.4, "subsample": 0.7}
_FROM_SPLINES: dict[str, Any] = {"log": True, "start": "LogisticRegression", "start_C": 0.01, "start_knots": 4}
_LEAVES: dict[str, Any] = {"n_estimators": 100, "feature_fraction_bynode": 0.4, "min_data_in_leaf": 10}
_BAGGED: dict[str, Any] = {"feature_fraction_bynode": 0.3, "bagging_fraction": 0.65, "bagging_freq": 1}
_STAGES: dict[str, Any] = {"max_depth": 2, "learning_rate": 0.05, "min_samples_leaf": 8}

# Best and quickest first, then one of every family, then variations. Small tables want strong penalties: few leaves,
# small steps, few columns per split, logarithms of skewed columns and splines under the linear learners. Chosen by
# repeated 5-fold cross-validation over eight clinical tables, not on the heart failure records alone.
_PORTFOLIO: tuple[tuple[str, dict[str, Any]], ...] = (
    ("StandardScalerWrapper, LogisticRegression", {"C": 0.02, "log": True, "knots": 5}),
    ("StandardScalerWrapper, XGBoostClassifier", _SMALL | _DRAWN | _FROM_SPLINES),
    ("StandardScalerWrapper, SVM", {"C": 1.0, "gamma": 0.3, "log": True}),
    ("MaxAbsScaler, LightGBM", _LEAVES | {"num_leaves": 4, "learning_rate": 0.05, "lambda_l2": 5.0}),
    ("StandardScalerWrapper, GradientBoosting", _STAGES | {"n_estimators": 100, "subsample": 0.6, "max_features": 0.3}),
    ("MaxAbsScaler, RandomForest", {"n_estimators": 100, "min_samples_leaf": 5, "max_features": 0.3}),
    ("MaxAbsScaler, ExtremeRandomTrees", {"n_estimators": 100, "min_samples_leaf": 4, "max_features": 0.6}),
    ("StandardScalerWrapper, LogisticRegression", {"C": 0.1, "log": True}),
    ("StandardScalerWrapper, SGD", {"alpha": 0.3, "log": True, "knots": 5}),
    ("RobustScaler, KNN", {"n_neighbors": 60, "log": True}),
    ("MinMaxScaler, DecisionTree", {"max_depth": 3, "min_samples_leaf": 15, "pull": 4.0}),
    ("StandardScalerWrapper, LogisticRegression", {"C": 0.01, "log": True, "knots": 4}),
    (
        "MaxAbsScaler, XGBoostClassifier",
        _BOOST | {"n_estimators": 200, "max_depth": 1, "eta": 0.07, "reg_lambda": 5.0, "colsample_bynode": 0.5},
    ),
    ("MaxAbsScaler, LightGBM", _BAGGED | {"boosting": "rf", "n_estimators": 100, "num_leaves": 16, "min_data_in_leaf": 5}),
    ("StandardScalerWrapper, SVM", {"C": 0.3, "gamma": 0.1, "log": True, "knots": 4}),
    ("StandardScalerWrapper, LogisticRegression", {"C": 1.0}),
    (
        "MaxAbsScaler, LightGBM",
        _BAGGED | {"n_estimators": 150, "num_leaves": 4, "learning_rate": 0.03, "lambda_l2": 10.0, "min_data_in_leaf": 15},
    ),
    ("StandardScalerWrapper, SGD", {"alpha": 0.1, "log": True}),
    ("MaxAbsScaler, ExtremeRandomTrees", {"n_estimators": 100, "min_samples_leaf": 3, "max_features": 0.9}),
    ("MaxAbsScaler, RandomForest", {"n_estimators": 100, "min_samples_leaf": 10, "max_features": 0.5, "max_samples": 0.7}),
    (
        "MaxAbsScaler, XGBoostClassifier",
        _BOOST | {"max_depth": 2, "eta": 0.05, "reg_lambda": 5.0, "colsample_bynode": 0.4, "subsample": 0.7},
    ),
    ("StandardScalerWrapper, KNN", {"n_neighbors": 30, "log": True}),
    ("RobustScaler, GradientBoosting", _STAGES | {"n_estimators": 60, "subsample": 0.7, "max_features": 0.4}),
    ("RobustScaler, LogisticRegression", {"C": 0.005, "log": True, "knots": 6}),
)


def plan_trials(settings: AutoMLSettings, rows: int) -> list[TrialPlan]:
    """Return the trials of a run in order: the allowed part of the portfolio, then the two ensembles.

    `iterations` counts all of them; below four there is no ensemble. Above 5,000 `rows` learners whose cost grows
    with the square of the rows are left out, unless nothing else is allowed.
    """
    families = set(settings.algorithms)
    if rows > _MANY_ROWS:
        families = families - _QUADRATIC or families
    allowed = [(name, given) for name, given in _PORTFOLIO if name.rsplit(", ", 1)[-1] in families]
    with_ensembles = settings.iterations >= _LEAST_FOR_ENSEMBLES and len(allowed) > 1
    trials = allowed[: settings.iterations - (len(ENSEMBLES) if with_ensembles else 0)]
    plans = [TrialPlan(i, name, given) for i, (name, given) in enumerate(trials, start=1)]
    if with_ensembles:
        plans += [TrialPlan(len(trials) + i, name) for i, name in enumerate(ENSEMBLES, start=1)]
    return plans
