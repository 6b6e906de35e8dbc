"""H2O AutoML: random searches and stacked ensembles in a Java server on this machine (LeDell and Poirier 2020)."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import h2o
from h2o.automl import H2OAutoML

from bench.peers.job import Job

_MEMORY = "2g"
_LOOK_S, _MOST_STRETCH = 3.0, 10.0


def start(job: Job) -> Job:
    """Start the server with one thread on a free port of this machine only; return the job with its budget in wall seconds.

    The server counts wall seconds and cannot be told otherwise, so its budget grows by what others take of the core now.
    """
    h2o.init(
        nthreads=1,
        max_mem_size=_MEMORY,
        port=_free_port(),
        bind_to_localhost=True,
        ice_root=job.folder,
        log_dir=job.folder,
        verbose=False,
    )
    h2o.no_progress()
    return replace(job, budget_s=job.budget_s * _stretch())


def _stretch() -> float:
    """Wall seconds that one processor second takes on this core, measured by computing for a moment; 1 when it is free."""
    wall, spent = time.perf_counter(), time.process_time()
    while time.perf_counter() - wall < _LOOK_S:
        sum(range(10_000))
    return min(_MOST_STRETCH, max(1.0, (time.perf_counter() - wall) / (time.process_time() - spent)))


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def fit(train: Any, job: Job) -> Callable[[Any], Any]:
    """Search for AUC until the budget is spent."""
    texts = {c: "enum" for c in train.columns if train[c].dtype == object}
    table = h2o.H2OFrame(train, column_types=texts)
    table[job.label] = table[job.label].asfactor()
    search = H2OAutoML(max_runtime_secs=int(job.budget_s), seed=job.seed, sort_metric="AUC", verbosity=None)
    search.train(y=job.label, training_frame=table)
    leader = search.leader
    if leader is None:
        raise RuntimeError("H2O ended without a model.")

    def predict(rows: Any) -> Any:
        return leader.predict(h2o.H2OFrame(rows, column_types=texts)).as_data_frame(use_multi_thread=False)["p1"].to_numpy()

    return predict
