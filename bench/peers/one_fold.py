"""Fit one engine on one fold in this fresh process and write what it cost: `python -m bench.peers.one_fold JOB`.

The engine's own interpreter runs this. The module of the engine imports all it needs at its top, so that imports are counted
apart from the fit; an engine that needs a server starts it in `start`, counted with the imports, which returns the job to do.
"""

from __future__ import annotations

import importlib
import json
import os
import resource
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil

from bench.peers.job import Job

ROW_REPEATS = 50
Predict = Callable[[Any], Any]


def main() -> None:
    """Do the job that the first argument names."""
    job = Job.read(Path(sys.argv[1]))
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {job.core})
    if job.clock == "processor":
        _count_processor_seconds()
    Path(job.answer).write_text(json.dumps(_measure(job)))


def _count_processor_seconds() -> None:
    """Let `time.time` advance by this process's processor seconds, so that a busy machine takes nothing off a budget."""
    begin = time.time()
    time.time = lambda: begin + time.process_time()


def _measure(job: Job) -> dict[str, Any]:
    engine = importlib.import_module(job.module)  # first: it may have a say in what is imported

    import pandas as pd

    train, test = (pd.read_csv(path, float_precision="round_trip") for path in (job.train, job.test))
    if hasattr(engine, "start"):
        job = engine.start(job)
    started, clock = _processor_seconds(), time.perf_counter()
    predict: Predict = engine.fit(train, job)
    ended, wall = _processor_seconds(), time.perf_counter() - clock
    features = test.drop(columns=[job.label])
    proba = [float(p) for p in predict(features)]
    return {
        "proba": proba,
        "fit_cpu_s": ended - started,
        "fit_wall_s": wall,
        "all_cpu_s": ended,
        "peak_mb": _own_peak_mb(),
        **_row_cost(predict, features),
    }


def _row_cost(predict: Predict, features: Any) -> dict[str, float]:
    """Median wall and mean processor milliseconds of one prediction of one row."""
    rows = [features.iloc[[i % len(features)]] for i in range(ROW_REPEATS)]
    walls, before = [], _processor_seconds()
    for row in rows:
        start = time.perf_counter()
        predict(row)
        walls.append(time.perf_counter() - start)
    spent = _processor_seconds() - before
    return {"row_ms": statistics.median(walls) * 1000, "row_cpu_ms": spent / ROW_REPEATS * 1000}


def _processor_seconds() -> float:
    """User and system seconds of this process and of all its descendants, living or gone."""
    gone = os.times()
    total = time.process_time() + gone.children_user + gone.children_system
    for child in psutil.Process().children(recursive=True):
        total += sum(child.cpu_times()[:4])
    return total


def _own_peak_mb() -> float:
    """Most memory this process ever held, MB; not `ru_maxrss` on Linux, which starts at what the parent held."""
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) * 1024 / 1e6
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


if __name__ == "__main__":
    main()
