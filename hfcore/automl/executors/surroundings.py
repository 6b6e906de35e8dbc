"""What a process that works on trials finds around it: one thread per numeric library, imports loaded beforehand."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
PRELOADED = [
    "hfcore.automl.executors.trial_process",
    "hfcore.automl.trial",
    "hfcore.automl.ensemble",
    "hfcore.automl.learners.linear",
    "onnx",
    "onnxruntime",
]
KILL_GRACE_S = 2.0  # a trial looks at its own limit between folds; this much later its process is killed


@contextmanager
def environment(values: Mapping[str, str]) -> Iterator[None]:
    """Set environment variables for the processes that are started inside, then put back what was there."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value
