"""Everything in a workspace that costs or may be deleted: services and clusters first, since they bill."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from hfcore.backends.azureml import costs
from hfcore.backends.azureml.compute import Clusters
from hfcore.backends.azureml.connection import Connection
from hfcore.backends.azureml.data import Datasets
from hfcore.backends.azureml.endpoints import Endpoints
from hfcore.backends.azureml.registry import Models
from hfcore.backends.azureml.runs import Runs
from hfcore.errors import DatasetNotFound, NotFound
from hfcore.records import Resource


class Cleanup:
    """Lists and deletes what a workspace holds."""

    def __init__(
        self, connection: Connection, data: Datasets, clusters: Clusters, runs: Runs, models: Models, endpoints: Endpoints
    ) -> None:
        self._connection, self._data, self._clusters = connection, data, clusters
        self._runs, self._models, self._endpoints = runs, models, endpoints

    def resources(self) -> Sequence[Resource]:
        """Return everything that exists."""
        return [*self._services(), *self._computes(), *self._run_list(), *self._model_list(), *self._datasets()]

    def _services(self) -> Iterator[Resource]:
        for endpoint in self._endpoints.list():
            yield Resource(
                "endpoint",
                endpoint.name,
                endpoint.name,
                endpoint.state,
                endpoint.created_at,
                0,
                detail=f"serves {endpoint.model_name}:{endpoint.model_version}",
                running_cost=costs.service(endpoint.cpu_cores, endpoint.memory_gb),
            )

    def _computes(self) -> Iterator[Resource]:
        busy = {str(r.settings.get("compute_target")): r.id for r in self._runs.list(None) if r.state.is_active}
        for target in self._clusters.list():
            user = busy.get(target.name)
            yield Resource(
                "compute",
                target.name,
                target.name,
                target.state,
                None,
                0,
                detail=f"{target.vm_size}, {target.min_nodes} to {target.max_nodes} nodes",
                running_cost=costs.cluster(target.vm_size, target.min_nodes, target.max_nodes),
                blocked_by=f"Run {user} is at work on it; cancel it first." if user else None,
            )

    def _run_list(self) -> Iterator[Resource]:
        for run in self._runs.list(None):
            active = run.state.is_active
            yield Resource(
                "run",
                run.id,
                run.experiment,
                run.state,
                run.created_at,
                0,
                detail=f"{run.finished} child runs; Azure keeps its files, deleting hides it here",
                running_cost=costs.RUN if active else None,
                blocked_by="It is still at work; cancel it first." if active else None,
            )

    def users(self) -> dict[str, str]:
        """Return which endpoint serves a model, by the model's name and version."""
        return {f"{e.model_name}:{e.model_version}": e.name for e in self._endpoints.list()}

    def _model_list(self) -> Iterator[Resource]:
        users = self.users()
        for model in self._models.list():
            user = users.get(model.label)
            yield Resource(
                "model",
                model.label,
                model.label,
                "Registered",
                model.created_at,
                model.size_bytes,
                detail=model.algorithm,
                running_cost=costs.STORED,
                blocked_by=f"The endpoint {user} serves it; delete the endpoint first." if user else None,
                aliases=model.aliases,
            )

    def _datasets(self) -> Iterator[Resource]:
        for name in self._data.names():
            data = self._data.get(name)
            yield Resource(
                "dataset",
                name,
                name,
                "Registered",
                data.created_at,
                data.size_bytes,
                detail=f"{data.rows} rows, {data.columns} columns; all its versions",
                running_cost=costs.STORED,
            )

    def delete(self, kind: str, resource_id: str) -> None:
        """Delete one resource. Raises NotFound, StillRunning."""
        removers: dict[str, Callable[[str], None]] = {
            "run": self._runs.hide,
            "model": lambda i: self._models.delete(i, self.users()),
            "endpoint": self._endpoints.delete,
            "dataset": self._delete_dataset,
            "compute": self._clusters.delete,
        }
        if kind not in removers:
            raise NotFound(kind, removers)
        removers[kind](resource_id)

    def _delete_dataset(self, name: str) -> None:
        if name not in self._data.names():
            raise DatasetNotFound(name, self._data.names())
        self._data.delete(name)
