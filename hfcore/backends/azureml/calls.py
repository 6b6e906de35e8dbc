"""Every blocking call of the SDK in a thread of its own, with a deadline of ours and an error of ours."""

from __future__ import annotations

import threading
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


def run(doing: str, work: Callable[[], T], seconds: float = transport.WHOLE_CALL_S) -> T:
    """Do a call of the SDK and wait for it. Raises HfError, BackendUnavailable after `seconds`."""
    return wait_for(start(doing, work, seconds), doing, seconds + GRACE_S)


def wait_for(future: Future[T], doing: str, seconds: float) -> T:
    """Return what a call gives. Raises its error, or BackendUnavailable when it takes longer than `seconds`."""
    try:
        return future.result(timeout=seconds)
    except FutureTimeout as error:
        if future.done():
            raise
        raise BackendUnavailable(
            f"Azure has not answered within {seconds:g} s while {doing}.", "Check the network and the proxy, then try again."
        ) from error
