"""What Azure said a moment ago, so that drawing a page again does not ask again; one poller, slower while nothing changes."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

from hfcore.backends.azureml import calls
from hfcore.backends.azureml.transport import WHOLE_CALL_S
from hfcore.errors import HfError

T = TypeVar("T")
GROWTH = 1.5
SLOWEST_S = 30.0
PAUSES = 3  # how many times as long as an answer is fresh an error is
FORGIVEN_S = 120.0  # an answer this old is not shown any more while Azure is silent


@dataclass
class _Known:
    """One question: its last answer, the error of the last attempt, and the attempt that is under way."""

    value: Any = None
    is_known: bool = False
    since: float = float("-inf")
    interval: float = 0.0
    error: HfError | None = None
    failed: float = float("-inf")
    future: Future[Any] | None = field(default=None, repr=False)


class Answers:
    """Remembered answers by key.

    Args:
        fresh_s: Seconds for which an answer is given again without asking; it grows to 30 s while nothing changes. 0 asks
            every time and waits, as scripts want it.
        while_waiting: Hears several times a second what is waited for and since when; may raise to give up waiting.
    """

    def __init__(self, fresh_s: float = 0.0, while_waiting: calls.WhileWaiting = calls.silently) -> None:
        self._fresh_s, self._while_waiting = fresh_s, while_waiting
        self._known: dict[tuple[str, ...], _Known] = {}
        self._lock = threading.RLock()
        self.last_error: HfError | None = None
        self.last_answer: float | None = None

    def get(self, key: tuple[str, ...], doing: str, work: Callable[[], T]) -> T:
        """Return the answer to a question, asking Azure where needed; one attempt at a time.

        An answer that is no longer fresh is given once more while Azure is asked behind it, for two minutes at most.

        Raises:
            HfError: the attempt has failed; for a few seconds the same error is given without asking again.
        """
        with self._lock:
            known = self._known.setdefault(key, _Known(interval=self._fresh_s))
            age = time.monotonic() - known.since
            remembered = cast(T, known.value)
            if known.is_known and self._fresh_s and age < known.interval:
                return remembered
            if known.error is not None and age > FORGIVEN_S and time.monotonic() - known.failed < self._fresh_s * PAUSES:
                raise known.error
            running = known.future if known.future is not None and not known.future.done() else None
            future: Future[T] = running or self._ask(key, known, doing, work)
            if known.is_known and self._fresh_s and age < FORGIVEN_S:
                return remembered
        return calls.wait_for(future, doing, WHOLE_CALL_S + calls.GRACE_S, self._while_waiting)

    def _ask(self, key: tuple[str, ...], known: _Known, doing: str, work: Callable[[], T]) -> Future[T]:
        future = calls.start(doing, work)
        known.future = future
        future.add_done_callback(lambda done: self._note(key, known, done))
        return future

    def _note(self, key: tuple[str, ...], known: _Known, done: Future[Any]) -> None:
        with self._lock:
            known.future = None
            failure = done.exception()
            if isinstance(failure, HfError):
                known.error = self.last_error = failure
                known.failed = time.monotonic()
                known.interval = self._fresh_s
                return
            value = done.result()
            slower = known.is_known and value == known.value
            known.interval = min(SLOWEST_S, known.interval * GROWTH) if slower else self._fresh_s
            known.value, known.is_known, known.since, known.error = value, True, time.monotonic(), None
            self.last_error, self.last_answer = None, time.monotonic()

    def forget(self, *prefixes: str) -> None:
        """Forget the answers whose key starts so, all of them without a prefix: something was changed."""
        with self._lock:
            gone = [key for key in self._known if not prefixes or key[0] in prefixes]
            for key in gone:
                del self._known[key]
