"""What AutoML settings mean to Azure: the arguments of AutoMLConfig, under Azure's own names."""

from __future__ import annotations

from typing import Any

from hfcore.automl.settings import AutoMLSettings

# Azure's names are ours. Data, cluster, folder and log file are given apart; columns are left out of the data.
_SAME = (
    "task",
    "primary_metric",
    "label_column_name",
    "weight_column_name",
    "max_concurrent_iterations",
    "iterations",
    "enable_early_stopping",
    "experiment_exit_score",
    "featurization",
    "n_cross_validations",
    "validation_size",
    "allowed_models",
    "blocked_models",
)


def azure_arguments(settings: AutoMLSettings) -> dict[str, Any]:
    """Return the arguments of AutoMLConfig that these settings mean, without data, cluster and folder."""
    values = settings.to_dict()
    told = {name: values[name] for name in _SAME if values[name] is not None}
    told["experiment_timeout_minutes"] = int(settings.experiment_timeout_minutes)
    if settings.iteration_timeout_minutes is not None:
        told["iteration_timeout_minutes"] = int(settings.iteration_timeout_minutes)
    return told
