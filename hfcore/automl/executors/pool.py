"""Trials in a pool of processes on this machine, which survives the death of any of them."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, Self, TypeVar

from hfcore.automl.executors.surroundings import KILL_GRACE_S, ONE_THREAD, PRELOADED, environment

T = TypeVar("T")


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
        context.set_forkserver_preload(PRELOADED)
        _start_forkserver()
        gone, self._alive = context.Pipe(duplex=False)
        self._pool: Any = ProcessPool(max_workers=workers, initializer=_end_with_owner, initargs=(gone,), context=context)

    def submit(self, work: Callable[..., T], *args: Any, limit_s: float | None = None) -> Future[T]:
        """Hand the work to a process; it is killed a little after `limit_s` seconds."""
        limit = None if limit_s is None else limit_s + KILL_GRACE_S
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

    with environment(ONE_THREAD):
        forkserver.ensure_running()


def _end_with_owner(gone: Any) -> None:
    """Watch the pipe to the owner from a thread; it closes when the owner ends, even by kill -9."""

    def watch() -> None:
        gone.poll(None)
        os._exit(1)

    threading.Thread(target=watch, daemon=True, name="owner-watch").start()
