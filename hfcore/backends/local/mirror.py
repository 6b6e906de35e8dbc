"""The MLflow mirror of a run, when MLFLOW_TRACKING_URI is set: `python -m hfcore.backends.local.mirror HOME RUN`.

A process of its own follows the run in the store and repeats at the tracking server what it finds there. So the run never waits
for the server and never fails because of it, and neither the web process nor the worker loads MLflow. The store stays the truth.
"""

from __future__ import annotations

import contextlib
import fcntl
import importlib.util
import logging
import os
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from hfcore.backends.local.files import write_bytes
from hfcore.backends.local.launch import log_file, run_folder
from hfcore.backends.local.processes import plain_environment, spawn_detached
from hfcore.backends.local.store import Store

log = logging.getLogger("hfcore.mirror")
WANTED = "MLFLOW_TRACKING_URI"
DONE, LOCK = "mirror.done", "mirror.lock"
LOOK_S, TROUBLE_S = 1.0, 5.0
PATIENCE_S = 120.0  # how long after a run's end the server is still tried
ABANDONED_S = 600.0  # how long nothing may happen to a run that has not ended
# MLflow's own limits for one request, unless they are set: seconds and further tries.
LIMITS = {"MLFLOW_HTTP_REQUEST_TIMEOUT": "10", "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2"}
QUIET = {"MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true"}  # the run's log is for people
NOT_INSTALLED = (
    f"{WANTED} is set, but MLflow's client is not installed, so nothing is mirrored: pip install -r requirements-mlflow.txt"
)


def start(store: Store, run_id: str) -> None:
    """Start the mirror of a run when one is wanted, and return at once; what fails here is logged and nothing else."""
    if not os.environ.get(WANTED):
        return
    ours = {k: v for k, v in os.environ.items() if k.startswith("MLFLOW_")}  # address and credentials, for this process only
    ours |= {"HF_STORE_URL": store.url} if store.url else {}
    command = [sys.executable, "-m", "hfcore.backends.local.mirror", str(store.home), run_id]
    try:
        spawn_detached(command, plain_environment({**LIMITS, **QUIET, **ours}), log_file(store.home, run_id))
    except OSError as error:
        log.warning("The MLflow mirror of run %s could not be started (%s).", run_id, error.strerror)


def main(arguments: Sequence[str]) -> int:
    """Mirror one run to its end and return the process's exit code."""
    home, run_id = Path(arguments[0]), arguments[1]
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(message)s", datefmt="%Y-%m-%d %H:%M:%S")
    log.setLevel(logging.INFO)
    if importlib.util.find_spec("mlflow") is None:
        log.warning(NOT_INSTALLED)
        return 1
    with _alone(run_folder(home, run_id)) as first:
        if not first or (run_folder(home, run_id) / DONE).exists():
            return 0
        store = Store.open(home, os.environ.get("HF_STORE_URL"))
        try:
            return _follow(store, run_id)
        finally:
            store.close()


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[bool]:
    """Tell whether no other process mirrors this run, and keep others from it meanwhile."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / LOCK).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True


def _follow(store: Store, run_id: str) -> int:
    """Repeat what the store holds until the run has ended and everything of it is there; give up after a while."""
    from hfcore.backends.local.followed_run import FollowedRun
    from hfcore.backends.local.mlflow_log import MlflowLog

    run, there, troubled = FollowedRun(store, run_id), MlflowLog(), False
    while run.look():
        try:
            if there.repeat(run):
                write_bytes(run_folder(store.home, run_id) / DONE, b"")
                log.info("The run is mirrored to MLflow.")
                return 0
            troubled = False
        except Exception as error:  # whatever the server or its client does, the run is not harmed by it
            if not troubled:
                log.warning("MLflow does not take the run now (%s); trying again.", type(error).__name__)
            troubled = True
        if run.still_for_s > (PATIENCE_S if run.has_ended else ABANDONED_S):
            log.warning("The mirror gives up; it can be made later: python -m hfcore.backends.local.mirror HOME RUN")
            return 1
        time.sleep(TROUBLE_S if troubled else LOOK_S)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
