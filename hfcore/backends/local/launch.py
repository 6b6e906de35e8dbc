"""Starting the worker process of a run."""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path

from hfcore.backends.local.lease import Lease, note_started
from hfcore.backends.local.moves import move
from hfcore.backends.local.processes import plain_environment, spawn_detached
from hfcore.backends.local.store import Store
from hfcore.errors import IllegalMove, LeaseLost
from hfcore.states import RunState

WORKER = "hfcore.backends.local.worker"


def run_folder(home: Path, run_id: str) -> Path:
    """Return the folder that holds a run's log and artifacts."""
    return home / "runs" / run_id


def log_file(home: Path, run_id: str) -> Path:
    """Return the file that a run's worker writes its log to."""
    return run_folder(home, run_id) / "worker.log"


def launch(store: Store, lease: Lease, processes: int) -> None:
    """Start a worker for the run behind `lease`, and return without waiting for it.

    When it cannot be started, the run becomes FAILED with the reason.
    """
    args = [sys.executable, "-m", WORKER, str(store.home), lease.run_id, lease.token, str(processes)]
    extra = {"HF_HOME": str(store.home)} | ({"HF_STORE_URL": store.url} if store.url else {})
    try:
        process = spawn_detached(args, plain_environment(extra), log_file(store.home, lease.run_id))
    except OSError as error:
        sentence = f"The worker process could not be started: {error.strerror or error}."
        with contextlib.suppress(IllegalMove, LeaseLost), store.write() as connection:  # cancelled in this moment: that stands
            move(connection, lease.run_id, RunState.FAILED, lease, message=sentence)
        return
    note_started(store, lease, process)
