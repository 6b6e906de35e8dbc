"""A worker's shift: claim the run, give signs of life, work it, and end it well or with a plain sentence."""

from __future__ import annotations

import errno
import logging
import time
import traceback
from pathlib import Path

from hfcore.automl.executors import TrialExecutor
from hfcore.backends.local.attempt import Attempt
from hfcore.backends.local.heartbeat import Heartbeat
from hfcore.backends.local.journal import Journal
from hfcore.backends.local.lease import Lease, claim
from hfcore.backends.local.processes import ProcessId
from hfcore.backends.local.store import Store
from hfcore.errors import DiskFull, HfError, LeaseLost
from hfcore.states import RunState

log = logging.getLogger(__name__)
RETRY_S = 60.0  # how long the end of a failed run is tried to be written, seconds


def work(store: Store, lease: Lease, executor: TrialExecutor) -> int:
    """Claim the run behind `lease` and work it to its end; return the exit code. Raises LeaseLost."""
    claimed = claim(store, lease, ProcessId.current())
    log.info("Attempt %d of run %s.", claimed.attempt, lease.run_id)
    journal = Journal(store, lease, claimed.attempt)
    code = 0
    with Heartbeat(store, lease, claimed.worked_seconds):
        journal.reopen()
        journal.tidy()
        try:
            Attempt(store, journal, lease, executor).run(claimed.worked_seconds)
        except LeaseLost:
            raise
        except Exception as error:
            _fail(journal, error)
            code = 1
    journal.tidy()
    return code


def _fail(journal: Journal, error: Exception) -> None:
    """End the run as FAILED with a plain sentence, tried again for a while when the disk is full."""
    sentence = said_plainly(error)
    log.error("%s", sentence)
    deadline = time.monotonic() + RETRY_S
    while True:
        try:
            return journal.give_up(RunState.FAILED, sentence)
        except HfError as refused:
            if not refused.retryable or time.monotonic() > deadline:
                raise
            time.sleep(1.0)


def said_plainly(error: Exception) -> str:
    """Return a sentence for whoever started the run; values of the table never get into it."""
    if isinstance(error, DiskFull) or (isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)):
        return "The disk is full. Free some space and start the run again; what had finished before is kept."
    if isinstance(error, HfError):
        return str(error)
    if isinstance(error, MemoryError):
        return "There was not enough memory. Use fewer concurrent child runs or fewer rows."
    frames = traceback.extract_tb(error.__traceback__)
    where = f"{Path(frames[-1].filename).name}, line {frames[-1].lineno}" if frames else "an unknown place"
    for frame in frames:
        log.error("  at %s line %s in %s", frame.filename, frame.lineno, frame.name)
    return f"The worker met an unexpected {type(error).__name__} ({where}); the log shows the way there."
