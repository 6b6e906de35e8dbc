"""The rows of deployments: which versions an endpoint has served, which one serves, which one shall, and how each came out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, update
from sqlalchemy.sql.elements import ColumnElement

from hfcore.backends.local import who
from hfcore.backends.local.endpoint_rows import EndpointLease
from hfcore.backends.local.processes import ProcessId
from hfcore.backends.local.store import Store
from hfcore.backends.local.tables import deployments, endpoints
from hfcore.errors import LeaseLost
from hfcore.records import Deployment, DeploymentSpec
from hfcore.states import DeploymentState, EndpointState

MOST_TOLD = 20
MOST_ATTEMPTS = 2
# What an endpoint's row repeats of the deployment that serves.
SERVED = ("model_name", "model_version", "model_sha256", "manifest_sha256", "model_dir", "features", "uses_follow_up_time")
SIZE = ("description", "tags", "cpu_cores", "memory_gb")


def version_of(model: Row[Any], spec: DeploymentSpec) -> dict[str, Any]:
    """Return what a deployment of a registered model keeps of the model and of what was asked for."""
    return {
        "model_name": model.name,
        "model_version": model.version,
        "model_sha256": model.sha256,
        "manifest_sha256": model.manifest_sha256,
        "model_dir": model.folder,
        "features": model.features,
        "uses_follow_up_time": model.uses_follow_up_time,
        "description": spec.description,
        "tags": {str(k): str(v) for k, v in spec.tags.items()},
        "cpu_cores": spec.cpu_cores,
        "memory_gb": spec.memory_gb,
    }


def add(connection: Connection, endpoint_id: str, version: Mapping[str, Any]) -> int:
    """Insert the next deployment of an endpoint, under way, and return its number."""
    mine = deployments.c.endpoint_id == endpoint_id
    number = (connection.execute(select(func.max(deployments.c.number)).where(mine)).scalar() or 0) + 1
    now = datetime.now(UTC)
    values = {"endpoint_id": endpoint_id, "number": number, "state": DeploymentState.UNDERWAY.value, "asked_by": who.user()}
    connection.execute(insert(deployments).values(**values, attempts=0, created_at=now, changed_at=now, **version))
    return number


def note_user(connection: Connection, endpoint_id: str, number: int, sentence: str) -> None:
    """Write at a deployment what the user of this process has asked for."""
    told = sentence.format(user=who.user() or "somebody")
    connection.execute(update(deployments).where(one(endpoint_id, number)).values(message=told))


def one(endpoint_id: str, number: int) -> ColumnElement[bool]:
    """Return the condition that names one deployment."""
    return (deployments.c.endpoint_id == endpoint_id) & (deployments.c.number == number)


def row_of(store: Store, endpoint_id: str, number: int) -> Row[Any]:
    """Return one deployment. Raises LeaseLost when it went with its endpoint."""
    with store.read() as connection:
        row = connection.execute(select(deployments).where(one(endpoint_id, number))).one_or_none()
    if row is None:
        raise LeaseLost(f"Endpoint {endpoint_id} is being deleted.")
    return row


def change(store: Store, endpoint_id: str, number: int, **values: Any) -> None:
    """Write to a deployment's row."""
    with store.write() as connection:
        connection.execute(update(deployments).where(one(endpoint_id, number)).values(**values))


def hand_over(
    store: Store,
    lease: EndpointLease,
    to: Row[Any],
    server: ProcessId | None,
    left: Mapping[str, Any],
    keep: bool,
    say: str | None = None,
) -> None:
    """Note in one transaction that another deployment serves from now on.

    Args:
        store: The store.
        lease: The supervisor's lease on the endpoint.
        to: The deployment that takes over.
        server: The process that serves it, None when it has to be started first.
        left: State and message of the deployment that is left.
        keep: Whether a rollback may go back to the one that is left.
        say: A sentence that stays at the endpoint.

    Raises:
        LeaseLost: as `note` does; nothing is written.
    """
    now = datetime.now(UTC)
    held = (endpoints.c.id == lease.endpoint_id) & (endpoints.c.lease_token == lease.token)
    values = {name: getattr(to, name) for name in (*SERVED, *SIZE)}
    state = EndpointState.HEALTHY if server else EndpointState.UNHEALTHY
    values |= {"state": state.value, "phase": "In service" if server else "Starting"}
    values |= {"server_pid": server and server.pid, "server_started": server and server.started}
    values |= {"active": to.number, "wanted": None, "message": say, "changed_at": now}
    with store.write() as connection:
        row = connection.execute(select(endpoints.c.active).where(held)).one_or_none()
        if row is None:
            raise LeaseLost(f"Endpoint {lease.endpoint_id} is being deleted or belongs to another supervisor now.")
        connection.execute(update(endpoints).where(held).values(previous=row.active if keep else None, **values))
        serves = {"state": DeploymentState.IN_SERVICE.value, "message": None, "changed_at": now, "attempts": 0}
        connection.execute(update(deployments).where(one(lease.endpoint_id, row.active)).values(changed_at=now, **left))
        connection.execute(update(deployments).where(one(lease.endpoint_id, to.number)).values(serves))


def refuse(store: Store, lease: EndpointLease, number: int, sentence: str, known: str) -> None:
    """Note that a deployment was refused and why; whatever serves goes on. Raises LeaseLost.

    `known` is the sentence that stays at the endpoint.
    """
    now = datetime.now(UTC)
    held = (endpoints.c.id == lease.endpoint_id) & (endpoints.c.lease_token == lease.token)
    refused = one(lease.endpoint_id, number) & (deployments.c.state == DeploymentState.UNDERWAY.value)
    with store.write() as connection:
        changed = connection.execute(
            update(endpoints).where(held).values(wanted=None, message=known, phase="In service", changed_at=now)
        )
        if changed.rowcount != 1:
            raise LeaseLost(f"Endpoint {lease.endpoint_id} is being deleted or belongs to another supervisor now.")
        values = {"state": DeploymentState.REFUSED.value, "message": sentence, "changed_at": now}
        connection.execute(update(deployments).where(refused).values(values))
        connection.execute(update(deployments).where(one(lease.endpoint_id, number)).values(attempts=0))
        serves = (deployments.c.endpoint_id == lease.endpoint_id) & (deployments.c.state == DeploymentState.IN_SERVICE.value)
        connection.execute(update(deployments).where(serves).values(message=None))


def give_up(store: Store, endpoint_id: str, number: int, sentence: str) -> None:
    """Note why the active deployment does not serve; one that never did is refused."""
    mine, now = one(endpoint_id, number), datetime.now(UTC)
    underway = mine & (deployments.c.state == DeploymentState.UNDERWAY.value)
    with store.write() as connection:
        connection.execute(update(deployments).where(mine).values(message=sentence, changed_at=now))
        connection.execute(update(deployments).where(underway).values(state=DeploymentState.REFUSED.value))


def history(connection: Connection, endpoint_ids: Iterable[str]) -> dict[str, tuple[Deployment, ...]]:
    """Return the latest deployments of some endpoints, newest first."""
    c = deployments.c
    columns = (c.endpoint_id, c.number, c.model_name, c.model_version, c.state, c.message, c.asked_by, c.created_at, c.changed_at)
    query = select(*columns).where(c.endpoint_id.in_(list(endpoint_ids))).order_by(c.endpoint_id, c.number.desc())
    found: dict[str, list[Deployment]] = {}
    for row in connection.execute(query):
        told = found.setdefault(row.endpoint_id, [])
        if len(told) < MOST_TOLD:
            told.append(_record(row))
    return {endpoint_id: tuple(told) for endpoint_id, told in found.items()}


def _record(row: Row[Any]) -> Deployment:
    return Deployment(
        number=row.number,
        model_name=row.model_name,
        model_version=row.model_version,
        state=DeploymentState(row.state),
        created_at=row.created_at,
        changed_at=row.changed_at,
        by=row.asked_by,
        message=row.message,
    )


def in_use(connection: Connection) -> dict[tuple[str, int], tuple[str, bool]]:
    """Return by model name and version which endpoint holds it, and whether it serves it now."""
    c, e = deployments.c, endpoints.c
    beside = select(c.model_name, c.model_version, e.name).join(
        endpoints, (c.endpoint_id == e.id) & c.number.in_((e.previous, e.wanted))
    )
    held = {(row.model_name, row.model_version): (str(row.name), False) for row in connection.execute(beside)}
    serving = connection.execute(select(e.model_name, e.model_version, e.name))
    return held | {(row.model_name, row.model_version): (str(row.name), True) for row in serving}
