"""Executors that misbehave on purpose: they kill, hang, fail, or finish in an awkward order."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from hfcore.automl.executors import TrialExecutor
from hfcore.automl.outcome import ChildOutcome, TrialPlan
from hfcore.states import RunState

SECRET = "patient 4711"


class Sabotage:
    """Passes work on to a real executor, except for the trials named: those end their process, hang, or raise."""

    def __init__(self, inner: TrialExecutor, **fates: set[int]) -> None:
        self.inner = inner
        self.workers = inner.workers
        self.works_on_submit = inner.works_on_submit
        self.fates = fates
        self.submitted: list[int] = []

    def submit(self, work: Callable[..., Any], *args: Any, limit_s: float | None = None) -> Future[Any]:
        """Start the work, or what fate has put in its place."""
        number = next(a.number for a in args if isinstance(a, TrialPlan))
        self.submitted.append(number)
        if number in self.fates.get("dies", set()):
            return self.inner.submit(os._exit, 9, limit_s=limit_s)
        if number in self.fates.get("hangs", set()):
            return self.inner.submit(signal.pause, limit_s=limit_s)
        if number in self.fates.get("fails", set()):
            return self.inner.submit(int, SECRET, limit_s=limit_s)
        return self.inner.submit(work, *args, limit_s=limit_s)

    def is_death(self, error: BaseException) -> bool:
        """As the real executor says."""
        return self.inner.is_death(error)


class Footprints:
    """Passes work on to a real executor and has every process leave a file, named by its id, in a folder."""

    def __init__(self, inner: TrialExecutor, folder: Path) -> None:
        self.inner = inner
        self.workers = inner.workers
        self.works_on_submit = inner.works_on_submit
        self.folder = folder

    def submit(self, work: Callable[..., Any], *args: Any, limit_s: float | None = None) -> Future[Any]:
        """Start the work with a footprint before it."""
        return self.inner.submit(leave_footprint, self.folder, work, *args, limit_s=limit_s)

    def is_death(self, error: BaseException) -> bool:
        """As the real executor says."""
        return self.inner.is_death(error)


def leave_footprint(folder: Path, work: Callable[..., Any], *args: Any) -> Any:
    """Write this process's id into the folder, then work."""
    (folder / str(os.getpid())).touch()
    return work(*args)


class Scripted:
    """Gives each trial the score that was written for it; of two workers, the one with the odd trial is always late.

    Trial 1 ends only after trial 2 has ended and trial 3 was started, and so on; the last ones end at once.
    """

    def __init__(self, scores: list[float], workers: int) -> None:
        self.scores = scores
        self.workers = workers
        self.works_on_submit = workers == 1
        self.held: list[tuple[Future[ChildOutcome], TrialPlan]] = []

    def submit(self, work: Callable[..., Any], *args: Any, limit_s: float | None = None) -> Future[Any]:
        """Take the trial, and end it or an earlier one."""
        plan = next(a for a in args if isinstance(a, TrialPlan))
        future: Future[ChildOutcome] = Future()
        late = self.workers > 1 and plan.number % 2 == 1 and plan.number < len(self.scores)
        if late or plan.number == len(self.scores):
            self._end(self.held)
            self.held = []
        if late:
            self.held.append((future, plan))
        else:
            self._end([(future, plan)])
        return future

    def _end(self, taken: list[tuple[Future[ChildOutcome], TrialPlan]]) -> None:
        for future, plan in taken:
            if future.set_running_or_notify_cancel():
                future.set_result(ChildOutcome(plan.number, plan.algorithm, RunState.COMPLETED, self.scores[plan.number - 1]))

    def is_death(self, error: BaseException) -> bool:
        """Nothing dies."""
        return False
