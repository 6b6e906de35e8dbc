"""One trial: what it reports, when it gives up, and what happens to a file that does not agree."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from hfcore.automl.metrics import classification_metrics
from hfcore.automl.outcome import TrialPlan
from hfcore.automl.table import TrainingTable
from hfcore.automl.trial import TrialTimedOut, check_export, export, run_trial
from hfcore.errors import ExportFailed
from tests.unit.automl.runs import task_of

PLAN = TrialPlan(3, "StandardScalerWrapper, LogisticRegression", {"C": 0.02, "log": True, "knots": 5})


def test_a_trial_reports_the_mean_over_its_folds(table: TrainingTable) -> None:
    """Every metric is Azure's, per fold and as the mean; the score is the primary one."""
    task = task_of(table, folds=4, primary_metric="accuracy")
    outcome = run_trial(task, PLAN)
    assert outcome.probabilities is not None
    per_fold = [
        classification_metrics(table.codes[task.folds == f], outcome.probabilities[task.folds == f], [0, 1]) for f in range(4)
    ]
    for name, values in outcome.fold_metrics.items():
        assert list(values) == [m[name] for m in per_fold]
        assert outcome.metrics[name] == pytest.approx(np.mean(values))
    assert outcome.score == outcome.metrics["accuracy"]
    assert outcome.fold_scores == outcome.fold_metrics["accuracy"]


def test_a_trial_tells_its_pipeline_in_plain_values(table: TrainingTable) -> None:
    """Every step is named with what was set in it."""
    steps = run_trial(task_of(table), PLAN).steps
    assert [s.name for s in steps] == [
        "MedianImputer",
        "LogOfSkewedColumns",
        "StandardScalerWrapper",
        "QuantileSplines",
        "LogisticRegression",
    ]
    assert dict(steps[-1].parameters) == {"C": 0.02}
    assert dict(steps[-2].parameters) == {"knots": 5}


def test_a_trial_keeps_time(table: TrainingTable) -> None:
    """Start, end and seconds fit together and are in UTC."""
    outcome = run_trial(task_of(table), PLAN)
    assert outcome.started_at is not None
    assert outcome.ended_at is not None
    assert outcome.started_at.utcoffset() is not None
    assert (outcome.ended_at - outcome.started_at).total_seconds() == pytest.approx(outcome.seconds, abs=0.1)


def test_a_trial_past_its_limit_gives_up(table: TrainingTable) -> None:
    """The limit is looked at between folds, so a trial ends even where nobody can kill it."""
    with pytest.raises(TrialTimedOut):
        run_trial(task_of(table, limit_s=0.0), PLAN)


def test_a_file_that_disagrees_is_not_kept(table: TrainingTable) -> None:
    """A single row off by more than 1e-6 costs the model, with the difference in words."""
    task = task_of(table)
    good = run_trial(task, PLAN)
    assert good.model is not None
    assert good.fitted is not None
    off = good.fitted.copy()
    off[17] += 2e-6
    checked = check_export(good.model, task, off)
    assert "model" not in checked
    assert "2e-06" in checked["export_note"]
    assert check_export(good.model, task, good.fitted)["model"] == good.model


def test_a_pipeline_that_cannot_be_written_says_why(table: TrainingTable) -> None:
    """An error while writing the file costs the file, not the trial."""

    def write() -> bytes:
        raise ExportFailed("this operator has no ONNX form")

    found = export(write, task_of(table), np.zeros((299, 2)))
    assert found == {"export_note": "The pipeline could not be written as ONNX: ExportFailed: this operator has no ONNX form"}


def test_without_an_imputer_nothing_is_imputed(table: TrainingTable) -> None:
    """featurization "off" leaves the step out."""
    steps = run_trial(replace(task_of(table), impute=False), PLAN).steps
    assert "MedianImputer" not in [s.name for s in steps]
