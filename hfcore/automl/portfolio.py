"""The portfolio: which pipelines a run tries, in which order."""

from __future__ import annotations

from typing import Any

from hfcore.automl.outcome import ENSEMBLES, TrialPlan
from hfcore.automl.settings import AutoMLSettings

_LEAST_FOR_ENSEMBLES = 4

# Best and quickest first, then one of every family, then variations. Small tables want strong penalties: few leaves,
# small steps, many columns left out of each split, logarithms of skewed columns under the linear learners.
_PORTFOLIO: tuple[tuple[str, dict[str, Any]], ...] = (
    ("StandardScalerWrapper, LogisticRegression", {"C": 0.02, "log": True}),
    ("StandardScalerWrapper, SVM", {"C": 1.0, "gamma": 0.3, "log": True}),
    (
        "MaxAbsScaler, XGBoostClassifier",
        {"n_estimators": 100, "max_depth": 2, "eta": 0.05, "reg_lambda": 5.0, "colsample_bynode": 0.4, "min_child_weight": 2},
    ),
    ("MaxAbsScaler, ExtremeRandomTrees", {"n_estimators": 100, "min_samples_leaf": 4, "max_features": 0.6}),
    (
        "MaxAbsScaler, LightGBM",
        {
            "n_estimators": 100,
            "num_leaves": 4,
            "learning_rate": 0.05,
            "lambda_l2": 5.0,
            "feature_fraction_bynode": 0.4,
            "min_data_in_leaf": 10,
        },
    ),
    (
        "StandardScalerWrapper, GradientBoosting",
        {"n_estimators": 60, "max_depth": 2, "learning_rate": 0.05, "subsample": 0.7, "max_features": 0.4},
    ),
    ("MaxAbsScaler, RandomForest", {"n_estimators": 100, "min_samples_leaf": 5, "max_features": 0.4}),
    ("StandardScalerWrapper, LogisticRegression", {"C": 0.01, "log": True, "bends": 4}),
    ("RobustScaler, KNN", {"n_neighbors": 30, "log": True}),
    ("StandardScalerWrapper, SGD", {"alpha": 0.1, "log": True}),
    ("MinMaxScaler, DecisionTree", {"max_depth": 3, "min_samples_leaf": 15, "pull": 4.0}),
)


def plan_trials(settings: AutoMLSettings) -> list[TrialPlan]:
    """Return the trials of a run in order: the allowed part of the portfolio, then the two ensembles.

    `iterations` counts all of them; below four there is no ensemble.
    """
    allowed = [(name, given) for name, given in _PORTFOLIO if name.rsplit(", ", 1)[-1] in settings.algorithms]
    with_ensembles = settings.iterations >= _LEAST_FOR_ENSEMBLES and len(allowed) > 1
    trials = allowed[: settings.iterations - (len(ENSEMBLES) if with_ensembles else 0)]
    plans = [TrialPlan(i, name, given) for i, (name, given) in enumerate(trials, start=1)]
    if with_ensembles:
        plans += [TrialPlan(len(trials) + i, name) for i, name in enumerate(ENSEMBLES, start=1)]
    return plans
