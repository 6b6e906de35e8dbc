"""The endpoints of a home folder: put models into service, update, go back, read keys and logs, take out of service."""

from __future__ import annotations

import time
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from hfcore.backends.local import deployments, keys, updates
from hfcore.backends.local.endpoint_log import read_log
from hfcore.backends.local.endpoint_rows import (
    EndpointLease,
    endpoint_folder,
    launch,
    reconcile_endpoints,
    server_of,
    supervisor_of,
)
from hfcore.backends.local.files import remove_tree
from hfcore.backends.local.processes import ProcessId, end
from hfcore.backends.local.registry import registered_row
from hfcore.backends.local.rehearsal import rehearse
from hfcore.backends.local.rounds import Rounds
from hfcore.backends.local.server_process import HOST, find_servers
from hfcore.backends.local.store import Store
from hfcore.backends.local.tables import endpoints, models
from hfcore.errors import DeploymentFailed, EndpointNotFound, NameTaken, NotSupported, StillRunning
from hfcore.records import Deployment, DeploymentSpec, Endpoint, ModelVersion, SmokeTest
from hfcore.states import DeploymentState, EndpointState

WAIT_S = 90.0
GRACE_S = 4.0
_GONE = "The server is not running; it is being started again."


class Endpoints:
    """The endpoints of one home folder. Each lives in processes of its own and outlives whoever has deployed it."""

    def __init__(self, store: Store, home: Path) -> None:
        self._store = store
        self._home = home
        self._care = Rounds(partial(reconcile_endpoints, store))

    # -- into service ---------------------------------------------------------------------------------------------

    def deploy(self, model: ModelVersion, spec: DeploymentSpec, wait: bool = True) -> Endpoint:
        """Put a model into service behind `spec.name`, or update the endpoint of that name; with `wait`, until it serves.

        Raises:
            NameTaken: an endpoint of that name serves this version already.
            ModelNotFound: the model is not registered here.
            InvalidSettings: the update would change what callers send.
            StillRunning: a deployment of that endpoint is under way.
            DeploymentFailed: with `wait`, the version did not come into service; says why.
        """
        if self._find(spec.name) is None:
            number = self._first(model, spec)
        else:
            with self._store.write() as connection:
                found = registered_row(connection, model)
                lease, number = updates.ask(connection, spec, deployments.version_of(found, spec))
            if lease is not None:
                launch(self._store, lease)
        self._care.look_if_due()
        return self._settled(spec.name, number) if wait else self._get(spec.name)

    def _first(self, model: ModelVersion, spec: DeploymentSpec) -> int:
        """Make a new endpoint and start its supervisor. Raises NameTaken, ModelNotFound."""
        lease = EndpointLease.fresh(uuid.uuid4().hex)
        folder = endpoint_folder(self._home, lease.endpoint_id)
        try:
            with self._store.write() as connection:
                version = deployments.version_of(registered_row(connection, model), spec)
                row = _new_row(lease, spec, version) | (keys.make(folder) if spec.auth else {})
                connection.execute(insert(endpoints).values(row))
                number = deployments.add(connection, lease.endpoint_id, version)
        except IntegrityError as error:
            remove_tree(folder)
            raise _name_taken(spec.name) from error
        except BaseException:
            remove_tree(folder)
            raise
        launch(self._store, lease)
        return number

    def smoke_test(self, model: ModelVersion) -> SmokeTest:
        """Open a model in a process of its own and repeat its golden predictions. Raises ModelNotFound, DeploymentFailed."""
        with self._store.read() as connection:
            found = registered_row(connection, model)
        return rehearse(self._home / found.folder, found)

    def rollback(self, name: str, wait: bool = True) -> Endpoint:
        """Put the version before the last update back. Raises EndpointNotFound, NoEarlierVersion, StillRunning."""
        self._row(name)
        with self._store.write() as connection:
            number = updates.ask_back(connection, name)
        self._care.look_if_due()
        return self._settled(name, number) if wait else self._get(name)

    def _settled(self, name: str, number: int) -> Endpoint:
        """Wait until a deployment serves or is refused. Raises DeploymentFailed."""
        deadline = time.monotonic() + WAIT_S
        while time.monotonic() < deadline:
            self._care.look_if_due()
            row = self._row(name)
            if row.active == number and row.state == EndpointState.HEALTHY.value:
                return self._get(name)
            if row.active == number and row.state == EndpointState.FAILED.value:
                raise DeploymentFailed(
                    f"The endpoint {name!r} failed: {row.message}", "Its log has more; delete it, or deploy another version."
                )
            if number not in (row.active, row.wanted):
                raise DeploymentFailed(f"The endpoint {name!r} stays as it was: {self._why(row, number)}", "Its log has more.")
            time.sleep(0.05)
        raise DeploymentFailed(f"The endpoint {name!r} is not in service after {WAIT_S:g} s.", "Look at its state and its log.")

    def _why(self, row: Row[Any], number: int) -> str:
        version = deployments.row_of(self._store, row.id, number)
        return str((version.message if version.state == DeploymentState.REFUSED.value else None) or row.message)

    # -- what there is --------------------------------------------------------------------------------------------

    def _get(self, name: str) -> Endpoint:
        row = self._row(name)
        with self._store.read() as connection:
            told = deployments.history(connection, [row.id])
            cuts = _thresholds(connection, [row])
        return self._record(row, told.get(row.id, ()), cuts.get(row.manifest_sha256))

    def _find(self, name: str) -> Row[Any] | None:
        with self._store.read() as connection:
            return connection.execute(select(endpoints).where(endpoints.c.name == name)).one_or_none()

    def _row(self, name: str) -> Row[Any]:
        row = self._find(name)
        if row is None:
            with self._store.read() as connection:
                known = select(endpoints.c.name).order_by(endpoints.c.name)
                raise EndpointNotFound(name, connection.execute(known).scalars())
        return row

    def list(self) -> Sequence[Endpoint]:
        """Return every endpoint with its present state, by name."""
        self._care.look_if_due()
        with self._store.read() as connection:
            rows = connection.execute(select(endpoints).order_by(endpoints.c.name)).all()
            told = deployments.history(connection, [row.id for row in rows]) if rows else {}
            cuts = _thresholds(connection, rows) if rows else {}
        return [self._record(row, told.get(row.id, ()), cuts.get(row.manifest_sha256)) for row in rows]

    def _record(self, row: Row[Any], history: tuple[Deployment, ...], threshold: float | None) -> Endpoint:
        state, message = _present_state(row)
        kept = keys.read(endpoint_folder(self._home, row.id)) if row.auth else None
        return Endpoint(
            name=row.name,
            state=state,
            model_name=row.model_name,
            model_version=row.model_version,
            created_at=row.created_at,
            scoring_uri=f"http://{row.host or HOST}:{row.port}/score" if row.port else None,
            auth=row.auth,
            primary_key=kept["primary"] if kept else None,
            description=row.description,
            tags=row.tags,
            cpu_cores=row.cpu_cores,
            memory_gb=row.memory_gb,
            phase=row.phase,
            message=message,
            changed_at=row.changed_at,
            features=tuple(row.features),
            uses_follow_up_time=row.uses_follow_up_time,
            deployments=history,
            rollback_to=next((d.label for d in history if d.number == row.previous), None),
            threshold=threshold,
        )

    def logs(self, name: str, tail: int = 500) -> str:
        """Return the last lines of supervisor and servers, in order of time. Raises EndpointNotFound."""
        return read_log(endpoint_folder(self._home, self._row(name).id), tail)

    # -- keys -----------------------------------------------------------------------------------------------------

    def keys(self, name: str) -> tuple[str, str]:
        """Return the primary and the secondary key. Raises EndpointNotFound, NotSupported when none is wanted."""
        row = _with_keys(self._row(name))
        kept = keys.read(endpoint_folder(self._home, row.id))
        if kept is None:
            raise EndpointNotFound(name)
        return kept["primary"], kept["secondary"]

    def rotate_key(self, name: str, which: str) -> str:
        """Replace one key and return the new one. Raises EndpointNotFound, NotSupported, InvalidSettings."""
        _with_keys(self._row(name))
        with self._store.write() as connection:  # which lets one rotation happen after the other
            row = connection.execute(select(endpoints).where(endpoints.c.name == name).with_for_update()).one_or_none()
            if row is None:
                raise EndpointNotFound(name)
            key, hashes = keys.rotate(endpoint_folder(self._home, row.id), which)
            connection.execute(update(endpoints).where(endpoints.c.id == row.id).values(hashes))
        return key

    # -- out of service -------------------------------------------------------------------------------------------

    def delete(self, name: str) -> None:
        """End an endpoint's processes, remove its files and forget it.

        Raises:
            EndpointNotFound: no such endpoint.
            StillRunning: a process of it cannot be ended.
        """
        row = self._row(name)
        folder = endpoint_folder(self._home, row.id)
        self._revoke(row)
        gone = self._end(supervisor_of(self._row(name)))
        for server in find_servers(folder):
            gone &= server.end(GRACE_S)
        gone &= self._end(server_of(self._row(name)))
        if not gone:
            raise StillRunning(f"A process of the endpoint {name!r} does not end.", "Try again, or restart this machine.")
        remove_tree(folder)
        with self._store.write() as connection:
            connection.execute(delete(endpoints).where(endpoints.c.id == row.id))

    @staticmethod
    def _end(process: ProcessId | None) -> bool:
        return process is None or end(process, grace_s=GRACE_S)

    def _revoke(self, row: Row[Any]) -> None:
        """Take the lease away, so that nobody starts anything for this endpoint any more."""
        sentence = "Its deletion was interrupted; delete it again."
        values = {"lease_token": None, "state": EndpointState.FAILED.value, "phase": "Being deleted", "message": sentence}
        with self._store.write() as connection:
            connection.execute(update(endpoints).where(endpoints.c.id == row.id).values(changed_at=datetime.now(UTC), **values))


def _thresholds(connection: Connection, rows: Sequence[Row[Any]]) -> dict[str, float | None]:
    """Return the thresholds of the versions in service, by the SHA-256 of the file that holds them."""
    served = models.c.manifest_sha256.in_([row.manifest_sha256 for row in rows])
    found = connection.execute(select(models.c.manifest_sha256, models.c.threshold).where(served))
    return {row.manifest_sha256: row.threshold for row in found}


def _new_row(lease: EndpointLease, spec: DeploymentSpec, version: dict[str, Any]) -> dict[str, Any]:
    now = datetime.now(UTC)
    return {
        "id": lease.endpoint_id,
        "name": spec.name,
        "state": EndpointState.TRANSITIONING.value,
        "phase": "Starting",
        "auth": spec.auth,
        "created_at": now,
        "changed_at": now,
        "lease_token": lease.token,
        **version,
    }


def _name_taken(name: str) -> NameTaken:
    return NameTaken(f"An endpoint called {name!r} exists already.", "Choose another name, or delete that endpoint first.")


def _with_keys(row: Row[Any]) -> Row[Any]:
    """Return the row of an endpoint that asks for keys. Raises NotSupported."""
    if not row.auth:
        raise NotSupported(f"The endpoint {row.name!r} asks for no key.", "Call it without one, on this machine.")
    return row


def _present_state(row: Row[Any]) -> tuple[EndpointState, str | None]:
    """Return the state an endpoint is in now: one whose server has died is not healthy, whatever was noted last."""
    state = EndpointState(row.state)
    server = server_of(row)
    if state is EndpointState.HEALTHY and (server is None or not server.alive()):
        return EndpointState.UNHEALTHY, _GONE
    return state, row.message
