"""The lease of a run: which process may work it, whether that process is alive, and who may take it over.

A token is made for every worker that is started. Whatever a worker writes names its token, so that a
worker that was given up, and comes back late, changes nothing.
"""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Row, case, select, update
from sqlalchemy.sql.elements import ColumnElement

from hfcore.backends.local.processes import ProcessId
from hfcore.backends.local.store import BUSY_S, Store
from hfcore.backends.local.tables import runs
from hfcore.errors import LeaseLost
from hfcore.states import ACTIVE_RUN_STATES, RunState

BEAT_S = 0.7  # between two signs of life
STALE_S = 15.0  # a worker that is paused (SIGSTOP) and gave no sign of life for so long is dead
HUNG_S = 60.0  # so is one that runs but hangs; it gets longer, since another writer may keep it from giving signs
START_S = 30.0  # a worker that was started has so long to claim its run
SPAWN_S = 5.0  # a run that nobody has started a worker for after so long is given another starter
MOST_FRUITLESS = 3  # workers in a row that died without finishing a single child run

ACTIVE = tuple(state.value for state in sorted(ACTIVE_RUN_STATES))


@dataclass(frozen=True)
class Lease:
    """The right to work one run, as long as the store still holds the same token."""

    run_id: str
    token: str

    @classmethod
    def fresh(cls, run_id: str) -> Lease:
        """Return a lease that nobody has had before."""
        return cls(run_id, uuid.uuid4().hex)


@dataclass(frozen=True)
class Claim:
    """What a worker learns when it takes its run: which attempt this is and how many seconds earlier ones worked."""

    attempt: int
    worked_seconds: float


def held(lease: Lease) -> ColumnElement[bool]:
    """Return the condition under which a holder of `lease` may write."""
    return (runs.c.id == lease.run_id) & (runs.c.lease_token == lease.token) & runs.c.state.in_(ACTIVE)


def guard(connection: Connection, lease: Lease, **values: Any) -> None:
    """Write to the run, and with it everything else in this transaction, only while the lease is held.

    Raises:
        LeaseLost: the run has ended, or another worker has it; nothing is written.
    """
    changed = connection.execute(update(runs).where(held(lease)).values(lease_beat=time.time(), **values))
    if changed.rowcount != 1:
        raise LeaseLost(f"Run {lease.run_id} was stopped or belongs to another worker now; this one writes nothing more.")


def claim(store: Store, lease: Lease, process: ProcessId) -> Claim:
    """Take the run for the calling worker; each token can be claimed once.

    Raises:
        LeaseLost: the run has ended, or another worker was started for it meanwhile.
    """
    with store.write() as connection:
        guard(
            connection,
            lease,
            state=case((runs.c.state == RunState.QUEUED.value, RunState.STARTING.value), else_=runs.c.state),
            started_at=case((runs.c.started_at.is_(None), datetime.now(UTC)), else_=runs.c.started_at),
            lease_pid=process.pid,
            lease_started=process.started,
            lease_claimed=True,
            attempts=runs.c.attempts + 1,
            finished_before=runs.c.finished,
        )
        row = connection.execute(select(runs.c.attempts, runs.c.worked_seconds).where(runs.c.id == lease.run_id)).one()
    return Claim(row.attempts, row.worked_seconds)


def beat(store: Store, lease: Lease, worked_seconds: float) -> None:
    """Give a sign of life. Raises LeaseLost as `guard` does."""
    with store.write() as connection:
        guard(connection, lease, worked_seconds=worked_seconds)


def note_started(store: Store, lease: Lease, process: ProcessId) -> None:
    """Remember which process was started for the run, before it claims it."""
    unclaimed = held(lease) & ~runs.c.lease_claimed
    with store.write() as connection:
        connection.execute(update(runs).where(unclaimed).values(lease_pid=process.pid, lease_started=process.started))


def worker_of(row: Row[Any]) -> ProcessId | None:
    """Return the process that was started for a run, if any."""
    return None if row.lease_pid is None else ProcessId(row.lease_pid, row.lease_started)


def is_dead(row: Row[Any], now: float) -> bool:
    """Tell whether an active run has nobody who works it."""
    silent = now - row.lease_beat
    worker = worker_of(row)
    if worker is None:
        return bool(silent > SPAWN_S)
    if not worker.alive():
        return True
    if not row.lease_claimed:
        return bool(silent > START_S)
    return bool(silent > HUNG_S or (silent > STALE_S and worker.paused()))


def take_over(store: Store, row: Row[Any], patience_s: float = BUSY_S) -> Lease | None:
    """Put a new lease in the place of a dead one; of several that try at once exactly one gets it, the others None.

    Raises:
        BackendUnavailable: somebody else has been writing for `patience_s` seconds.
    """
    lease = Lease.fresh(row.id)
    fruitless = 0 if row.finished > row.finished_before else row.fruitless + 1
    with store.write(patience_s) as connection:
        changed = connection.execute(
            update(runs)
            .where(held(Lease(row.id, row.lease_token)) & (runs.c.lease_beat == row.lease_beat))
            .values(
                lease_token=lease.token,
                lease_pid=None,
                lease_started=None,
                lease_claimed=False,
                lease_beat=time.time(),
                finished_before=row.finished,
                fruitless=fruitless,
            )
        )
    return lease if changed.rowcount == 1 else None
