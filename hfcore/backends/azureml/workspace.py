"""AzureWorkspace: every verb through Azure ML's SDK v1, each handed to the part that knows it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hfcore.backends.azureml import admission, compute, deployment
from hfcore.backends.azureml.calls import silently
from hfcore.backends.azureml.cleanup import Cleanup
from hfcore.backends.azureml.compute import Clusters
from hfcore.backends.azureml.config import read_config
from hfcore.backends.azureml.connection import Connection
from hfcore.backends.azureml.data import Datasets
from hfcore.backends.azureml.endpoints import Endpoints
from hfcore.backends.azureml.registry import Models
from hfcore.backends.azureml.report import Reports
from hfcore.backends.azureml.run_log import RunLogs
from hfcore.backends.azureml.runs import Runs
from hfcore.records import ComputeSpec, DeploymentSpec
from hfcore.workspace import DEFAULT_DATASET, Workspace

if TYPE_CHECKING:
    import pandas as pd

    from hfcore.automl.settings import AutoMLSettings
    from hfcore.datasets.dataset import Dataset, Source
    from hfcore.datasets.schema import Schema
    from hfcore.records import ChildRun, ComputeTarget, Endpoint, ModelVersion, Resource, Run
    from hfcore.reporting.report import ModelReport
    from hfcore.reporting.threshold_choice import ThresholdChoice


class AzureWorkspace(Workspace):
    """A workspace of Azure ML.

    Args:
        config: Path of config.json, its values together with those of the identity, or None for the environment.
        remember_s: Seconds for which an answer is given again without asking Azure; 0 asks every time, as scripts want it.
        while_waiting: Hears several times a second what is waited for and for how many seconds, in the thread that waits; what
            it raises ends the waiting, not the call.

    Raises:
        InvalidSettings: the configuration is not complete.
        NotSignedIn: no credentials, wrong ones, or no role on the workspace.
        WorkspaceNotFound: no such workspace.
        BackendUnavailable: Azure cannot be reached, or the SDK is not installed.
    """

    def __init__(
        self,
        config: str | Path | Mapping[str, Any] | None = None,
        remember_s: float = 0.0,
        while_waiting: Callable[[str, float], None] = silently,
    ) -> None:
        self._connection = Connection(read_config(config), remember_s, while_waiting)
        self._data = Datasets(self._connection)
        self._clusters = Clusters(self._connection)
        self._runs = Runs(self._connection, self._data, self._clusters)
        self._run_logs = RunLogs(self._connection, self._runs)
        self._reports = Reports(self._connection, self._runs, self._data)
        self._models = Models(self._connection, self._runs, self._data)
        self._endpoints = Endpoints(self._connection, self._models, self._runs)
        self._cleanup = Cleanup(self._connection, self._data, self._clusters, self._runs, self._models, self._endpoints)

    @property
    def name(self) -> str:
        """Backend, subscription, resource group and workspace."""
        config = self._connection.config
        return f"azureml:{config.subscription_id}/{config.resource_group}/{config.workspace_name}"

    @property
    def backend(self) -> str:
        """Always "azureml"."""
        return "azureml"

    @property
    def place(self) -> Mapping[str, str]:
        """See Workspace.place; here workspace, resource_group, subscription_id, region and identity."""
        config = self._connection.config
        return {
            "workspace": config.workspace_name,
            "resource_group": config.resource_group,
            "subscription_id": config.subscription_id,
            "region": self._connection.region,
            "identity": self._connection.identity.words,
        }

    @property
    def trouble(self) -> str | None:
        """See Workspace.trouble."""
        error = self._connection.answers.last_error
        return None if error is None else str(error)

    def cannot(self, wish: AutoMLSettings | ComputeSpec | DeploymentSpec) -> Mapping[str, str]:
        """See Workspace.cannot."""
        if isinstance(wish, ComputeSpec):
            return compute.wrong_spec(wish)
        return deployment.wrong_spec(wish) if isinstance(wish, DeploymentSpec) else admission.cannot(wish)

    def dataset(self, name: str = DEFAULT_DATASET, version: int | None = None) -> Dataset:
        """See Workspace.dataset."""
        return self._data.get(name, version)

    def datasets(self) -> Sequence[Dataset]:
        """See Workspace.datasets."""
        return self._data.list()

    def dataset_versions(self, name: str) -> Sequence[Dataset]:
        """See Workspace.dataset_versions."""
        return self._data.versions(name)

    def register_dataset(
        self,
        name: str,
        table: pd.DataFrame | str | Path,
        description: str = "",
        schema: Schema | None = None,
        source: Source | None = None,
    ) -> Dataset:
        """See Workspace.register_dataset."""
        return self._data.register(name, table, description, schema, source)

    def compute_targets(self) -> Sequence[ComputeTarget]:
        """See Workspace.compute_targets."""
        return self._clusters.list()

    def ensure_compute(self, spec: ComputeSpec) -> ComputeTarget:
        """See Workspace.ensure_compute."""
        return self._clusters.ensure(spec)

    def submit(self, experiment: str, settings: AutoMLSettings, dataset: str = DEFAULT_DATASET) -> Run:
        """See Workspace.submit."""
        return self._runs.submit(experiment, settings, dataset)

    def run(self, run_id: str) -> Run:
        """See Workspace.run."""
        return self._runs.get(run_id)

    def runs(self, experiment: str | None = None, limit: int | None = None) -> Sequence[Run]:
        """See Workspace.runs."""
        return self._runs.list(experiment, limit)

    def children(self, run_id: str) -> Sequence[ChildRun]:
        """See Workspace.children."""
        return self._runs.children(run_id)

    def cancel(self, run_id: str) -> Run:
        """See Workspace.cancel; Azure may take longer than five seconds."""
        return self._runs.cancel(run_id)

    def logs(self, run_id: str, tail: int = 500) -> str:
        """See Workspace.logs."""
        return self._run_logs.read(run_id, tail)

    def report(self, run_id: str, child: str | None = None) -> ModelReport:
        """See Workspace.report."""
        return self._reports.get(run_id, child)

    def register_model(
        self,
        run_id: str,
        child: str | None = None,
        name: str | None = None,
        description: str = "",
        tags: dict[str, str] | None = None,
        threshold: ThresholdChoice | float | None = None,
    ) -> ModelVersion:
        """See Workspace.register_model; our own entry script obeys the threshold, AutoML's generated one does not know it."""
        return self._models.register(run_id, child, name, description, tags, threshold)

    def update_model(
        self,
        model: ModelVersion,
        *,
        description: str | None = None,
        tags: Mapping[str, str] | None = None,
        aliases: Sequence[str] | None = None,
    ) -> ModelVersion:
        """See Workspace.update_model; an alias is a tag of ours, and the version that got it last has it."""
        return self._models.update(model, description, tags, aliases)

    def models(self) -> Sequence[ModelVersion]:
        """See Workspace.models."""
        return self._models.list()

    def deploy(self, model: ModelVersion, spec: DeploymentSpec, wait: bool = True) -> Endpoint:
        """See Workspace.deploy."""
        return self._endpoints.deploy(model, spec, wait)

    def endpoints(self) -> Sequence[Endpoint]:
        """See Workspace.endpoints."""
        return self._endpoints.list()

    def endpoint_logs(self, name: str, tail: int = 500) -> str:
        """See Workspace.endpoint_logs."""
        return self._endpoints.logs(name, tail)

    def endpoint_keys(self, name: str) -> tuple[str, str]:
        """See Workspace.endpoint_keys."""
        return self._endpoints.keys(name)

    def rotate_key(self, name: str, which: str) -> str:
        """See Workspace.rotate_key."""
        return self._endpoints.rotate(name, which)

    def download(self, run_id: str, folder: str | Path, child: str | None = None, prefix: str = "outputs/") -> Sequence[Path]:
        """Download the files of a child run that start so, of the best one by default, and return where they are.

        Raises:
            RunNotFound: no such run or child.
        """
        return self._runs.download(run_id, child, prefix, Path(folder))

    def resources(self) -> Sequence[Resource]:
        """See Workspace.resources."""
        return self._cleanup.resources()

    def delete(self, kind: str, resource_id: str) -> None:
        """See Workspace.delete."""
        self._cleanup.delete(kind, resource_id)
