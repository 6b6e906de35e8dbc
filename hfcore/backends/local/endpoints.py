"""The endpoints of a home folder: put models into service, look, read keys and logs, take out of service."""

from __future__ import annotations

import heapq
import json
import re
import secrets
import time
import uuid
from collections import deque
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from hfcore.backends.local.endpoint_rows import (
    KEYS,
    SERVER_LOG,
    SUPERVISOR_LOG,
    EndpointLease,
    endpoint_folder,
    launch,
    reconcile_endpoints,
    server_of,
    supervisor_of,
)
from hfcore.backends.local.files import remove_tree, write_bytes
from hfcore.backends.local.processes import ProcessId, end
from hfcore.backends.local.rounds import Rounds
from hfcore.backends.local.server_process import HOST, find_server
from hfcore.backends.local.store import Store
from hfcore.backends.local.tables import endpoints, models
from hfcore.errors import DeploymentFailed, EndpointNotFound, ModelNotFound, NameTaken, NotSupported, StillRunning
from hfcore.records import DeploymentSpec, Endpoint, ModelVersion
from hfcore.states import EndpointState
from inference.access import hash_key

WAIT_S = 90.0
GRACE_S = 4.0
_ENTRY = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+Z ")
_GONE = "The server is not running; it is being started again."


class Endpoints:
    """The endpoints of one home folder. Each lives in processes of its own and outlives whoever has deployed it."""

    def __init__(self, store: Store, home: Path) -> None:
        self._store = store
        self._home = home
        self._care = Rounds(partial(reconcile_endpoints, store))

    def deploy(self, model: ModelVersion, spec: DeploymentSpec, wait: bool = True) -> Endpoint:
        """Put a model into service behind `spec.name`; with `wait`, return when it is healthy.

        Raises:
            NameTaken: an endpoint of that name exists.
            ModelNotFound: the model is not registered here.
            DeploymentFailed: with `wait`, the endpoint did not become healthy; says why.
        """
        lease = EndpointLease.fresh(uuid.uuid4().hex)
        folder = endpoint_folder(self._home, lease.endpoint_id)
        try:
            with self._store.write() as connection:
                row = _new_row(connection, lease, model, spec)
                row |= _write_keys(folder) if spec.auth else {}
                connection.execute(insert(endpoints).values(row))
        except IntegrityError as error:
            remove_tree(folder)
            raise _name_taken(spec.name) from error
        except BaseException:
            remove_tree(folder)
            raise
        launch(self._store, lease)
        return self._settled(spec.name, lease) if wait else self._get(spec.name)

    def _settled(self, name: str, lease: EndpointLease) -> Endpoint:
        """Wait until a deployment has ended. Raises DeploymentFailed."""
        deadline = time.monotonic() + WAIT_S
        while time.monotonic() < deadline:
            self._care.look_if_due()
            row = self._row(name)
            if row.id != lease.endpoint_id:
                break
            if row.state == EndpointState.HEALTHY.value:
                return self._record(row)
            if row.state == EndpointState.FAILED.value:
                raise DeploymentFailed(
                    f"The endpoint {name!r} failed: {row.message}", "Its log has more. Delete it, then deploy again."
                )
            time.sleep(0.05)
        raise DeploymentFailed(f"The endpoint {name!r} is not in service after {WAIT_S:g} s.", "Look at its state and its log.")

    def _get(self, name: str) -> Endpoint:
        return self._record(self._row(name))

    def _row(self, name: str) -> Row[Any]:
        with self._store.read() as connection:
            row = connection.execute(select(endpoints).where(endpoints.c.name == name)).one_or_none()
            if row is None:
                known = select(endpoints.c.name).order_by(endpoints.c.name)
                raise EndpointNotFound(name, connection.execute(known).scalars())
        return row

    def list(self) -> Sequence[Endpoint]:
        """Return every endpoint with its present state, by name."""
        self._care.look_if_due()
        with self._store.read() as connection:
            rows = connection.execute(select(endpoints).order_by(endpoints.c.name)).all()
        return [self._record(row) for row in rows]

    def _record(self, row: Row[Any]) -> Endpoint:
        state, message = _present_state(row)
        return Endpoint(
            name=row.name,
            state=state,
            model_name=row.model_name,
            model_version=row.model_version,
            created_at=row.created_at,
            scoring_uri=f"http://{row.host or HOST}:{row.port}/score" if row.port else None,
            auth=row.auth,
            primary_key=self._read_keys(row)[0] if row.auth else None,
            description=row.description,
            tags=row.tags,
            cpu_cores=row.cpu_cores,
            memory_gb=row.memory_gb,
            phase=row.phase,
            message=message,
            changed_at=row.changed_at,
            features=tuple(row.features),
            uses_follow_up_time=row.uses_follow_up_time,
        )

    def _read_keys(self, row: Row[Any]) -> tuple[str | None, str | None]:
        try:
            told = json.loads((endpoint_folder(self._home, row.id) / KEYS).read_bytes())
        except FileNotFoundError:
            return None, None
        return str(told["primary"]), str(told["secondary"])

    def keys(self, name: str) -> tuple[str, str]:
        """Return the primary and the secondary key. Raises EndpointNotFound, NotSupported when none is wanted."""
        row = self._row(name)
        if not row.auth:
            raise NotSupported(f"The endpoint {name!r} asks for no key.", "Call it without one, on this machine.")
        primary, secondary = self._read_keys(row)
        if primary is None or secondary is None:
            raise EndpointNotFound(name)
        return primary, secondary

    def logs(self, name: str, tail: int = 500) -> str:
        """Return the last lines of supervisor and server, in order of time. Raises EndpointNotFound."""
        folder = endpoint_folder(self._home, self._row(name).id)
        merged = heapq.merge(*(_entries(folder / file, tail) for file in (SUPERVISOR_LOG, SERVER_LOG)), key=lambda e: e[:24])
        lines = deque((line for entry in merged for line in entry.splitlines(keepends=True)), maxlen=max(tail, 0))
        return "".join(lines)

    def delete(self, name: str) -> None:
        """End an endpoint's processes, remove its files and forget it.

        Raises:
            EndpointNotFound: no such endpoint.
            StillRunning: a process of it cannot be ended.
        """
        row = self._row(name)
        self._revoke(row)
        gone = self._end(supervisor_of(self._row(name)))
        server = find_server(self._home, row.id)
        gone &= self._end(server_of(self._row(name))) and self._end(server.process if server else None)
        if not gone:
            raise StillRunning(f"A process of the endpoint {name!r} does not end.", "Try again, or restart this machine.")
        remove_tree(endpoint_folder(self._home, row.id))
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


def _new_row(connection: Connection, lease: EndpointLease, model: ModelVersion, spec: DeploymentSpec) -> dict[str, Any]:
    """Return the row of a new endpoint. Raises ModelNotFound, NameTaken."""
    same = (models.c.name == model.name) & (models.c.version == model.version) & (models.c.sha256 == model.sha256)
    found = connection.execute(select(models).where(same)).one_or_none()
    if found is None:
        known = connection.execute(select(models.c.name, models.c.version).order_by(models.c.created_at.desc()))
        raise ModelNotFound(model.label, [f"{m.name}:{m.version}" for m in known])
    if connection.execute(select(endpoints.c.id).where(endpoints.c.name == spec.name)).first() is not None:
        raise _name_taken(spec.name)
    now = datetime.now(UTC)
    return {
        "id": lease.endpoint_id,
        "name": spec.name,
        "state": EndpointState.TRANSITIONING.value,
        "phase": "Starting",
        "model_name": found.name,
        "model_version": found.version,
        "model_sha256": found.sha256,
        "manifest_sha256": found.manifest_sha256,
        "model_dir": found.folder,
        "features": found.features,
        "uses_follow_up_time": found.uses_follow_up_time,
        "description": spec.description,
        "tags": {str(k): str(v) for k, v in spec.tags.items()},
        "cpu_cores": spec.cpu_cores,
        "memory_gb": spec.memory_gb,
        "auth": spec.auth,
        "created_at": now,
        "changed_at": now,
        "lease_token": lease.token,
    }


def _name_taken(name: str) -> NameTaken:
    return NameTaken(f"An endpoint called {name!r} exists already.", "Choose another name, or delete that endpoint first.")


def _write_keys(folder: Path) -> dict[str, str]:
    """Make two keys in a file that only its owner may read, and return their hashes for the row."""
    keys = {kind: secrets.token_urlsafe(32) for kind in ("primary", "secondary")}
    write_bytes(folder / KEYS, json.dumps(keys).encode(), mode=0o600)
    return {f"{kind}_sha256": hash_key(key) for kind, key in keys.items()}


def _present_state(row: Row[Any]) -> tuple[EndpointState, str | None]:
    """Return the state an endpoint is in now: one whose server has died is not healthy, whatever was noted last."""
    state = EndpointState(row.state)
    server = server_of(row)
    if state is EndpointState.HEALTHY and (server is None or not server.alive()):
        return EndpointState.UNHEALTHY, _GONE
    return state, row.message


def _entries(path: Path, tail: int) -> Iterator[str]:
    """Yield the last entries of a log, each with the lines that continue it."""
    if not path.exists():
        return
    with path.open(encoding="utf-8", errors="replace") as file:
        lines = deque(file, maxlen=max(tail, 0))
    entry = ""
    for line in lines:
        if _ENTRY.match(line) and entry:
            yield entry
            entry = ""
        entry += line if line.endswith("\n") else f"{line}\n"
    if entry:
        yield entry
