"""What Azure said a moment ago, so that drawing a page again does not ask again; one poller, slower while nothing changes."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from dataclasses import dataclass, field
from typing import Any, TypeVar

from hfcore.backends.azureml import calls
from hfcore.backends.azureml.transport import WHOLE_CALL_S
from hfcore.errors import HfError, StillWaiting

T = TypeVar("T")
GROWTH = 1.5
SLOWEST_S = 30.0
FORGIVEN_S = 120.0  # an answer this old is not shown any more while Azure is silent


@dataclass
class _Known:
    """One question: its last answer, the error of the last attempt, and the attempt that is under way."""

    value: Any = None
    is_known: bool = False
    since: float = float("-inf")
    interval: float = 0.0
    error: HfError | None = None
    asked: float = 0.0
    future: Future[Any] | None = field(default=None, repr=False)


class Answers:
    """Remembered answers by key.

    Args:
        fresh_s: Seconds for which an answer is given again without asking; it grows to 30 s while nothing changes. 0 asks
            every time and waits, as scripts want it.
        patience_s: Seconds to wait for a first answer before StillWaiting is raised; None waits for the call's own deadline.
    """

    def __init__(self, fresh_s: float = 0.0, patience_s: float | None = None) -> None:
        self._fresh_s, self._patience_s = fresh_s, patience_s
        self._known: dict[tuple[str, ...], _Known] = {}
        self._lock = threading.RLock()
        self.last_error: HfError | None = None
        self.last_answer: float | None = None

    def get(self, key: tuple[str, ...], doing: str, work: Callable[[], T]) -> T:
        """Return the answer to a question, asking Azure where needed; one attempt at a time.

        An answer that is no longer fresh is given once more while Azure is asked behind it.

        Raises:
            StillWaiting: there is no answer yet; the attempt goes on.
            HfError: the last attempt has failed.
        """
        with self._lock:
            known = self._known.setdefault(key, _Known(interval=self._fresh_s))
            age = time.monotonic() - known.since
            if known.is_known and self._fresh_s and age < known.interval:
                fresh: T = known.value
                return fresh
            if known.error is not None and self._fresh_s:
                error, known.error = known.error, None
                if age > FORGIVEN_S:
                    raise error
            running = known.future if known.future is not None and not known.future.done() else None
            future = running or self._ask(key, known, doing, work)
            if known.is_known and self._fresh_s and age < FORGIVEN_S:
                remembered: T = known.value
                return remembered
        return self._wait(future, known, doing)

    def _ask(self, key: tuple[str, ...], known: _Known, doing: str, work: Callable[[], T]) -> Future[T]:
        future = calls.start(doing, work)
        known.future, known.asked = future, time.monotonic()
        future.add_done_callback(lambda done: self._note(key, known, done))
        return future

    def _note(self, key: tuple[str, ...], known: _Known, done: Future[Any]) -> None:
        with self._lock:
            known.future = None
            failure = done.exception()
            if isinstance(failure, HfError):
                known.error = self.last_error = failure
                known.interval = self._fresh_s
                return
            value = done.result()
            slower = known.is_known and value == known.value
            known.interval = min(SLOWEST_S, known.interval * GROWTH) if slower else self._fresh_s
            known.value, known.is_known, known.since, known.error = value, True, time.monotonic(), None
            self.last_error, self.last_answer = None, time.monotonic()

    def _wait(self, future: Future[T], known: _Known, doing: str) -> T:
        try:
            patience = WHOLE_CALL_S + calls.GRACE_S if self._patience_s is None else self._patience_s
            value = future.result(timeout=patience)
        except FutureTimeout:
            spent = time.monotonic() - known.asked
            raise StillWaiting(f"Azure has not answered yet while {doing}: {spent:.0f} s so far.", "It is asked on.") from None
        except HfError:
            with self._lock:
                known.error = None  # told now; the next look asks again
            raise
        return value

    def forget(self, *prefixes: str) -> None:
        """Forget the answers whose key starts so, all of them without a prefix: something was changed."""
        with self._lock:
            gone = [key for key in self._known if not prefixes or key[0] in prefixes]
            for key in gone:
                del self._known[key]
