"""Sending a run to Azure: AutoMLConfig out of our settings, submitted once, with a note of what was asked for."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable
from typing import Any

import requests

from hfcore.automl.azure_arguments import azure_arguments
from hfcore.automl.settings import AutoMLSettings
from hfcore.backends.azureml import sdk, transport
from hfcore.backends.azureml.compute import Clusters
from hfcore.backends.azureml.connection import Connection
from hfcore.backends.azureml.data import OURS, Datasets
from hfcore.backends.azureml.translation import safe_text
from hfcore.datasets.dataset import Dataset
from hfcore.errors import BackendUnavailable

LOOK_BACK = 20
_lock = threading.Lock()
log = logging.getLogger("hfcore.azureml")


def submit(
    connection: Connection, data: Datasets, clusters: Clusters, experiment: str, settings: AutoMLSettings, dataset: Dataset
) -> Any:
    """Start a run and return the SDK's object; to be called inside a call."""
    cluster = clusters.look(settings.compute_target)
    if cluster is None or cluster.provisioning_state != "Succeeded":
        raise BackendUnavailable(f"The cluster {settings.compute_target!r} is not ready yet.", "Try again in a minute.")
    training = data.for_training(dataset, settings.excluded_columns)
    config = automl().AutoMLConfig(
        **azure_arguments(settings),
        training_data=training,
        compute_target=cluster,
        path=settings.path or str(sdk.droppings()),
        debug_log=str(sdk.droppings() / "automl.log"),
        show_warnings=True,  # else a submission silences the whole process's warnings
    )
    place = sdk.load("azureml.core").Experiment(connection.workspace, experiment)
    before = _newest(place)
    with transport.making("/run", _run_that_was_made(place, before)):
        return place.submit(config, show_output=False)


def automl() -> Any:
    """Return AutoML's client; the log files of its runs and settings then go to the droppings, not into the present folder."""
    client, logs = sdk.load("azureml.train.automl"), sdk.load("azureml.automl.core._logging.log_server")
    with _lock:
        if not hasattr(logs.set_log_file, "keeps_away"):
            logs.set_log_file = _away(logs.set_log_file)
    return client


def _away(set_log_file: Callable[[str | None], None]) -> Callable[[str | None], None]:
    def set_away(path: str | None) -> None:
        set_log_file(None if path is None else str(sdk.droppings() / path))

    set_away.keeps_away = True  # type: ignore[attr-defined]
    return set_away


def note(run: Any, settings: AutoMLSettings, dataset: Dataset) -> None:
    """Write what was asked for on the run, in tags; a run without them is a run all the same."""
    try:
        run.set_tags(tags(settings, dataset))
    except Exception as error:  # the run is under way: that its note is missing must not hide it
        log.warning("the tags of run %s could not be written: %s %s", run.id, type(error).__name__, safe_text(error)[:80])


def tags(settings: AutoMLSettings, dataset: Dataset) -> dict[str, str]:
    """Return what a run is told about itself: settings that are not the defaults, and the data set."""
    values, defaults = settings.to_dict(), AutoMLSettings(label_column_name="label").to_dict()
    given = {name: value for name, value in values.items() if value != defaults[name] or name == "label_column_name"}
    return {f"{OURS}settings": json.dumps(given, separators=(",", ":")), f"{OURS}dataset": f"{dataset.name}:{dataset.version}"}


def _newest(place: Any) -> list[str]:
    """Return the ids of an experiment's newest runs."""
    runs = place.get_runs()
    return [run.id for run, _ in zip(runs, range(LOOK_BACK), strict=False)]


def _run_that_was_made(place: Any, before: list[str]) -> transport.Finder:
    """Return what looks for a run that was made although the answer was lost: the only one that is new and has no note."""

    def find(request: requests.PreparedRequest) -> requests.Response | None:
        made = [run_id for run_id in _newest(place) if run_id not in before]
        return transport.answer(made[0]) if len(made) == 1 else None

    return find
