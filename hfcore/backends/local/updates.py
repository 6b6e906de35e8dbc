"""Asking for another version at an endpoint: what may take over is decided here, the supervisor does it."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Row, select, update

from hfcore.backends.local import deployments
from hfcore.backends.local.endpoint_rows import EndpointLease
from hfcore.backends.local.tables import endpoints
from hfcore.errors import EndpointNotFound, InvalidSettings, NameTaken, NoEarlierVersion, StillRunning
from hfcore.records import DeploymentSpec
from hfcore.states import EndpointState


def ask(connection: Connection, spec: DeploymentSpec, version: Mapping[str, Any]) -> tuple[EndpointLease | None, int]:
    """Ask the supervisor of the endpoint `spec.name` for another version; return the number of the deployment.

    An endpoint that has failed has no supervisor any more; a lease for a new one is then returned as well.

    Raises:
        NameTaken: it serves this version already.
        StillRunning: another deployment is under way.
        InvalidSettings: callers would have to send other columns, or a key where none was wanted.
    """
    row = _row(connection, spec.name)
    _check_free(row)
    label = f"{version['model_name']}:{version['model_version']}"
    failed = row.state == EndpointState.FAILED.value
    if (row.model_name, row.model_version) == (version["model_name"], version["model_version"]):
        hint = "Choose another version, another name, or delete that endpoint first."
        raise NameTaken(f"An endpoint called {row.name!r} exists already and has {label}.", hint)
    _check_callers(row, spec, version, label)
    number = deployments.add(connection, row.id, version)
    if not failed:
        _want(connection, row, wanted=number)
        return None, number
    lease = EndpointLease(row.id, uuid.uuid4().hex)
    fresh = {"state": EndpointState.TRANSITIONING.value, "phase": "Starting", "lease_token": lease.token, "active": number}
    _want(connection, row, previous=None, message=None, supervisor_pid=None, supervisor_started=None, **fresh, **version)
    return lease, number


def ask_back(connection: Connection, name: str) -> int:
    """Ask the supervisor for the version before the last update; return the number of its deployment.

    Raises:
        NoEarlierVersion: there is none.
        StillRunning: a deployment is under way.
    """
    row = _row(connection, name)
    _check_free(row)
    if row.previous is None:
        raise NoEarlierVersion(f"The endpoint {name!r} has no earlier version to go back to.", "Deploy the version you want.")
    deployments.note_user(connection, row.id, row.active, "Rolled back by {user}.")
    _want(connection, row, wanted=row.previous)
    return int(row.previous)


def _row(connection: Connection, name: str) -> Row[Any]:
    row = connection.execute(select(endpoints).where(endpoints.c.name == name).with_for_update()).one_or_none()
    if row is None:
        raise EndpointNotFound(name)
    return row


def _check_free(row: Row[Any]) -> None:
    """Raise StillRunning while another deployment of the endpoint is under way, or the endpoint is being deleted."""
    if row.lease_token is None:
        raise StillRunning(f"The endpoint {row.name!r} is being deleted.", "Wait until it is gone, then deploy again.")
    if row.wanted is not None or row.state == EndpointState.TRANSITIONING.value:
        raise StillRunning(f"A deployment of the endpoint {row.name!r} is under way.", "Wait until it has ended.")


def _check_callers(row: Row[Any], spec: DeploymentSpec, version: Mapping[str, Any], label: str) -> None:
    """Raise InvalidSettings when those who call the endpoint would have to send something else."""
    wrong = {}
    if spec.auth != row.auth:
        has = "asks for a key" if row.auth else "asks for no key"
        wrong["auth"] = f"The endpoint {row.name!r} {has}; an update cannot change that. Use another name."
    if list(version["features"]) != list(row.features):
        what = "the same columns in another order" if sorted(version["features"]) == sorted(row.features) else "other columns"
        wrong["model"] = f"{label} takes {what} than the version in service, so callers would fail. Use another name."
    if wrong:
        raise InvalidSettings(wrong)


def _want(connection: Connection, row: Row[Any], **values: Any) -> None:
    now = datetime.now(UTC)
    connection.execute(update(endpoints).where(endpoints.c.id == row.id).values(changed_at=now, **values))
