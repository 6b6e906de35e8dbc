"""Every blocking call of the SDK in a thread of its own, with a deadline of ours and an error of ours."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from typing import TypeVar

from hfcore.backends.azureml import transport
from hfcore.backends.azureml.translation import translated
from hfcore.errors import BackendUnavailable

T = TypeVar("T")
AT_ONCE = 16
GRACE_S = 2.0
SLICE_S = 0.2
_free = threading.BoundedSemaphore(AT_ONCE)


def start(doing: str, work: Callable[[], T], seconds: float = transport.WHOLE_CALL_S) -> Future[T]:
    """Start a call of the SDK and return its future, whose error is an HfError.

    Args:
        doing: What is done, as it ends a sentence: "reading the runs".
        work: The call.
        seconds: How long all its requests together may take.

    Raises:
        BackendUnavailable: too many earlier calls are still without an answer.
    """
    if not _free.acquire(timeout=transport.CONNECT_S):
        raise BackendUnavailable(f"{AT_ONCE} earlier calls to Azure are still without an answer.", "Try again in a minute.")
    future: Future[T] = Future()
    threading.Thread(target=_work, args=(future, doing, work, seconds), daemon=True, name=f"azureml: {doing}").start()
    return future


def _work(future: Future[T], doing: str, work: Callable[[], T], seconds: float) -> None:
    try:
        with transport.limits(seconds):
            result = work()
    except BaseException as error:  # handed over: whoever waits for the future gets it
        _free.release()
        future.set_exception(translated(error, doing))
        return
    _free.release()
    future.set_result(result)


WhileWaiting = Callable[[str, float], None]


def silently(doing: str, seconds: float) -> None:
    """Do nothing while a call is waited for, as scripts want it."""


def wait_for(future: Future[T], doing: str, seconds: float, while_waiting: WhileWaiting = silently) -> T:
    """Return what a call gives; several times a second `while_waiting` hears what is done and since when.

    Raises:
        HfError: the call's own error.
        BackendUnavailable: it takes longer than `seconds`.
        BaseException: whatever `while_waiting` raises, to give up waiting; the call itself goes on.
    """
    begun = time.monotonic()
    while (spent := time.monotonic() - begun) < seconds:
        try:
            return future.result(timeout=min(SLICE_S, seconds - spent))
        except FutureTimeout:
            while_waiting(doing, time.monotonic() - begun)
    hint = "Check the network and the proxy, then try again."
    raise BackendUnavailable(f"Azure has not answered within {seconds:g} s while {doing}.", hint)
