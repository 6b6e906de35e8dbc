"""The smallest run that Azure's AutoML takes, for tests that need one sent or finished."""

from __future__ import annotations

from hfcore.automl.settings import AutoMLSettings

QUICK = AutoMLSettings(
    label_column_name="DEATH_EVENT",
    excluded_columns=("time",),
    allowed_models=("LogisticRegression", "DecisionTree"),
    n_cross_validations=2,
    iterations=4,
    experiment_timeout_minutes=15,
)
