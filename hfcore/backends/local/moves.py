"""A run's moves from state to state: compare-and-set, each in one statement."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, select, update

from hfcore.backends.local.lease import Lease
from hfcore.backends.local.tables import children, runs
from hfcore.errors import IllegalMove, LeaseLost, RunNotFound
from hfcore.states import RunState, states_before

UNFINISHED = tuple(state.value for state in (RunState.QUEUED, RunState.STARTING, RunState.RUNNING))


def move(connection: Connection, run_id: str, to: RunState, lease: Lease | None = None, **values: Any) -> None:
    """Move a run to the state `to`, with `values` for its other columns, if that may follow its present state.

    With a lease, only its holder may move the run.

    Raises:
        RunNotFound: no such run.
        IllegalMove: its present state cannot be followed by `to`; the message names both.
        LeaseLost: the run belongs to another worker now.
    """
    allowed = (runs.c.id == run_id) & runs.c.state.in_([state.value for state in sorted(states_before(to))])
    if lease is not None:
        allowed &= runs.c.lease_token == lease.token
    if to.is_finished:
        values = {"ended_at": datetime.now(UTC), **values}
    changed = connection.execute(update(runs).where(allowed).values(state=to.value, **values))
    if changed.rowcount != 1:
        raise _refusal(connection, run_id, to, lease)
    if to.is_finished:
        _close_children(connection, run_id, RunState.CRASHED if to is RunState.CRASHED else RunState.CANCELED)


def _refusal(connection: Connection, run_id: str, to: RunState, lease: Lease | None) -> Exception:
    found = connection.execute(select(runs.c.state, runs.c.lease_token).where(runs.c.id == run_id)).one_or_none()
    if found is None:
        return RunNotFound(run_id, connection.execute(select(runs.c.id).limit(10)).scalars())
    if lease is not None and lease.token != found.lease_token:
        return LeaseLost(f"Run {run_id} belongs to another worker now; this one may not make it {to.value}.")
    return IllegalMove(f"Run {run_id} is {found.state} and cannot become {to.value}.")


def _close_children(connection: Connection, run_id: str, state: RunState) -> None:
    """End the child runs that were still going when their run ended."""
    going = (children.c.run_id == run_id) & children.c.state.in_(UNFINISHED)
    connection.execute(update(children).where(going).values(state=state.value, ended_at=datetime.now(UTC)))
