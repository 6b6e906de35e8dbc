"""AutoGluon Tabular: a fixed list of models, bagged and stacked by the preset that the job names (Erickson et al. 2020)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import catboost  # noqa: F401 -- AutoGluon imports its learners late
import fastai.tabular.all  # noqa: F401
import lightgbm  # noqa: F401
import sklearn.ensemble  # noqa: F401
import torch
import xgboost  # noqa: F401
from autogluon.tabular import TabularPredictor

from bench.peers.job import Job


def fit(train: Any, job: Job) -> Callable[[Any], Any]:
    """Fit a preset for AUC until the budget is spent; models stay in memory for prediction, as its guide says."""
    torch.set_num_threads(1)
    predictor = TabularPredictor(
        job.label, problem_type="binary", eval_metric="roc_auc", path=str(Path(job.folder) / "models"), verbosity=0
    )
    predictor.fit(train, time_limit=job.budget_s, presets=job.option, num_cpus=1, num_gpus=0)
    predictor.persist()
    return lambda rows: predictor.predict_proba(rows, as_multiclass=False)
