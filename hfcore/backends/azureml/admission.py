"""What is checked before a run is sent to Azure: everything that it could not do, all at once, before anything starts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hfcore.automl.settings import AutoMLSettings
from hfcore.backends.azureml.compute import UNNAMED, Clusters
from hfcore.errors import ComputeNotFound, InvalidInput, InvalidSettings
from hfcore.records import check_experiment_name

if TYPE_CHECKING:
    import pandas as pd

LEAST_MINUTES = 15
_PLAIN = AutoMLSettings(label_column_name="label")


def check_submission(experiment: str, settings: AutoMLSettings, frame: pd.DataFrame, clusters: Clusters) -> None:
    """Accept a submission.

    Raises:
        InvalidSettings: the experiment's name, the cluster, what the table cannot serve and what Azure cannot do.
    """
    wrong = _wrong_name(experiment) | _wrong_table(frame, settings) | cannot(settings)
    try:
        if settings.compute_target != UNNAMED:
            clusters.get(settings.compute_target)
    except ComputeNotFound as error:
        wrong["compute_target"] = str(error)
    if wrong:
        raise InvalidSettings(wrong)


def cannot(settings: AutoMLSettings) -> dict[str, str]:
    """Return what Azure's AutoML cannot do of these settings, by field."""
    wrong = {}
    minutes, one = settings.experiment_timeout_minutes, settings.iteration_timeout_minutes
    if minutes < LEAST_MINUTES:
        wrong["experiment_timeout_minutes"] = (
            f"experiment_timeout_minutes is {minutes:g}; Azure's AutoML takes no less than {LEAST_MINUTES} minutes."
        )
    elif minutes != int(minutes):
        wrong["experiment_timeout_minutes"] = f"experiment_timeout_minutes is {minutes:g}; Azure takes whole minutes only."
    if one is not None and (one < 1 or one != int(one) or one > minutes):
        wrong["iteration_timeout_minutes"] = (
            f"iteration_timeout_minutes is {one:g}; Azure takes whole minutes from 1 to the run's own {minutes:g}."
        )
    if settings.random_state != _PLAIN.random_state:
        wrong["random_state"] = "Azure's AutoML takes no seed; leave random_state out."
    return wrong


def _wrong_name(experiment: str) -> dict[str, str]:
    try:
        check_experiment_name(experiment)
    except InvalidInput as error:
        return error.fields
    return {}


def _wrong_table(frame: pd.DataFrame, settings: AutoMLSettings) -> dict[str, str]:
    from hfcore.datasets.validation import check_trainable

    try:
        check_trainable(frame, settings)
    except InvalidInput as error:
        return error.fields
    return {}
