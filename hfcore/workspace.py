"""Workspace: the one seam between everything a user sees and the backend that does the work."""

from __future__ import annotations

import abc
import importlib
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hfcore.errors import BackendNotFound, EndpointNotFound, NotSupported, WaitTimedOut
from hfcore.settings import Settings

if TYPE_CHECKING:
    import pandas as pd

    from hfcore.automl.settings import AutoMLSettings
    from hfcore.datasets.dataset import Dataset, Source
    from hfcore.datasets.schema import Schema
    from hfcore.records import (
        ChildRun,
        ComputeSpec,
        ComputeTarget,
        DeploymentSpec,
        Endpoint,
        ModelVersion,
        Resource,
        Run,
        SmokeTest,
    )
    from hfcore.reporting.paired import HeldOut
    from hfcore.reporting.report import ModelReport
    from hfcore.reporting.threshold_choice import ThresholdChoice

BACKENDS = {
    "local": "hfcore.backends.local.workspace:LocalWorkspace",
    "azureml": "hfcore.backends.azureml.workspace:AzureWorkspace",
}
DEFAULT_DATASET = "heart-failure-records"


class Workspace(abc.ABC):
    """A place that holds data sets, runs, models and endpoints, in Azure ML's nouns.

    A run's state has one home, the backend's store; a Workspace object holds none, so any number of
    them, in any number of processes, may look at the same place.
    """

    @property
    @abc.abstractmethod
    def name(self) -> str:
        """Name that tells this workspace from every other one; used as a cache key."""

    @property
    @abc.abstractmethod
    def backend(self) -> str:
        """Name `connect` knows the backend by, e.g. "local"."""

    @property
    def place(self) -> Mapping[str, str]:
        """Facts that say where this workspace is and who is signed in, for people; never a secret. Empty on this machine."""
        return {}

    @property
    def trouble(self) -> str | None:
        """What went wrong in a sentence when the backend was last asked, None when it has answered. Does not block."""
        return None

    def cannot(self, wish: AutoMLSettings | ComputeSpec | DeploymentSpec) -> Mapping[str, str]:
        """Return what this backend cannot do of a wish, a sentence by field; the verb itself would refuse it. Does not block."""
        return {}

    # -- data ---------------------------------------------------------------------------------
    @abc.abstractmethod
    def dataset(self, name: str = DEFAULT_DATASET, version: int | None = None) -> Dataset:
        """Return a data set, its current version by default: the newest, unless an older one was chosen. Reads no rows.

        Raises:
            DatasetNotFound: no such name or version; lists the known names.
        """

    @abc.abstractmethod
    def datasets(self) -> Sequence[Dataset]:
        """Return the current version of every data set, by name."""

    @abc.abstractmethod
    def dataset_versions(self, name: str) -> Sequence[Dataset]:
        """Return every version of a data set that is kept, newest first. Raises DatasetNotFound."""

    def choose_dataset_version(self, name: str, version: int) -> Dataset:
        """Make an older version of a data set the current one, until another is registered or chosen.

        Raises:
            DatasetNotFound: no such name or version.
            NotSupported: the backend always takes the newest.
        """
        raise NotSupported(
            f"The backend {self.backend!r} always takes the newest version of a data set.",
            "Register the older version's table again: it is then the newest.",
        )

    @abc.abstractmethod
    def register_dataset(
        self,
        name: str,
        table: pd.DataFrame | str | Path,
        description: str = "",
        schema: Schema | None = None,
        source: Source | None = None,
    ) -> Dataset:
        """Validate a table and keep it as the next version of `name`, the current one. Blocks while it reads and writes.

        Args:
            name: A label of at most 100 printable characters; files never get it as their name.
            table: The rows, or the path of a CSV, Parquet or XLSX file that needs no repair.
            description: One sentence.
            schema: What the columns mean, in the table's order; inferred from the values when not given.
            source: The file that the rows were read from.

        Raises:
            InvalidDataset: what is wrong with the name, the table, a column or the schema.
        """

    # -- compute ------------------------------------------------------------------------------
    @abc.abstractmethod
    def compute_targets(self) -> Sequence[ComputeTarget]:
        """Return what a run can be submitted to."""

    @abc.abstractmethod
    def ensure_compute(self, spec: ComputeSpec) -> ComputeTarget:
        """Return the compute target called `spec.name`, made first when it does not exist.

        Raises:
            InvalidSettings: the backend cannot make such a target.
        """

    # -- runs ---------------------------------------------------------------------------------
    @abc.abstractmethod
    def submit(self, experiment: str, settings: AutoMLSettings, dataset: str = DEFAULT_DATASET) -> Run:
        """Start an AutoML run and return at once; the work goes on outside this process.

        Raises:
            InvalidSettings: the experiment's name, or a setting this backend or table cannot do.
            DatasetNotFound: no such data set.
        """

    @abc.abstractmethod
    def run(self, run_id: str) -> Run:
        """Return a run as it stands now. Raises RunNotFound."""

    @abc.abstractmethod
    def runs(self, experiment: str | None = None, limit: int | None = None) -> Sequence[Run]:
        """Return the runs, newest first, of one experiment or of all; at most `limit` of them."""

    @abc.abstractmethod
    def children(self, run_id: str) -> Sequence[ChildRun]:
        """Return the child runs that have been started, in order of their number. Raises RunNotFound."""

    @abc.abstractmethod
    def cancel(self, run_id: str) -> Run:
        """Stop a run within five seconds; harmless when it has ended already. Raises RunNotFound."""

    @abc.abstractmethod
    def logs(self, run_id: str, tail: int = 500) -> str:
        """Return the last `tail` lines of the run's log. Raises RunNotFound."""

    def wait(self, run_id: str, timeout: float | None = None) -> Run:
        """Block until the run has ended and return it; for scripts and tests, never for a page.

        Args:
            run_id: Which run.
            timeout: Seconds after which to give up waiting; the run itself goes on.

        Raises:
            RunNotFound: no such run.
            WaitTimedOut: `timeout` has passed.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        pause = 0.1
        while True:
            run = self.run(run_id)
            if run.state.is_finished:
                return run
            if deadline is not None and time.monotonic() > deadline:
                raise WaitTimedOut(f"Run {run_id} is still {run.state.value} after {timeout:g} s.", "Wait longer or cancel it.")
            time.sleep(pause)
            pause = min(pause * 1.3, 2.0)

    @abc.abstractmethod
    def report(self, run_id: str, child: str | None = None) -> ModelReport:
        """Return every metric and curve of a child run, of the best one by default.

        Raises:
            RunNotFound: no such run or child.
            ReportNotAvailable: no child has finished yet.
        """

    def held_out(self, run_id: str, child: str | None = None) -> HeldOut:
        """Return what a child run, by default the best one, said of each row of its table without having seen it.

        Raises:
            RunNotFound: no such run or child.
            ReportNotAvailable: the child run has no such predictions.
            NotSupported: the backend keeps no prediction per patient.
        """
        raise NotSupported(
            f"The backend {self.backend!r} keeps no prediction per patient.",
            "Models there are compared by their metrics only.",
        )

    # -- models -------------------------------------------------------------------------------
    @abc.abstractmethod
    def register_model(
        self,
        run_id: str,
        child: str | None = None,
        name: str | None = None,
        description: str = "",
        tags: dict[str, str] | None = None,
        threshold: ThresholdChoice | float | None = None,
    ) -> ModelVersion:
        """Keep a child run's model, the best one's by default, as the next version of `name`.

        Args:
            run_id: The run.
            child: One of its child runs.
            name: What the model is called.
            description: What it is for, in words.
            tags: Further words by name.
            threshold: The risk (0 to 1) from which on `predict` gives the positive class; 0.5 by default. It belongs to the
                version for good: another threshold makes another version.

        Raises:
            RunNotFound: no such run or child.
            StillRunning: the run has not finished, so its winner is not known.
            ExportFailed: this child has no artifact that predicts what its pipeline predicts.
            InvalidInput: the name cannot be a model's, the threshold is no probability, or the model has several classes.
        """

    @abc.abstractmethod
    def update_model(
        self,
        model: ModelVersion,
        *,
        description: str | None = None,
        tags: Mapping[str, str] | None = None,
        aliases: Sequence[str] | None = None,
    ) -> ModelVersion:
        """Change what people say about a registered version; what is left out stays as it is, the model itself always does.

        Args:
            model: A registered version.
            description: The new description.
            tags: All tags it shall have.
            aliases: All aliases it shall have, e.g. champion. One that pointed at another version of the same name is moved.

        Raises:
            ModelNotFound: the model is not registered here.
            InvalidSettings: an alias that does not fit.
        """

    @abc.abstractmethod
    def models(self) -> Sequence[ModelVersion]:
        """Return every registered model version, newest first."""

    # -- endpoints ----------------------------------------------------------------------------
    @abc.abstractmethod
    def deploy(self, model: ModelVersion, spec: DeploymentSpec, wait: bool = True) -> Endpoint:
        """Put a model into service behind `spec.name`.

        An endpoint of that name that serves another version is updated: the new version is started and checked beside the one
        in service and takes over at the same address, or is refused while the one in service goes on.

        Args:
            model: A registered model version.
            spec: Name, size and authentication of the endpoint.
            wait: Block until the endpoint is healthy or has failed; a page passes False and watches `phase`.

        Raises:
            NameTaken: an endpoint of that name serves this version already, or the backend cannot update one.
            ModelNotFound: the model is not registered here.
            InvalidSettings: the update would change what callers send: the columns, or whether a key is wanted.
            StillRunning: a deployment of that endpoint is under way.
            DeploymentFailed: with `wait`, the version did not come into service; says why.
        """

    def smoke_test(self, model: ModelVersion) -> SmokeTest:
        """Open a registered model and repeat its recorded predictions, serving nobody. Blocks for about a second.

        Raises:
            NotSupported: the backend checks a model only when it is deployed.
            ModelNotFound: the model is not registered here.
            DeploymentFailed, ArtifactDamaged: what is wrong with it.
        """
        raise NotSupported(
            f"The backend {self.backend!r} checks a model when it is deployed, not before.", "Deploy it and watch its state."
        )

    def rollback(self, name: str, wait: bool = True) -> Endpoint:
        """Put the version that served before the last update, `Endpoint.rollback_to`, back into service.

        Args:
            name: Which endpoint.
            wait: Block until it serves again.

        Raises:
            EndpointNotFound: no such endpoint.
            NoEarlierVersion: there is nothing to go back to.
            StillRunning: an update is under way.
            DeploymentFailed: with `wait`, the earlier version does not start any more; the present one goes on.
            NotSupported: the backend keeps no earlier version.
        """
        raise NotSupported(f"The backend {self.backend!r} keeps no earlier version.", "Deploy the earlier version again.")

    @abc.abstractmethod
    def endpoints(self) -> Sequence[Endpoint]:
        """Return every endpoint with its present state, by name."""

    def endpoint(self, name: str) -> Endpoint:
        """Return one endpoint. Raises EndpointNotFound, which lists the known names."""
        found = self.endpoints()
        for endpoint in found:
            if endpoint.name == name:
                return endpoint
        raise EndpointNotFound(name, [e.name for e in found])

    @abc.abstractmethod
    def endpoint_logs(self, name: str, tail: int = 500) -> str:
        """Return the last `tail` lines of the endpoint's log. Raises EndpointNotFound."""

    @abc.abstractmethod
    def endpoint_keys(self, name: str) -> tuple[str, str]:
        """Return the primary and the secondary key. Raises EndpointNotFound."""

    def rotate_key(self, name: str, which: str) -> str:
        """Replace the "primary" or the "secondary" key and return the new one; the other key goes on without interruption.

        Raises:
            EndpointNotFound: no such endpoint.
            InvalidSettings: `which` is neither.
            NotSupported: the endpoint asks for no key, or the backend cannot replace one.
        """
        raise NotSupported(f"The backend {self.backend!r} cannot replace a key.", "Deploy the endpoint again to get new keys.")

    def delete_endpoint(self, name: str) -> None:
        """Take an endpoint out of service and forget it. Raises EndpointNotFound."""
        self.endpoint(name)
        self.delete("endpoint", name)

    # -- clean-up -----------------------------------------------------------------------------
    @abc.abstractmethod
    def resources(self) -> Sequence[Resource]:
        """Return everything that exists and may cost something, files and processes included."""

    @abc.abstractmethod
    def delete(self, kind: str, resource_id: str) -> None:
        """Delete one resource, its files and its processes, for good.

        Raises:
            NotFound: no such resource.
            StillRunning: something that is alive depends on it; says what.
        """


def connect(backend: str | None = None, **options: Any) -> Workspace:
    """Open a workspace.

    Args:
        backend: "local" (default, or what HF_BACKEND says).
        options: What the backend takes; for "local" `home`, the folder to keep things in; for "azureml" `config`, the path of
            Azure's config.json or its values.

    Raises:
        BackendNotFound: no such backend; lists the known ones.
        BackendUnavailable: the backend cannot be reached or its SDK is not installed.
        StoreDamaged: the store on disk cannot be read.
    """
    chosen = backend or Settings.from_env().backend
    if chosen not in BACKENDS:
        raise BackendNotFound(chosen, BACKENDS)
    module, _, attribute = BACKENDS[chosen].partition(":")
    workspace: Workspace = getattr(importlib.import_module(module), attribute)(**options)
    return workspace
