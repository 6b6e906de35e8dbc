"""The portfolio: which pipelines a run tries, in which order."""

from __future__ import annotations

from typing import Any

from hfcore.automl.outcome import ENSEMBLES, TrialPlan
from hfcore.automl.settings import AutoMLSettings

_LEAST_FOR_ENSEMBLES = 4
_MANY_ROWS = 5000
_QUADRATIC = {"SVM", "KNN"}

_LOG: dict[str, Any] = {"log": True}
_SMALL: dict[str, Any] = {"n_estimators": 60, "max_depth": 2, "eta": 0.05, "reg_lambda": 5.0, "max_bin": 64}
_DRAWN: dict[str, Any] = {"colsample_bynode": 0.4, "subsample": 0.7}
_FROM_SPLINES: dict[str, Any] = {"start": "LogisticRegression", "start_C": 0.01, "start_knots": 4}
_FROM_KERNEL: dict[str, Any] = {"start": "kernel logistic regression", "start_C": 3.0, "start_gamma": 0.1}
_KERNEL: dict[str, Any] = {"variant": "kernel logistic regression", "C": 3.0, "gamma": 0.1}
_LEAVES: dict[str, Any] = {"n_estimators": 100, "feature_fraction_bynode": 0.4, "min_data_in_leaf": 10}
_BAGGED: dict[str, Any] = {"feature_fraction_bynode": 0.3, "bagging_fraction": 0.65, "bagging_freq": 1}
_STAGES: dict[str, Any] = {"max_depth": 2, "learning_rate": 0.05, "min_samples_leaf": 8}

# Quickest first, then one of every family, then variations; see docs/automl.md. Small tables want strong penalties, logarithms
# of skewed columns, splines or a kernel under a logistic loss, and small trees that start from such a model. These were
# chosen by cross-validation over 34 clinical tables, which the heart failure records are not among; the others are kept from an
# earlier choice over eight tables, which they are among.
_PORTFOLIO: tuple[tuple[str, dict[str, Any]], ...] = (
    ("StandardScalerWrapper, LogisticRegression", _LOG | {"C": 0.03, "knots": 4}),
    ("StandardScalerWrapper, XGBoostClassifier", _LOG | _FROM_SPLINES | _SMALL | _DRAWN),
    ("StandardScalerWrapper, SVM", _LOG | _KERNEL | {"emphasis": 0.5}),
    ("MaxAbsScaler, LightGBM", _LEAVES | {"num_leaves": 4, "learning_rate": 0.05, "lambda_l2": 5.0}),
    ("StandardScalerWrapper, GradientBoosting", _STAGES | {"n_estimators": 100, "subsample": 0.6, "max_features": 0.3}),
    ("MaxAbsScaler, RandomForest", {"n_estimators": 100, "min_samples_leaf": 5, "max_features": 0.3}),
    ("MaxAbsScaler, ExtremeRandomTrees", {"n_estimators": 100, "min_samples_leaf": 4, "max_features": 0.6}),
    ("StandardScalerWrapper, LogisticRegression", {"C": 0.1}),
    ("StandardScalerWrapper, SGD", _LOG | {"alpha": 0.3, "knots": 5}),
    ("RobustScaler, KNN", _LOG | {"n_neighbors": 60}),
    ("MinMaxScaler, DecisionTree", {"max_depth": 3, "min_samples_leaf": 15, "pull": 4.0}),
    ("StandardScalerWrapper, LogisticRegression", _LOG | {"C": 0.01, "knots": 4}),
    ("StandardScalerWrapper, XGBoostClassifier", _LOG | _FROM_KERNEL | _SMALL | _DRAWN),
    ("StandardScalerWrapper, SVM", _LOG | _KERNEL),
    ("StandardScalerWrapper, LogisticRegression", _LOG | {"C": 0.01, "knots": 5}),
    (
        "StandardScalerWrapper, XGBoostClassifier",
        _LOG | _FROM_SPLINES | _SMALL | _DRAWN | {"max_depth": 4, "eta": 0.03, "reg_lambda": 10.0},
    ),
    ("StandardScalerWrapper, LogisticRegression", _LOG | {"C": 0.03}),
    ("MaxAbsScaler, XGBoostClassifier", _SMALL | _DRAWN | {"n_estimators": 200, "eta": 0.025, "colsample_bynode": 0.5}),
    ("StandardScalerWrapper, SVM", _LOG | {"C": 1.0, "gamma": 0.3}),
    ("MaxAbsScaler, LightGBM", _BAGGED | {"boosting": "rf", "n_estimators": 100, "num_leaves": 16, "min_data_in_leaf": 5}),
    ("RobustScaler, LogisticRegression", _LOG | {"C": 0.005, "knots": 6}),
    ("StandardScalerWrapper, SGD", _LOG | {"alpha": 0.1}),
    ("StandardScalerWrapper, KNN", _LOG | {"n_neighbors": 30}),
    ("RobustScaler, GradientBoosting", _STAGES | {"n_estimators": 60, "subsample": 0.7, "max_features": 0.4}),
)


def plan_trials(settings: AutoMLSettings, rows: int) -> list[TrialPlan]:
    """Return the trials of a run in order: the allowed part of the portfolio, then the two ensembles.

    `iterations` counts all of them; below four there is no ensemble. Above 5,000 `rows` learners whose cost grows
    with the square of the rows are left out, unless nothing else is allowed, and so are trees that start from a kernel.
    """
    families = set(settings.algorithms)
    portfolio = _PORTFOLIO
    if rows > _MANY_ROWS:
        families = families - _QUADRATIC or families
        portfolio = tuple(entry for entry in portfolio if "start_gamma" not in entry[1])
    allowed = [(name, given) for name, given in portfolio if name.rsplit(", ", 1)[-1] in families]
    with_ensembles = settings.iterations >= _LEAST_FOR_ENSEMBLES and len(allowed) > 1
    trials = allowed[: settings.iterations - (len(ENSEMBLES) if with_ensembles else 0)]
    plans = [TrialPlan(i, name, given) for i, (name, given) in enumerate(trials, start=1)]
    if with_ensembles:
        plans += [TrialPlan(len(trials) + i, name) for i, name in enumerate(ENSEMBLES, start=1)]
    return plans
