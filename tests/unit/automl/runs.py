"""Small runs for the tests: few algorithms, few folds, no ensembles unless asked for."""

from __future__ import annotations

from typing import Any

import numpy as np

from hfcore.automl.outcome import TrialPlan
from hfcore.automl.portfolio import plan_trials
from hfcore.automl.settings import ALGORITHMS, AutoMLSettings
from hfcore.automl.table import TrainingTable
from hfcore.automl.trial import Task
from hfcore.automl.validation import stratified_folds


def small(**changes: Any) -> AutoMLSettings:
    """Settings of a run that takes a second or two."""
    given = {"label_column_name": "DEATH_EVENT", "allowed_models": ("LogisticRegression", "KNN"), "n_cross_validations": 3}
    return AutoMLSettings(**(given | changes))


def task_of(table: TrainingTable, folds: int = 3, **changes: Any) -> Task:
    """What the trials of a run on `table` share."""
    given: dict[str, Any] = {
        "values": table.values,
        "codes": table.codes,
        "classes": table.classes,
        "folds": stratified_folds(table.codes, folds, 1),
        "primary_metric": "AUC_weighted",
        "seed": 1,
        "impute": True,
        "export": True,
    }
    return Task(**(given | changes))


def first_of_each_family() -> list[TrialPlan]:
    """The first trial of every algorithm in the portfolio."""
    plans = plan_trials(AutoMLSettings(label_column_name="y"), 299)
    return [next(p for p in plans if p.family == name) for name in ALGORITHMS]


def same_bits(a: Any, b: Any) -> bool:
    """Tell whether two arrays are equal to the last bit."""
    return a is not None and b is not None and np.array_equal(np.asarray(a), np.asarray(b))
