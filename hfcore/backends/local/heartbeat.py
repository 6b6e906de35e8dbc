"""A worker's signs of life, given by a thread for as long as it holds its lease."""

from __future__ import annotations

import logging
import threading
import time
from types import TracebackType

from hfcore.backends.local.lease import BEAT_S, Lease, beat
from hfcore.backends.local.processes import end_own_group
from hfcore.backends.local.store import Store
from hfcore.errors import HfError, LeaseLost

log = logging.getLogger(__name__)


class Heartbeat:
    """Beats while its `with` block runs. When the lease is lost, the whole process group is ended at once."""

    def __init__(self, store: Store, lease: Lease, worked_before: float) -> None:
        self._store = store
        self._lease = lease
        self._worked_before = worked_before
        self._begun = time.monotonic()
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="heartbeat", daemon=True)

    def __enter__(self) -> Heartbeat:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._done.set()
        self._thread.join()

    def _beat(self) -> None:
        while not self._done.wait(BEAT_S):
            try:
                beat(self._store, self._lease, self._worked_before + time.monotonic() - self._begun)
            except LeaseLost as error:
                if not self._done.is_set() and not self._ended_by_us():
                    log.warning("%s", error)
                    end_own_group()
            except HfError as error:
                log.warning("No sign of life could be given: %s", error)

    def _ended_by_us(self) -> bool:
        """Give the main thread, which may just have ended the run itself, a moment to say so."""
        return self._done.wait(2.0)
