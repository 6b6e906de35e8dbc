"""Finding runs whose worker has died, and having them go on: done by whoever opens or reads a workspace."""

from __future__ import annotations

import contextlib
import logging
import time
from typing import Any

from sqlalchemy import Row, select

from hfcore.backends.local import mirror
from hfcore.backends.local.files import remove_temporary
from hfcore.backends.local.launch import launch, remove_scratch, run_folder
from hfcore.backends.local.lease import ACTIVE, MOST_FRUITLESS, Lease, is_dead, take_over, worker_of
from hfcore.backends.local.moves import move
from hfcore.backends.local.processes import ProcessId, end
from hfcore.backends.local.store import Store
from hfcore.backends.local.tables import runs
from hfcore.errors import BackendUnavailable, IllegalMove, LeaseLost
from hfcore.states import RunState

PATIENCE_S = 2.0  # for a writer that may be the very worker that is to be ended
log = logging.getLogger(__name__)


def reconcile(store: Store) -> int:
    """Take over every run whose worker is dead; return how many this call has taken over."""
    with store.read() as connection:
        active = connection.execute(select(runs).where(runs.c.state.in_(ACTIVE))).all()
    return sum(_recover(store, row) for row in active if is_dead(row, time.time()))


def _recover(store: Store, row: Row[Any]) -> bool:
    """Take over one run: end what is left of its worker, then start another or give up."""
    worker = worker_of(row)
    try:
        lease = take_over(store, row, PATIENCE_S)
    except BackendUnavailable:  # perhaps the dead worker was paused in the middle of a write
        _end(worker, row.id)
        lease = take_over(store, row)
    if lease is None:
        return False
    _end(worker, row.id)
    remove_temporary(run_folder(store.home, row.id))
    remove_scratch(row.id)
    with store.read() as connection:
        fruitless: int = connection.execute(select(runs.c.fruitless).where(runs.c.id == row.id)).scalar_one()
    if fruitless >= MOST_FRUITLESS:
        _give_up(store, lease)
    else:
        launch(store, lease, row.processes, row.settings["compute_target"])
        mirror.start(store, lease.run_id)  # the one from before may have died as well; if it lives, this one leaves
    return True


def _end(worker: ProcessId | None, run_id: str) -> None:
    if worker is not None and not end(worker, grace_s=0.5):
        log.warning("Some processes of the earlier worker of run %s do not end.", run_id)


def _give_up(store: Store, lease: Lease) -> None:
    sentence = (
        f"The worker of this run died {MOST_FRUITLESS} times without finishing a child run; "
        "the log says how far it came. What had finished before is kept."
    )
    with contextlib.suppress(IllegalMove, LeaseLost), store.write() as connection:  # cancelled in this moment: that stands
        move(connection, lease.run_id, RunState.CRASHED, lease, message=sentence, phase="Given up")
