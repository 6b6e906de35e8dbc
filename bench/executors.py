"""What a trial costs on each executor, beside its own work: `python -m bench.executors [WORKERS]`.

In process, on a pool of processes and on Ray, each from a cold start and once it is warm; with trials of no work and with the
first pipeline of a run on the heart failure records. Processor time is that of this process and of everything it has started, the
children that have ended meanwhile included; a ratio is to the same trial in process.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any

import psutil

from hfcore.automl.executors import InlineExecutor, TrialExecutor, process_executor, ray_executor
from hfcore.automl.portfolio import plan_trials
from hfcore.automl.settings import AutoMLSettings
from hfcore.automl.table import fold_count, stratified_folds, training_table
from hfcore.automl.trial import Task, run_trial
from hfcore.datasets import load_heart_failure

EMPTY, REAL = 200, 20  # warm trials per figure
Work = tuple[Callable[..., Any], tuple[Any, ...]]


@dataclass(frozen=True)
class Cost:
    """Seconds by the clock and of the processors."""

    wall: float
    cpu: float

    def __sub__(self, other: Cost) -> Cost:
        return Cost(self.wall - other.wall, self.cpu - other.cpu)

    def per(self, count: int) -> Cost:
        """Return the cost of one of `count` equal things."""
        return Cost(self.wall / count, self.cpu / count)


def spent() -> Cost:
    """Return what this process and everything it has started have used so far."""
    own = os.times()
    living = 0.0
    for process in psutil.Process().children(recursive=True):
        try:
            times = process.cpu_times()
        except psutil.NoSuchProcess:
            continue  # ended meanwhile: counted with the children of its parent
        living += times.user + times.system + times.children_user + times.children_system
    return Cost(time.monotonic(), own.user + own.system + own.children_user + own.children_system + living)


def first_trial() -> Work:
    """Return the first pipeline of a run on the heart failure records without `time`, ten folds, export included."""
    settings = AutoMLSettings(label_column_name="DEATH_EVENT", excluded_columns=("time",))
    table = training_table(load_heart_failure(), settings)
    folds = stratified_folds(table.codes, fold_count(table.codes, settings), settings.random_state)
    task = Task(table.values, table.codes, table.classes, folds, settings.primary_metric, settings.random_state, True, True)
    return run_trial, (task, plan_trials(settings, len(table.codes))[0])


def run(executor: TrialExecutor, work: Work, count: int) -> None:
    """Work `count` times, as many at once as there are processes."""
    call, args = work
    flying = [executor.submit(call, *args) for _ in range(count)]
    for future in flying:
        future.result()


def measure(make: Callable[[], AbstractContextManager[TrialExecutor]], work: Work, count: int) -> Iterator[tuple[str, Cost]]:
    """Yield the start with one trial per process, then the cost of a warm trial."""
    before = spent()
    with make() as executor:
        run(executor, work, executor.workers)
        ready = spent()
        yield "start and first", ready - before
        run(executor, work, 2 * executor.workers)  # now every process has had one
        before = spent()
        run(executor, work, count)
        yield "one more", (spent() - before).per(count)


@contextmanager
def inline() -> Iterator[TrialExecutor]:
    """Make the executor of this process."""
    with nullcontext(InlineExecutor()) as executor:
        yield executor


def main() -> None:
    """Print one line per executor, work and temperature."""
    workers = int(sys.argv[1]) if len(sys.argv) > 1 else 2
    makers: dict[str, Callable[[], AbstractContextManager[TrialExecutor]]] = {
        "in process": inline,
        f"{workers} processes": lambda: process_executor(workers),
        f"Ray, {workers} workers": lambda: ray_executor(workers),
    }
    print(f"{'work':<16} {'executor':<16} {'':<16} {'wall ms':>10} {'CPU ms':>10} {'CPU ratio':>10}")
    floor: dict[tuple[str, str], float] = {}
    for title, work, count in (("none", (divmod, (7, 2)), EMPTY), ("first pipeline", first_trial(), REAL)):
        for name, make in makers.items():
            for what, cost in measure(make, work, count):
                base = floor.setdefault((title, what), cost.cpu)
                ratio = f"{cost.cpu / base:>9.2f}x" if base > 0.0005 else f"{'':>10}"
                print(f"{title:<16} {name:<16} {what:<16} {cost.wall * 1000:>10.2f} {cost.cpu * 1000:>10.2f} {ratio}", flush=True)


if __name__ == "__main__":
    main()
