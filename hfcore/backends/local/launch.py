"""Starting the worker process of a run."""

from __future__ import annotations

import contextlib
import shutil
import sys
import tempfile
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


def scratch_folder(run_id: str) -> Path:
    """Return the folder for what a run's processes hold for a moment only; short, since sockets have their place in it."""
    name, temporary = f"hf-{run_id[-12:]}", Path(tempfile.gettempdir())
    return temporary if temporary.name == name else temporary / name  # inside the run's own processes it is the temporary folder


def remove_scratch(run_id: str) -> None:
    """Remove that folder once every process of the run has ended; killed ones leave things behind there."""
    shutil.rmtree(scratch_folder(run_id), ignore_errors=True)  # a process that is just ending may remove its own part first


def launch(store: Store, lease: Lease, processes: int, target: str) -> None:
    """Start a worker for the run behind `lease`, and return without waiting for it; `target` says where it has trials worked on.

    When it cannot be started, the run becomes FAILED with the reason.
    """
    args = [sys.executable, "-m", WORKER, str(store.home), lease.run_id, lease.token, str(processes), target]
    scratch = scratch_folder(lease.run_id)
    extra = {"HF_HOME": str(store.home), "TMPDIR": str(scratch)} | ({"HF_STORE_URL": store.url} if store.url else {})
    try:
        scratch.mkdir(mode=0o700, exist_ok=True)
        process = spawn_detached(args, plain_environment(extra), log_file(store.home, lease.run_id))
    except OSError as error:
        sentence = f"The worker process could not be started: {error.strerror or error}."
        with contextlib.suppress(IllegalMove, LeaseLost), store.write() as connection:  # cancelled in this moment: that stands
            move(connection, lease.run_id, RunState.FAILED, lease, message=sentence)
        return
    note_started(store, lease, process)
