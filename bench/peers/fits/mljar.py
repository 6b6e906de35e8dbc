"""mljar-supervised in its Compete mode: random search, hill climbing, boost on errors, ensembles and stacking."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import catboost  # noqa: F401 -- mljar imports its learners late
import lightgbm  # noqa: F401
import sklearn.ensemble  # noqa: F401
import xgboost  # noqa: F401
from supervised.automl import AutoML

from bench.peers.job import Job


def fit(train: Any, job: Job) -> Callable[[Any], Any]:
    """Search for AUC until the budget is spent, without explanations."""
    model = AutoML(
        results_path=str(Path(job.folder) / "models"),
        mode="Compete",
        eval_metric="auc",
        total_time_limit=int(job.budget_s),
        n_jobs=1,
        random_state=job.seed,
        explain_level=0,
        verbose=0,
    )
    model.fit(train.drop(columns=[job.label]), train[job.label])
    return lambda rows: model.predict_proba(rows)[:, 1]
