"""Trials on Ray: one thread speaks to the cluster, everybody else sends it messages."""

from __future__ import annotations

import logging
import pickle
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, Self, TypeVar

from hfcore.automl.executors.ray_cluster import joined_cluster, local_cluster
from hfcore.automl.executors.ray_crew import ClusterLost, Crew, Job, WorkerDied, first_line
from hfcore.automl.executors.targets import NOT_INSTALLED, is_ray_installed
from hfcore.errors import BackendUnavailable, HfError

T = TypeVar("T")
log = logging.getLogger(__name__)
_MOST_LOSSES = 3


class RayExecutor:
    """Processes on a Ray cluster; one that is killed or overruns its limit loses its own task only.

    They use one thread each. A cluster of this machine ends with the process that made this object, however that
    one ends; in a cluster that was there before, only our own processes do.
    """

    works_on_submit = False

    def __init__(self, workers: int, address: str | None = None) -> None:
        if not is_ray_installed():
            raise BackendUnavailable(NOT_INSTALLED)
        self.workers = workers
        self._inbox: queue.SimpleQueue[Callable[[Crew], None] | None] = queue.SimpleQueue()
        self._is_ready = threading.Event()
        self._error: HfError | None = None
        self._losses = 0
        self._lock = threading.Lock()
        self._jobs: set[Job] = set()  # that have not ended
        self._thread = threading.Thread(target=self._live, args=(address,), name="ray", daemon=True)
        self._thread.start()

    def submit(self, work: Callable[..., T], *args: Any, limit_s: float | None = None) -> Future[T]:
        """Hand the work to a process; it is killed a little after `limit_s` seconds of work. Waits until the cluster stands.

        Raises:
            BackendUnavailable: the cluster could not be started or reached, or it is gone.
        """
        self.wait_until_ready()
        job = Job(pickle.dumps((work, args)), limit_s)
        job.future.add_done_callback(lambda _: self._forget(job))
        with self._lock:
            if self._error is not None:
                raise self._error
            self._jobs.add(job)
            self._inbox.put(lambda crew: crew.take(job))
        return job.future

    def _forget(self, job: Job) -> None:
        self._jobs.discard(job)
        self._inbox.put(lambda crew: crew.withdraw(job))

    def wait_until_ready(self) -> None:
        """Wait until the cluster stands. Raises BackendUnavailable when it does not, or is gone."""
        self._is_ready.wait()
        if self._error is not None:
            raise self._error

    def is_death(self, error: BaseException) -> bool:
        """Tell whether the process died under the task."""
        return isinstance(error, WorkerDied)

    def close(self) -> None:
        """End every process, whatever it is doing, and the cluster if it is ours."""
        self._inbox.put(None)
        self._thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def _live(self, address: str | None) -> None:
        """Speak to Ray until the end; whatever goes wrong is told to whoever submits next."""
        try:
            while self._loses_its_cluster(address):
                log.warning("The Ray cluster is gone, and another one takes its place.")
        except HfError as error:
            self._give_up(error)
        except Exception as error:
            log.exception("Ray failed.")
            self._give_up(BackendUnavailable(f"Ray failed: {first_line(error)}"))
        finally:
            self._is_ready.set()

    def _give_up(self, error: HfError) -> None:
        """Take no work any more, and let what nobody will work on fail."""
        with self._lock:
            self._error = error
        for job in list(self._jobs):
            job.lose()

    def _loses_its_cluster(self, address: str | None) -> bool:
        """Serve until closed; return True when the cluster was lost and another one may be tried."""
        try:
            with local_cluster(self.workers) if address is None else joined_cluster(address) as ray:
                self._serve(Crew(ray, self.workers, self._inbox.put))
            return False
        except ClusterLost as lost:
            self._losses += 1
            if self._losses < _MOST_LOSSES:
                return True
            raise BackendUnavailable(
                f"The Ray cluster did not come up or did not last, {_MOST_LOSSES} times over: {lost}"
            ) from lost

    def _serve(self, crew: Crew) -> None:
        """Hand messages to the crew and have it look at the clock, until told to close. Raises ClusterLost."""
        self._is_ready.set()
        try:
            while (message := self._next(crew)) is not None:
                message(crew)
        finally:
            crew.disband()

    def _next(self, crew: Crew) -> Callable[[Crew], None] | None:
        """Return the next message; the crew looks at the clock when a limit passes before it comes."""
        while True:
            try:
                return self._inbox.get(timeout=crew.pause_s())
            except queue.Empty:
                crew.look_at_the_clock()


def ray_executor(workers: int, address: str | None = None) -> RayExecutor:
    """Return an executor of `workers` processes on Ray: on the cluster at `address`, or on one that is started here. Blocks.

    Args:
        workers: Processes, each with one processor of the cluster.
        address: "ray://host:port" of a cluster that runs already; None to start one on this machine.

    Raises:
        BackendUnavailable: Ray is not installed, or the cluster cannot be started or reached.
    """
    executor = RayExecutor(workers, address)
    executor.wait_until_ready()
    return executor
