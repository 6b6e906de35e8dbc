"""The AutoML runs of a workspace: submit, look, cancel, read what they left."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from hfcore.automl.settings import AutoMLSettings
from hfcore.backends.azureml import artifacts, launch, run_facts, sdk
from hfcore.backends.azureml.admission import check_submission
from hfcore.backends.azureml.compute import Clusters
from hfcore.backends.azureml.connection import Connection
from hfcore.backends.azureml.data import Datasets
from hfcore.backends.azureml.statuses import run_state
from hfcore.backends.azureml.translation import is_absent
from hfcore.errors import NotFound, RunNotFound, StillRunning
from hfcore.records import ChildRun, Run
from hfcore.states import RunState

MOST_RUNS = 200
CANCEL_S = 20.0
_LOOK_S = 0.25


class Runs:
    """The runs of one workspace; Azure's run history is the one place where their state is."""

    def __init__(self, connection: Connection, data: Datasets, clusters: Clusters) -> None:
        self._connection, self._data, self._clusters = connection, data, clusters
        self._ended: dict[str, list[ChildRun]] = {}
        self._experiments: list[str] = []

    def submit(self, experiment: str, settings: AutoMLSettings, dataset: str) -> Run:
        """Send a run to Azure and return. Raises InvalidSettings, DatasetNotFound, QuotaExceeded."""
        table = self._data.get(dataset)
        frame = table.to_pandas()
        check_submission(experiment, settings, frame, self._clusters)
        target = self._clusters.chosen(settings.compute_target)
        return self._connection.change(
            "starting the run", lambda: self._submit(experiment, settings, target, dataset), "runs", "children", "datasets"
        )

    def _submit(self, experiment: str, settings: AutoMLSettings, target: str, dataset: str) -> Run:
        table = self._data.get(dataset)
        sent = launch.submit(
            self._connection, self._data, self._clusters, experiment, replace(settings, compute_target=target), table
        )
        launch.note(sent, settings, table)
        self._remember(experiment)
        run = run_facts.run_record(self._history(sent.id), [])
        return replace(run, settings=settings.to_dict(), dataset=table.name, dataset_version=table.version)

    def _remember(self, experiment: str) -> None:
        if experiment not in self._experiments:
            self._experiments.append(experiment)

    def get(self, run_id: str) -> Run:
        """Return one run. Raises RunNotFound."""
        return self._found(run_id, self._connection.ask(("runs", "get", run_id), "reading the run", lambda: self._read(run_id)))

    def _found(self, run_id: str, run: Run | None) -> Run:
        if run is None:
            raise RunNotFound(run_id, [r.id for r in self.list(None, 10)])
        return run

    def _read(self, run_id: str) -> Run | None:
        try:
            run = self._history(run_id)
        except RunNotFound:
            return None
        return run_facts.run_record(run, self._children(run))

    def _history(self, run_id: str) -> Any:
        """Return the SDK's object of a run. Raises RunNotFound; to be called inside a call."""
        try:
            run = self._connection.workspace.get_run(run_id)
        except Exception as error:
            if is_absent(error):
                raise RunNotFound(run_id) from error
            raise
        if not run_facts.is_automl(run_facts.facts(run)):
            raise RunNotFound(run_id)
        return run

    def _children(self, run: Any) -> list[ChildRun]:
        run_id = str(run.id)
        if run_id not in self._ended:
            found = run_facts.child_records(run, list(run.get_children()))
            if not run_state(run_facts.facts(run).get("status"))[0].is_finished:
                return found
            self._ended[run_id] = found
        return self._ended[run_id]

    def list(self, experiment: str | None, limit: int | None = None) -> Sequence[Run]:
        """Return the runs, newest first."""
        found = self._connection.ask(("runs", "list"), "reading the runs", self._listed)
        return [run for run in found if experiment in (None, run.experiment)][:limit]

    def _listed(self) -> Sequence[Run]:
        runs = [run for place in self._places() for run in self._of(place)]
        newest = sorted(runs, key=lambda r: str(run_facts.facts(r).get("created_utc")), reverse=True)[:MOST_RUNS]
        records = [run_facts.run_record(run, self._children(run)) for run in newest]
        return sorted(records, key=lambda r: r.created_at, reverse=True)

    def _of(self, place: Any) -> Sequence[Any]:
        found = [run for run, _ in zip(place.get_runs(type="automl"), range(MOST_RUNS), strict=False)]
        return [run for run in found if run_facts.is_automl(run_facts.facts(run))]

    def _places(self) -> Sequence[Any]:
        """Return every experiment; where Azure lists none, those that were submitted to from here."""
        core = sdk.load("azureml.core")
        try:
            return list(core.Experiment.list(self._connection.workspace))
        except Exception as error:
            if is_absent(error):
                return [core.Experiment(self._connection.workspace, name) for name in self._experiments]
            raise

    def children(self, run_id: str) -> Sequence[ChildRun]:
        """Return the child runs that were started, by number. Raises RunNotFound."""
        if run_id in self._ended:
            return self._ended[run_id]
        found = self._connection.ask(("children", run_id), "reading the child runs", lambda: self._children_of(run_id))
        if found is None:
            self._found(run_id, None)
        return found or []

    def _children_of(self, run_id: str) -> Sequence[ChildRun] | None:
        try:
            return self._children(self._history(run_id))
        except RunNotFound:
            return None

    def cancel(self, run_id: str) -> Run:
        """Stop a run; one that has ended stays as it is. Waits for Azure to stop it, 20 s at most. Raises RunNotFound."""
        run = self.get(run_id)
        if run.state.is_finished:
            return run
        return self._connection.change("cancelling the run", lambda: self._cancel(run_id), "runs", "children")

    def _cancel(self, run_id: str) -> Run:
        self._history(run_id).cancel()
        deadline = time.monotonic() + CANCEL_S
        while True:
            run = self._history(run_id)
            record = run_facts.run_record(run, self._children(run))
            if record.state.is_finished or time.monotonic() > deadline:
                return record
            time.sleep(_LOOK_S)

    def hide(self, run_id: str) -> None:
        """Take a run out of every list: SDK v1 has no way to delete one. Raises RunNotFound, StillRunning."""
        run = self.get(run_id)
        if not run.state.is_finished and run.state is not RunState.UNKNOWN:
            raise StillRunning(f"Run {run_id} is {run.state}.", "Cancel it first.")
        mark = {run_facts.HIDDEN: "true"}
        self._connection.change("hiding the run", lambda: self._history(run_id).set_tags(mark), "runs", "children", "resources")
        self._ended.pop(run_id, None)

    def download(self, run_id: str, child_id: str | None, prefix: str, folder: Path) -> Sequence[Path]:
        """Download files of a child run, Azure's best one by default. Raises RunNotFound."""
        child = self.chosen_child(run_id, child_id)
        return self._connection.ask_now(
            "downloading the files", lambda: artifacts.download(self.sdk_run(run_id, child.id), prefix, folder)
        )

    def sdk_run(self, run_id: str, child_id: str | None = None) -> Any:
        """Return the SDK's object of a run, or of one of its children. Raises RunNotFound; to be called inside a call."""
        parent = self._history(run_id)
        if child_id is None:
            return parent
        return sdk.load("azureml.core").Run(parent.experiment, child_id)

    def chosen_child(self, run_id: str, child_id: str | None) -> ChildRun:
        """Return a child run, Azure's best one by default.

        Raises:
            RunNotFound: no such run or child.
            NotFound: no child has finished.
        """
        run, children = self.get(run_id), self.children(run_id)
        wanted = child_id or run.best_child_id
        for child in children:
            if child.id == wanted:
                return child
        if wanted is None:
            raise NotFound(f"the best child run of {run_id}")
        raise RunNotFound(wanted, [c.id for c in children])
