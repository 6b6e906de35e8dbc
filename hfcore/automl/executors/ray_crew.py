"""The processes of a run on a Ray cluster: who is up, who works on what until when, and who takes a dead one's place."""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

from hfcore.automl.executors.ray_worker import TrialWorker, answer_of
from hfcore.automl.executors.surroundings import KILL_GRACE_S, PRELOADED
from hfcore.errors import BackendUnavailable

log = logging.getLogger(__name__)
NEVER = float("inf")
_PATIENCE_S = 300.0  # until the first process is up; a busy cluster may have to make room
_MOST_STILLBORN = 3


class ClusterLost(RuntimeError):
    """The cluster did not come up, or no machine of it is alive any more."""


class WorkerDied(RuntimeError):
    """The process on the cluster that worked on a trial is gone."""


@dataclass(eq=False)
class Job:
    """One piece of work on its way. It is killed a little after it has been worked on for `limit_s` seconds."""

    parcel: bytes
    limit_s: float | None = None
    future: Future[Any] = field(default_factory=Future)

    def settle(self, value: Any = None, error: BaseException | None = None) -> None:
        """Give the future its end, unless it has one or has been cancelled."""
        if self.future.done() or not self.future.set_running_or_notify_cancel():
            return
        if error is None:
            self.future.set_result(value)
        else:
            self.future.set_exception(error)

    def lose(self) -> None:
        """Let the job fail as if its process had died."""
        self.settle(error=WorkerDied("The Ray cluster is gone."))


@dataclass(eq=False)
class Place:
    """One process on the cluster: coming up, idle, or at a job that it must have finished at `ends` (monotonic seconds)."""

    actor: Any
    is_up: bool = False
    job: Job | None = None
    ends: float = NEVER


class Crew:
    """The processes and their jobs. Every method is called by the one thread that speaks to Ray.

    Args:
        ray: The package, connected.
        size: How many processes.
        post: Hands a message to that thread, from any other.
    """

    def __init__(self, ray: Any, size: int, post: Callable[[Callable[[Crew], None]], None]) -> None:
        self._ray = ray
        self._post = post
        self._blueprint = ray.remote(TrialWorker).options(num_cpus=1, max_restarts=0, scheduling_strategy="SPREAD")
        self._waiting: deque[Job] = deque()
        self._stillborn = 0
        self._alone_since = time.monotonic()
        self._places: list[Place] = []
        for _ in range(size):
            self._hire()

    def take(self, job: Job) -> None:
        """Have a job worked on as soon as a process is free."""
        self._waiting.append(job)
        self._assign()

    def withdraw(self, job: Job) -> None:
        """Forget a job that nobody waits for any more; the process at it is killed."""
        if job in self._waiting:
            self._waiting.remove(job)
        for place in [p for p in self._places if p.job is job]:
            self._replace(place)

    def pause_s(self) -> float | None:
        """Return how long nothing will have to be done unless a message comes, seconds; None for ever."""
        ends = min((place.ends for place in self._places), default=NEVER)
        if not any(place.is_up for place in self._places):
            ends = min(ends, self._alone_since + _PATIENCE_S)
        return None if ends == NEVER else max(0.0, ends - time.monotonic())

    def look_at_the_clock(self) -> None:
        """Kill what is past its limit. Raises BackendUnavailable when no process has come up for five minutes."""
        now = time.monotonic()
        for place in [p for p in self._places if p.job is not None and p.ends <= now]:
            if place.job is not None:
                place.job.settle(error=TimeoutError(f"The work took longer than {place.job.limit_s} s."))
            self._replace(place)
        if not any(place.is_up for place in self._places) and now - self._alone_since > _PATIENCE_S:
            raise BackendUnavailable("The Ray cluster has had no free processor for five minutes.", "Try again when it is idle.")

    def disband(self) -> None:
        """Let every job that is not finished fail as if its process had died."""
        for job in [*self._waiting, *(p.job for p in self._places if p.job is not None)]:
            job.lose()

    def _hire(self) -> None:
        place = Place(self._blueprint.remote(PRELOADED))
        self._places.append(place)
        self._when_done(place.actor.ready.remote(), lambda crew, future: crew._came_up(place, future))

    def _replace(self, place: Place) -> None:
        place.job = None
        if place in self._places:
            self._places.remove(place)
            if not self._ray.is_initialized():
                raise ClusterLost("the connection is gone.")
            self._ray.kill(place.actor)
            if not any(node["Alive"] for node in self._ray.nodes()):
                raise ClusterLost("no machine of it is alive.")
            self._alone_since = time.monotonic()
            self._hire()

    def _when_done(self, reference: Any, handle: Callable[[Crew, Future[Any]], None]) -> None:
        reference.future().add_done_callback(lambda future: self._post(lambda crew: handle(crew, future)))

    def _came_up(self, place: Place, future: Future[Any]) -> None:
        error = future.exception()
        if place not in self._places:
            return
        if error is None:
            self._stillborn, place.is_up = 0, True
            self._assign()
            return
        self._stillborn += 1
        if self._stillborn >= _MOST_STILLBORN:
            raise BackendUnavailable(f"Ray's processes do not come up: {first_line(error)}")
        self._replace(place)

    def _assign(self) -> None:
        for place in self._places:
            if self._waiting and place.is_up and place.job is None:
                self._begin(place, self._waiting.popleft())

    def _begin(self, place: Place, job: Job) -> None:
        place.job = job
        place.ends = NEVER if job.limit_s is None else time.monotonic() + job.limit_s + KILL_GRACE_S
        self._when_done(place.actor.work.remote(job.parcel), lambda crew, future: crew._ended(place, job, future))

    def _ended(self, place: Place, job: Job, future: Future[Any]) -> None:
        if place.job is not job:
            return  # killed at its limit or withdrawn
        error = future.exception()
        if error is not None:
            log.info("A process on Ray died: %s.", type(error).__name__)
            job.settle(error=WorkerDied(type(error).__name__))
            self._replace(place)
            return
        place.job, place.ends = None, NEVER
        answer = answer_of(future.result())
        job.settle(answer.value, answer.raised())
        self._assign()


def first_line(error: BaseException) -> str:
    """Return the first line of what an error of Ray's says; the rest is addresses and tracebacks."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:300]
