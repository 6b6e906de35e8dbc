"""What the search needs of whoever works on trials."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, Protocol, TypeVar

T = TypeVar("T")


class TrialExecutor(Protocol):
    """What the search needs of an executor: futures, a size, and the difference between an error and a death."""

    workers: int
    works_on_submit: bool

    def submit(self, work: Callable[..., T], *args: Any, limit_s: float | None = None) -> Future[T]:
        """Start work and return its future; past `limit_s` seconds the future fails with TimeoutError."""

    def is_death(self, error: BaseException) -> bool:
        """Tell whether the error means that the process died, not that the work failed."""
