"""What is checked before a run is accepted: everything that would make it fail later, all at once."""

from __future__ import annotations

from hfcore.automl.settings import AutoMLSettings
from hfcore.backends.local.compute import ComputeTargets
from hfcore.datasets.dataset import Dataset
from hfcore.errors import BackendUnavailable, ComputeNotFound, InvalidInput, InvalidSettings
from hfcore.records import check_experiment_name


def check_submission(experiment: str, settings: AutoMLSettings, dataset: Dataset, targets: ComputeTargets) -> int:
    """Accept a submission and return the number of processes it gets.

    Raises:
        InvalidSettings: the experiment's name, the compute target, and every setting the table cannot serve.
    """
    wrong = _wrong_name(experiment) | _wrong_table(dataset, settings)
    processes = 0
    try:
        processes = targets.processes(settings.compute_target, settings.max_concurrent_iterations)
    except (ComputeNotFound, BackendUnavailable) as error:
        wrong["compute_target"] = str(error)
    if wrong:
        raise InvalidSettings(wrong)
    return processes


def _wrong_name(experiment: str) -> dict[str, str]:
    try:
        check_experiment_name(experiment)
    except InvalidInput as error:
        return error.fields
    return {}


def _wrong_table(dataset: Dataset, settings: AutoMLSettings) -> dict[str, str]:
    from hfcore.automl.table import training_table
    from hfcore.datasets.validation import check_trainable

    frame = dataset.to_pandas()
    wrong: dict[str, str] = {}
    for check in (training_table, check_trainable):
        try:
            check(frame, settings)
        except InvalidInput as error:
            wrong |= error.fields
    return wrong
