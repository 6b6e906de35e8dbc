"""FLAML: a search over boosted trees, forests and linear models that starts cheap (Wang et al. 2021)."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import lightgbm  # noqa: F401 -- FLAML imports its learners late
import sklearn.ensemble  # noqa: F401
import xgboost  # noqa: F401
from flaml import AutoML

from bench.peers.job import Job


def fit(train: Any, job: Job) -> Callable[[Any], Any]:
    """Search for AUC, FLAML's own default for two labels, until the budget is spent."""
    logging.getLogger("flaml").setLevel(logging.ERROR)
    model = AutoML()
    model.fit(
        train.drop(columns=[job.label]),
        train[job.label],
        task="classification",
        metric="roc_auc",
        time_budget=job.budget_s,
        n_jobs=1,
        seed=job.seed,
        verbose=0,
        log_file_name="",
    )
    return lambda rows: model.predict_proba(rows)[:, 1]
