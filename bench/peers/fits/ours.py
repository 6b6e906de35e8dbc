"""This project's engine, by its public call; everything that it imports late is imported here.

As in the app's worker, pandas is without pyarrow, which nothing of a search uses.
"""

from __future__ import annotations

import contextlib
import importlib
import pkgutil
from collections.abc import Callable
from typing import Any

import hfcore
import hfcore.automl
from bench.peers.job import Job
from hfcore.automl.executors.lean import leave_out

leave_out("pyarrow")
_LATE = ("lightgbm", "xgboost", "onnx", "onnxruntime", "sklearn", "scipy.optimize", "scipy.stats", "threadpoolctl")
for _name in (*_LATE, *(found.name for found in pkgutil.walk_packages(hfcore.automl.__path__, "hfcore.automl."))):
    with contextlib.suppress(ModuleNotFoundError):  # an optional package that is absent; what the fit needs it asks for again
        importlib.import_module(_name)


def fit(train: Any, job: Job) -> Callable[[Any], Any]:
    """Fit with the default settings, except the label, the seed and the time."""
    settings = hfcore.AutoMLSettings(
        label_column_name=job.label, experiment_timeout_minutes=max(0.1, job.budget_s / 60), random_state=job.seed
    )
    result = hfcore.automl.fit(train, settings)
    return lambda rows: result.predict_proba(rows)[:, 1]
