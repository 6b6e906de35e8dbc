"""Trials in this process, one after another."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

T = TypeVar("T")


class InlineExecutor:
    """Works in this process on one thread, one thing after another; a limit is up to the work itself."""

    workers = 1
    works_on_submit = True

    def submit(self, work: Callable[..., T], *args: Any, limit_s: float | None = None) -> Future[T]:
        """Do the work now and return a finished future."""
        from threadpoolctl import threadpool_limits

        future: Future[T] = Future()
        future.set_running_or_notify_cancel()
        try:
            with threadpool_limits(1):
                future.set_result(work(*args))
        except Exception as error:
            future.set_exception(error)
        return future

    def is_death(self, error: BaseException) -> bool:
        """Nothing dies here without taking the search along."""
        return False
