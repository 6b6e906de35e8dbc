"""One trial: cross-validate a pipeline, refit it on all rows, export it and check the export on every row."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
import numpy.typing as npt

from hfcore.automl.graph import run_model
from hfcore.automl.metrics import METRICS, mean_over_folds, metrics_of_codes
from hfcore.automl.outcome import ChildOutcome, TrialPlan
from hfcore.automl.pipeline import fit_pipeline
from hfcore.states import RunState

PARITY_LIMIT = 1e-6
Floats = npt.NDArray[np.float64]


class TrialTimedOut(TimeoutError):
    """A trial has reached its time limit."""


@dataclass(frozen=True, eq=False)
class Task:
    """What every trial of a run shares: the numbers, the folds and the rules."""

    values: npt.NDArray[np.float32]
    codes: npt.NDArray[np.intp]
    classes: int
    folds: npt.NDArray[np.int64]
    primary_metric: str
    seed: int
    impute: bool
    export: bool
    limit_s: float | None = None
    weights: Floats | None = None

    @property
    def fold_numbers(self) -> range:
        """The folds in order."""
        return range(int(self.folds.max()) + 1)

    def weights_of(self, rows: npt.NDArray[np.bool_]) -> Floats | None:
        """Return the weights of chosen rows, None when every row counts once."""
        return None if self.weights is None else self.weights[rows]


def run_trial(task: Task, plan: TrialPlan) -> ChildOutcome:
    """Run one trial to its end.

    Raises:
        TrialTimedOut: the time limit has passed; looked at between folds.
    """
    started, clock = datetime.now(UTC), time.monotonic()
    probabilities = np.empty((len(task.codes), task.classes))
    seed = int(np.random.SeedSequence([task.seed, plan.number]).generate_state(1)[0] >> 1)
    for fold in task.fold_numbers:
        check_time(task, clock)
        kept = task.folds != fold
        training = (task.values[kept], task.codes[kept], task.classes)
        pipeline = fit_pipeline(plan, *training, seed, task.impute, task.weights_of(kept))
        probabilities[~kept] = pipeline.predict(task.values[~kept])
    check_time(task, clock)
    final = fit_pipeline(plan, task.values, task.codes, task.classes, seed, task.impute, task.weights)
    fitted = final.predict(task.values)
    return ChildOutcome(
        number=plan.number,
        algorithm=plan.algorithm,
        state=RunState.COMPLETED,
        **score(task, probabilities),
        probabilities=probabilities,
        fitted=fitted,
        steps=final.describe(),
        **export(final.to_onnx, task, fitted),
        started_at=started,
        ended_at=datetime.now(UTC),
        seconds=time.monotonic() - clock,
    )


def score(task: Task, probabilities: Floats) -> dict[str, Any]:
    """Return score, fold_scores, metrics and fold_metrics of out-of-fold probabilities."""
    held = [task.folds == f for f in task.fold_numbers]
    per_fold = [metrics_of_codes(task.codes[rows], probabilities[rows], task.weights_of(rows)) for rows in held]
    means = mean_over_folds(per_fold)
    primary = means[task.primary_metric]
    return {
        "score": None if np.isnan(primary) else primary,
        "fold_scores": tuple(m[task.primary_metric] for m in per_fold),
        "metrics": means,
        "fold_metrics": {name: tuple(m[name] for m in per_fold) for name in METRICS},
    }


def check_export(model: bytes, task: Task, fitted: Floats) -> dict[str, Any]:
    """Compare an ONNX file with the fitted pipeline on every row; keep it only when they agree."""
    parity = float(np.abs(run_model(model, task.values) - fitted).max())
    if parity <= PARITY_LIMIT:
        return {"model": model, "parity": parity}
    return {
        "parity": parity,
        "export_note": f"The exported file differs from the fitted pipeline by {parity:.2g}; at most 1e-06 is allowed.",
    }


def export(write: Callable[[], bytes], task: Task, fitted: Floats) -> dict[str, Any]:
    """Write a pipeline as ONNX and check it; whatever goes wrong there costs the file, not the trial."""
    if not task.export:
        return {"export_note": "No artifact was asked for."}
    try:
        return check_export(write(), task, fitted)
    except Exception as error:
        reason = (str(error).strip().splitlines() or ["no reason given"])[0][:200]
        return {"export_note": f"The pipeline could not be written as ONNX: {type(error).__name__}: {reason}"}


def check_time(task: Task, clock: float) -> None:
    """Raise TrialTimedOut once the time limit has passed since `clock` (monotonic seconds)."""
    if task.limit_s is not None and time.monotonic() - clock > task.limit_s:
        raise TrialTimedOut(f"The time limit of {task.limit_s:g} s has passed.")
