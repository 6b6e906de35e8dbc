"""What exists in a home folder, what it takes up, and removing it for good."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Row, Table, delete, func, select

from hfcore.backends.local import aliases
from hfcore.backends.local.data import FOLDER as DATASETS
from hfcore.backends.local.deployments import in_use
from hfcore.backends.local.files import remove_tree, size_of
from hfcore.backends.local.launch import run_folder
from hfcore.backends.local.lease import ACTIVE, worker_of
from hfcore.backends.local.processes import ProcessId, group_of
from hfcore.backends.local.store import Store
from hfcore.backends.local.tables import children, compute_targets, datasets, endpoints, models, runs
from hfcore.datasets.heart_failure import shipped_dataset
from hfcore.errors import ComputeNotFound, DatasetNotFound, NotFound, RunNotFound, StillRunning
from hfcore.records import Resource

if TYPE_CHECKING:
    from hfcore.backends.local.endpoints import Endpoints
    from hfcore.backends.local.registry import Models

_DELETED = ".deleted-"
_SHIPPED = "It comes with the program and takes up no space of its own."


class Cleanup:
    """Lists and deletes everything of one home folder."""

    def __init__(self, store: Store, models_: Callable[[], Models], endpoints_: Callable[[], Endpoints]) -> None:
        self._store = store
        self._models = models_
        self._endpoints = endpoints_

    def resources(self) -> Sequence[Resource]:
        """Return everything that exists: endpoints and runs first, since they may hold processes."""
        with self._store.read() as connection:
            return [
                *_endpoints(connection, self._store.home),
                *_runs(connection, self._store.home),
                *_models(connection, self._store.home),
                *_datasets(connection),
                *_compute(connection),
            ]

    def delete(self, kind: str, resource_id: str) -> None:
        """Delete one resource with its files and processes. Raises NotFound, StillRunning."""
        removers: dict[str, Callable[[str], None]] = {
            "run": self._delete_run,
            "model": lambda i: self._models().delete(i),
            "endpoint": lambda i: self._endpoints().delete(i),
            "dataset": self._delete_dataset,
            "compute": self._delete_compute,
        }
        if kind not in removers:
            raise NotFound(kind, removers)
        removers[kind](resource_id)

    def _delete_run(self, run_id: str) -> None:
        with self._store.write() as connection:
            row = connection.execute(select(runs).where(runs.c.id == run_id)).one_or_none()
            if row is None:
                raise RunNotFound(run_id, connection.execute(select(runs.c.id).limit(10)).scalars())
            if row.state in ACTIVE:
                raise StillRunning(f"Run {run_id} is {row.state}.", "Cancel it first.")
            connection.execute(delete(children).where(children.c.run_id == run_id))
            connection.execute(delete(runs).where(runs.c.id == run_id))
            gone = _put_away(run_folder(self._store.home, run_id))
        remove_tree(gone)

    def _delete_dataset(self, dataset_id: str) -> None:
        with self._store.write() as connection:
            row = connection.execute(select(datasets).where(datasets.c.id == dataset_id)).one_or_none()
            if dataset_id == shipped_dataset().name:
                raise StillRunning(f"The data set {dataset_id!r} cannot be deleted.", _SHIPPED)
            if row is None:
                raise DatasetNotFound(dataset_id, connection.execute(select(datasets.c.id).limit(10)).scalars())
            blocked = _dataset_users(connection, row)
            if blocked:
                raise StillRunning(f"The data set {row.name!r} cannot be deleted.", blocked)
            connection.execute(delete(datasets).where(datasets.c.id == dataset_id))
            gone = _put_away(self._store.home / row.file)
        gone.unlink(missing_ok=True)

    def _delete_compute(self, name: str) -> None:
        with self._store.write() as connection:
            if connection.execute(delete(compute_targets).where(compute_targets.c.name == name)).rowcount != 1:
                raise ComputeNotFound(name, connection.execute(select(compute_targets.c.name)).scalars())


def sweep(store: Store) -> None:
    """Finish deletions that were interrupted: what still has its row is put back, the rest is removed."""
    _sweep(store, store.home / "runs", runs)
    _sweep(store, store.home / DATASETS, datasets)


def _sweep(store: Store, folder: Path, table: Table) -> None:
    for path in folder.glob(f"{_DELETED}*"):
        original = path.with_name(path.name.removeprefix(_DELETED))
        with store.write() as connection:
            if connection.execute(select(table.c.id).where(table.c.id == original.stem)).one_or_none() is not None:
                path.replace(original)
                continue
        remove_tree(path) if path.is_dir() else path.unlink(missing_ok=True)


def _put_away(path: Path) -> Path:
    """Rename what is being deleted, in the transaction that forgets it; a crash between the two is put right by `sweep`."""
    gone = path.with_name(f"{_DELETED}{path.name}")
    if path.exists():
        os.replace(path, gone)
    return gone


def _runs(connection: Connection, home: Path) -> Iterator[Resource]:
    finished = select(func.count()).where(children.c.run_id == runs.c.id).scalar_subquery()
    for row in connection.execute(select(runs, finished.label("tried")).order_by(runs.c.created_at.desc())):
        active = row.state in ACTIVE
        yield Resource(
            kind="run",
            id=row.id,
            name=row.experiment,
            state=row.state,
            created_at=row.created_at,
            size_bytes=size_of(run_folder(home, row.id)),
            detail=f"{row.tried} child {'run' if row.tried == 1 else 'runs'} on {row.dataset}",
            blocked_by="It is still at work; cancel it first." if active else None,
            processes=tuple(p.pid for p in _processes(worker_of(row))) if active else (),
        )


def _processes(leader: ProcessId | None) -> list[ProcessId]:
    return [] if leader is None else group_of(leader)


def _models(connection: Connection, home: Path) -> Iterator[Resource]:
    users, known = in_use(connection), aliases.of_all(connection)
    for row in connection.execute(select(models).order_by(models.c.created_at.desc())):
        user, serves = users.get((row.name, row.version), (None, False))
        how = "serves it" if serves else "may go back to it"
        yield Resource(
            kind="model",
            id=row.id,
            name=f"{row.name}:{row.version}",
            state="Registered",
            created_at=row.created_at,
            size_bytes=size_of(home / row.folder),
            detail=row.algorithm,
            blocked_by=f"The endpoint {user} {how}; delete the endpoint first." if user else None,
            aliases=known.get((row.name, row.version), ()),
        )


def _endpoints(connection: Connection, home: Path) -> Iterator[Resource]:
    for row in connection.execute(select(endpoints).order_by(endpoints.c.name)):
        started = [(row.supervisor_pid, row.supervisor_started), (row.server_pid, row.server_started)]
        alive = [pid for pid, at in started if pid is not None and ProcessId(pid, at).alive()]
        yield Resource(
            kind="endpoint",
            id=row.name,
            name=row.name,
            state=row.state,
            created_at=row.created_at,
            size_bytes=size_of(home / "endpoints" / row.id),
            detail=f"serves {row.model_name}:{row.model_version}",
            running_cost="memory and one port" if alive else None,
            processes=tuple(dict.fromkeys(alive)),
        )


def _datasets(connection: Connection) -> Iterator[Resource]:
    shipped = shipped_dataset()
    yield Resource(
        kind="dataset",
        id=shipped.name,
        name=shipped.name,
        state="Shipped",
        created_at=None,
        size_bytes=0,
        detail=f"{shipped.rows} rows, {shipped.columns} columns",
        blocked_by=_SHIPPED,
    )
    for row in connection.execute(select(datasets).order_by(datasets.c.name, datasets.c.version)):
        yield Resource(
            kind="dataset",
            id=row.id,
            name=f"{row.name}:{row.version}",
            state="Registered",
            created_at=row.created_at,
            size_bytes=row.size_bytes,
            detail=f"{row.rows} rows, {row.columns} columns",
            blocked_by=_dataset_users(connection, row),
        )


def _dataset_users(connection: Connection, row: Row[Any]) -> str | None:
    """Say which run at work reads a data set, None when none does."""
    using = (runs.c.dataset == row.name) & (runs.c.dataset_version == row.version) & runs.c.state.in_(ACTIVE)
    user = connection.execute(select(runs.c.id).where(using).limit(1)).scalar()
    return None if user is None else f"Run {user} works with it; cancel it first."


def _compute(connection: Connection) -> Iterator[Resource]:
    for row in connection.execute(select(compute_targets).order_by(compute_targets.c.name)):
        yield Resource(
            kind="compute",
            id=row.name,
            name=row.name,
            state="Ready",
            created_at=row.created_at,
            size_bytes=0,
            detail=f"at most {row.max_nodes} {'process' if row.max_nodes == 1 else 'processes'} of this machine",
        )
