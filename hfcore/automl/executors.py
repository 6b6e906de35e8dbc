"""Where trials are worked on: in this process, or in a pool of processes that survives the death of any of them."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from typing import Any, Protocol, Self, TypeVar

T = TypeVar("T")
_KILL_GRACE_S = 2.0
_ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
_PRELOADED = ["hfcore.automl.trial", "hfcore.automl.ensemble", "hfcore.automl.learners.linear", "onnx", "onnxruntime"]


class TrialExecutor(Protocol):
    """What the search needs of an executor: futures, a size, and the difference between an error and a death."""

    workers: int
    works_on_submit: bool

    def submit(self, work: Callable[..., T], *args: Any, limit_s: float | None = None) -> Future[T]:
        """Start work and return its future; past `limit_s` seconds the future fails with TimeoutError."""

    def is_death(self, error: BaseException) -> bool:
        """Tell whether the error means that the process died, not that the work failed."""


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


class ProcessExecutor:
    """A pool of processes; a process that is killed or overruns its limit loses its own task only.

    The processes are forked from a server that has the light imports loaded, use one thread each, and end
    with the process that made this object, however that one ends.
    """

    works_on_submit = False

    def __init__(self, workers: int) -> None:
        import multiprocessing

        from pebble import ProcessPool

        self.workers = workers
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(_PRELOADED)
        _start_forkserver()
        gone, self._alive = context.Pipe(duplex=False)
        self._pool: Any = ProcessPool(max_workers=workers, initializer=_end_with_owner, initargs=(gone,), context=context)

    def submit(self, work: Callable[..., T], *args: Any, limit_s: float | None = None) -> Future[T]:
        """Hand the work to a process; it is killed a little after `limit_s` seconds."""
        limit = None if limit_s is None else limit_s + _KILL_GRACE_S
        future: Future[T] = self._pool.schedule(work, args=args, timeout=limit)
        return future

    def is_death(self, error: BaseException) -> bool:
        """Tell whether the process died under the task."""
        from pebble import ProcessExpired

        return isinstance(error, ProcessExpired)

    def close(self) -> None:
        """End every process, whatever it is doing."""
        self._pool.stop()
        self._pool.join()
        self._alive.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


def process_executor(workers: int) -> ProcessExecutor:
    """Return a pool of `workers` processes; make it early, it loads its imports while you do other things."""
    return ProcessExecutor(workers)


def _start_forkserver() -> None:
    """Start the server that processes are forked from, told to use one thread per process."""
    from multiprocessing import forkserver

    with _environment(dict.fromkeys(_ONE_THREAD, "1")):
        forkserver.ensure_running()


@contextmanager
def _environment(values: dict[str, str]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value


def _end_with_owner(gone: Any) -> None:
    """Watch the pipe to the owner from a thread; it closes when the owner ends, even by kill -9."""

    def watch() -> None:
        gone.poll(None)
        os._exit(1)

    threading.Thread(target=watch, daemon=True, name="owner-watch").start()
