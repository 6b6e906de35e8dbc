"""The process that works one run: `python -m hfcore.backends.local.worker HOME RUN TOKEN PROCESSES TARGET`.

It claims the run, gives signs of life, hands the table to hfcore.automl.fit and keeps what comes back.
"""

from __future__ import annotations

import atexit
import logging
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from hfcore.automl.executors import TrialExecutor, executor_for
from hfcore.automl.executors.lean import leave_out
from hfcore.errors import LeaseLost

log = logging.getLogger("hfcore.worker")
LEASE_LOST = 3


def main(arguments: Sequence[str]) -> int:
    """Work one run and return the process's exit code."""
    home, run_id, token, processes, target = Path(arguments[0]), arguments[1], arguments[2], int(arguments[3]), arguments[4]
    leave_out("pyarrow")  # tables are registered as CSV: pandas reads them alone
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", datefmt="%Y-%m-%d %H:%M:%S")
    atexit.register(_remove_scratch, run_id)  # registered first, so done last
    with executor_for(target, processes) as executor:  # first of all: its processes load their imports while we load ours
        return _work(home, run_id, token, executor)


def _remove_scratch(run_id: str) -> None:
    from hfcore.backends.local.launch import remove_scratch

    remove_scratch(run_id)


def _work(home: Path, run_id: str, token: str, executor: TrialExecutor) -> int:
    from hfcore.backends.local.lease import Lease
    from hfcore.backends.local.processes import end_own_group
    from hfcore.backends.local.shift import work
    from hfcore.backends.local.store import Store

    store = Store.open(home, os.environ.get("HF_STORE_URL"))
    try:
        return work(store, Lease(run_id, token), executor)
    except LeaseLost as error:
        log.warning("%s", error)
        end_own_group()  # trials that are still being worked on are nobody's any more
        return LEASE_LOST
    finally:
        store.close()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
