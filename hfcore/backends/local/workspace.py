"""LocalWorkspace: every verb on this machine, each handed to the part that knows it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

from hfcore.backends.local.cleanup import Cleanup, sweep
from hfcore.backends.local.compute import ComputeTargets
from hfcore.backends.local.data import Datasets
from hfcore.backends.local.endpoint_rows import reconcile_endpoints
from hfcore.backends.local.leftovers import remove_leftovers
from hfcore.backends.local.opening import has_lost_a_store
from hfcore.backends.local.reconcile import reconcile
from hfcore.backends.local.rounds import Rounds
from hfcore.backends.local.runs import Runs
from hfcore.backends.local.store import Store
from hfcore.settings import Settings
from hfcore.workspace import DEFAULT_DATASET, Workspace

if TYPE_CHECKING:
    import pandas as pd

    from hfcore.automl.settings import AutoMLSettings
    from hfcore.backends.local.endpoints import Endpoints
    from hfcore.backends.local.registry import Models
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


class LocalWorkspace(Workspace):
    """A workspace in a folder of this machine.

    Args:
        home: Folder for the store and every artifact; by default HF_HOME or ~/.hfstudio.
        store_url: SQLAlchemy URL of the store; by default HF_STORE_URL, or SQLite in `home`.

    Raises:
        StoreDamaged: the store cannot be read; says what is wrong and where the file was put.
    """

    def __init__(self, home: str | Path | None = None, store_url: str | None = None) -> None:
        settings = Settings.from_env()
        folder = settings.home if home is None else Path(home).expanduser().resolve()
        self._store = Store.open(folder, store_url or settings.store_url)
        self._data = Datasets(self._store)
        self._targets = ComputeTargets(self._store)
        self._runs = Runs(self._store, self._data, self._targets)
        self._cleanup = Cleanup(self._store, lambda: self._models, lambda: self._endpoints)
        self._reconciler = Rounds(partial(reconcile, self._store))
        sweep(self._store)
        if not has_lost_a_store(folder):
            remove_leftovers(self._store)
        reconcile_endpoints(self._store)
        self._reconciler.look_if_due()

    @cached_property
    def _models(self) -> Models:
        from hfcore.backends.local.registry import Models

        return Models(self._store, self._store.home)

    @cached_property
    def _endpoints(self) -> Endpoints:
        from hfcore.backends.local.endpoints import Endpoints

        return Endpoints(self._store, self._store.home)

    @property
    def name(self) -> str:
        """Backend and home folder."""
        return f"local:{self._store.home}"

    @property
    def backend(self) -> str:
        """Always "local"."""
        return "local"

    def dataset(self, name: str = DEFAULT_DATASET, version: int | None = None) -> Dataset:
        """See Workspace.dataset."""
        return self._data.get(name, version)

    def datasets(self) -> Sequence[Dataset]:
        """See Workspace.datasets."""
        return self._data.list()

    def dataset_versions(self, name: str) -> Sequence[Dataset]:
        """See Workspace.dataset_versions."""
        return self._data.versions(name)

    def choose_dataset_version(self, name: str, version: int) -> Dataset:
        """See Workspace.choose_dataset_version."""
        return self._data.choose(name, version)

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
        return self._targets.list()

    def ensure_compute(self, spec: ComputeSpec) -> ComputeTarget:
        """See Workspace.ensure_compute."""
        return self._targets.ensure(spec)

    def submit(self, experiment: str, settings: AutoMLSettings, dataset: str = DEFAULT_DATASET) -> Run:
        """See Workspace.submit."""
        return self._runs.submit(experiment, settings, dataset)

    def run(self, run_id: str) -> Run:
        """See Workspace.run."""
        self._reconciler.look_if_due()
        return self._runs.get(run_id)

    def runs(self, experiment: str | None = None, limit: int | None = None) -> Sequence[Run]:
        """See Workspace.runs."""
        self._reconciler.look_if_due()
        return self._runs.list(experiment, limit)

    def children(self, run_id: str) -> Sequence[ChildRun]:
        """See Workspace.children."""
        self._reconciler.look_if_due()
        return self._runs.children(run_id)

    def cancel(self, run_id: str) -> Run:
        """See Workspace.cancel."""
        return self._runs.cancel(run_id)

    def logs(self, run_id: str, tail: int = 500) -> str:
        """See Workspace.logs."""
        return self._runs.logs(run_id, tail)

    def report(self, run_id: str, child: str | None = None) -> ModelReport:
        """See Workspace.report."""
        return self._runs.report(run_id, child)

    def held_out(self, run_id: str, child: str | None = None) -> HeldOut:
        """See Workspace.held_out."""
        return self._runs.held_out(run_id, child)

    def register_model(
        self,
        run_id: str,
        child: str | None = None,
        name: str | None = None,
        description: str = "",
        tags: dict[str, str] | None = None,
        threshold: ThresholdChoice | float | None = None,
    ) -> ModelVersion:
        """See Workspace.register_model."""
        return self._models.register(run_id, child, name, description, tags, threshold)

    def update_model(
        self,
        model: ModelVersion,
        *,
        description: str | None = None,
        tags: Mapping[str, str] | None = None,
        aliases: Sequence[str] | None = None,
    ) -> ModelVersion:
        """See Workspace.update_model."""
        return self._models.update(model, description, tags, aliases)

    def models(self) -> Sequence[ModelVersion]:
        """See Workspace.models."""
        return self._models.list()

    def deploy(self, model: ModelVersion, spec: DeploymentSpec, wait: bool = True) -> Endpoint:
        """See Workspace.deploy."""
        return self._endpoints.deploy(model, spec, wait)

    def smoke_test(self, model: ModelVersion) -> SmokeTest:
        """See Workspace.smoke_test."""
        return self._endpoints.smoke_test(model)

    def rollback(self, name: str, wait: bool = True) -> Endpoint:
        """See Workspace.rollback."""
        return self._endpoints.rollback(name, wait)

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
        return self._endpoints.rotate_key(name, which)

    def resources(self) -> Sequence[Resource]:
        """See Workspace.resources."""
        self._reconciler.look_if_due()
        return self._cleanup.resources()

    def delete(self, kind: str, resource_id: str) -> None:
        """See Workspace.delete."""
        self._cleanup.delete(kind, resource_id)
