"""The rows of endpoints, and the lease of the supervisor that looks after each one.

Whatever a supervisor writes names its token, so that one that was replaced changes nothing when it comes back.
An endpoint without a token is being deleted: nobody looks after it any more.
"""

from __future__ import annotations

import contextlib
import sys
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Row, select, update

from hfcore.backends.local.processes import ProcessId, plain_environment, spawn_detached
from hfcore.backends.local.store import Store
from hfcore.backends.local.tables import endpoints
from hfcore.errors import LeaseLost
from hfcore.states import EndpointState

SUPERVISOR = "hfcore.backends.local.supervisor"
FOLDER = "endpoints"
SUPERVISOR_LOG = "supervisor.log"
SPAWN_S = 5.0  # an endpoint that nobody has started a supervisor for after so long is given another starter


@dataclass(frozen=True)
class EndpointLease:
    """The right to look after one endpoint, as long as the store holds the same token."""

    endpoint_id: str
    token: str

    @classmethod
    def fresh(cls, endpoint_id: str) -> EndpointLease:
        """Return a lease that nobody has had before."""
        return cls(endpoint_id, uuid.uuid4().hex)


def endpoint_folder(home: Path, endpoint_id: str) -> Path:
    """Return the folder that holds an endpoint's keys, locks and logs."""
    return home / FOLDER / endpoint_id


def note(store: Store, lease: EndpointLease, **values: Any) -> None:
    """Write to the endpoint's row while the lease is held.

    Raises:
        LeaseLost: the endpoint is being deleted, or another supervisor looks after it; nothing is written.
    """
    held = (endpoints.c.id == lease.endpoint_id) & (endpoints.c.lease_token == lease.token)
    with store.write() as connection:
        changed = connection.execute(update(endpoints).where(held).values(changed_at=datetime.now(UTC), **values))
    if changed.rowcount != 1:
        raise LeaseLost(f"Endpoint {lease.endpoint_id} is being deleted or belongs to another supervisor now.")


def leased_row(store: Store, lease: EndpointLease) -> Row[Any]:
    """Return the endpoint's row. Raises LeaseLost as `note` does."""
    held = (endpoints.c.id == lease.endpoint_id) & (endpoints.c.lease_token == lease.token)
    with store.read() as connection:
        row = connection.execute(select(endpoints).where(held)).one_or_none()
    if row is None:
        raise LeaseLost(f"Endpoint {lease.endpoint_id} is being deleted or belongs to another supervisor now.")
    return row


def supervisor_of(row: Row[Any]) -> ProcessId | None:
    """Return the process that looks after an endpoint, if one was started."""
    return None if row.supervisor_pid is None else ProcessId(row.supervisor_pid, row.supervisor_started)


def server_of(row: Row[Any]) -> ProcessId | None:
    """Return the process that serves an endpoint, if one was started."""
    return None if row.server_pid is None else ProcessId(row.server_pid, row.server_started)


def launch(store: Store, lease: EndpointLease) -> None:
    """Start a supervisor for the endpoint and return without waiting for it; when it cannot be started, say so in the row."""
    args = [sys.executable, "-m", SUPERVISOR, str(store.home), lease.endpoint_id, lease.token]
    extra = {"HF_HOME": str(store.home)} | ({"HF_STORE_URL": store.url} if store.url else {})
    log = endpoint_folder(store.home, lease.endpoint_id) / SUPERVISOR_LOG
    try:
        process = spawn_detached(args, plain_environment(extra), log)
        told: dict[str, Any] = {"supervisor_pid": process.pid, "supervisor_started": process.started}
    except OSError as error:
        sentence = f"The endpoint's process could not be started: {error.strerror or error}."
        told = {"state": EndpointState.FAILED.value, "message": sentence}
    with contextlib.suppress(LeaseLost):  # it was deleted meanwhile, which its supervisor finds out as well
        note(store, lease, **told)


def is_abandoned(row: Row[Any], now: datetime) -> bool:
    """Tell whether an endpoint that shall be in service has nobody who looks after it."""
    if row.lease_token is None or row.state == EndpointState.FAILED.value:
        return False
    supervisor = supervisor_of(row)
    if supervisor is None:
        return bool((now - row.changed_at).total_seconds() > SPAWN_S)
    return not supervisor.alive()


def take_over(store: Store, row: Row[Any]) -> EndpointLease | None:
    """Put a new lease in the place of a dead one; of several that try at once exactly one gets it, the others None."""
    lease = EndpointLease.fresh(row.id)
    same = (endpoints.c.id == row.id) & (endpoints.c.lease_token == row.lease_token)
    values = {"lease_token": lease.token, "supervisor_pid": None, "supervisor_started": None, "changed_at": datetime.now(UTC)}
    with store.write() as connection:
        changed = connection.execute(update(endpoints).where(same).values(values))
    return lease if changed.rowcount == 1 else None


def reconcile_endpoints(store: Store) -> int:
    """Start a supervisor for every endpoint that has lost its own; return how many this call has started."""
    with store.read() as connection:
        rows = connection.execute(select(endpoints)).all()
    leases = [take_over(store, row) for row in rows if is_abandoned(row, datetime.now(UTC))]
    started = [lease for lease in leases if lease is not None]
    for lease in started:
        launch(store, lease)
    return len(started)
