"""Endpoints that tests put into service, kill and call."""

from __future__ import annotations

import os
import signal
from typing import Any

from sqlalchemy import Row, select

from hfcore.backends.local.processes import ProcessId, group_of
from hfcore.backends.local.store import Store
from hfcore.backends.local.tables import endpoints
from hfcore.errors import ScoringFailed
from hfcore.records import DeploymentSpec, Endpoint
from hfcore.scoring.client import ScoringClient
from tests.fakes.small_model import TYPED_SAMPLE
from tests.polling import until

SPEC = DeploymentSpec(name="risk", description="for tests", tags={"team": "cardiology"})


def row_of(store: Store, name: str = "risk") -> Row[Any]:
    """Return an endpoint's row."""
    with store.read() as connection:
        return connection.execute(select(endpoints).where(endpoints.c.name == name)).one()


def kill(pid: int) -> None:
    """Kill a process; what it has started in its session must end by itself."""
    identity = ProcessId.of(pid)
    os.kill(pid, signal.SIGKILL)
    until(lambda: not group_of(identity))


def scores(endpoint: Endpoint) -> bool:
    """Tell whether the endpoint scores the sample patient."""
    client = ScoringClient(endpoint)
    try:
        return client.predict([TYPED_SAMPLE]) == [0]
    finally:
        client.close()


def scores_again(endpoint: Endpoint) -> bool:
    """Tell whether the endpoint scores, while it may be down."""
    try:
        return scores(endpoint)
    except (ConnectionError, ScoringFailed):
        return False


def serving(endpoint: Endpoint) -> str | None:
    """Return the version that answers: name:3."""
    client = ScoringClient(endpoint)
    try:
        return client.score([TYPED_SAMPLE]).model_version
    finally:
        client.close()
