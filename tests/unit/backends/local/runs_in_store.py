"""Rows that tests put into a store without a worker."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Row, insert, select

from hfcore.automl.settings import AutoMLSettings
from hfcore.backends.local.lease import Lease
from hfcore.backends.local.store import Store
from hfcore.backends.local.tables import children, runs


def add_run(store: Store, number: int = 1, **values: Any) -> Lease:
    """Insert a run as `submit` does, without starting a worker, and return its lease."""
    lease = Lease.fresh(f"AutoML_test-{number}")
    row = {
        "id": lease.run_id,
        "experiment": "an-experiment",
        "state": "QUEUED",
        "settings": AutoMLSettings(label_column_name="DEATH_EVENT").to_dict(),
        "dataset": "heart-failure-records",
        "dataset_version": 1,
        "dataset_sha256": "0" * 64,
        "created_at": datetime.now(UTC),
        "lease_token": lease.token,
        "lease_beat": time.time(),
    }
    with store.write() as connection:
        connection.execute(insert(runs).values({**row, **values}))
    return lease


def add_child(store: Store, lease: Lease, number: int, state: str) -> None:
    """Insert a child run of a run."""
    row = {"id": f"{lease.run_id}_{number}", "run_id": lease.run_id, "number": number, "state": state}
    with store.write() as connection:
        connection.execute(insert(children).values(algorithm="SVM", parameters={}, attempt=1, **row))


def run_row(store: Store, run_id: str) -> Row[Any]:
    """Return a run's row."""
    with store.read() as connection:
        return connection.execute(select(runs).where(runs.c.id == run_id)).one()


def child_states(store: Store, run_id: str) -> list[str]:
    """Return the states of a run's children, by number."""
    query = select(children.c.state).where(children.c.run_id == run_id).order_by(children.c.number)
    with store.read() as connection:
        return list(connection.execute(query).scalars())
