"""One trial: cross-validate a pipeline, refit it on all rows, export it and check the export on every row."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
import numpy.typing as npt

from hfcore.automl.graph import run_model
from hfcore.automl.metrics import METRICS, mean_over_folds, metrics_of_codes
from hfcore.automl.outcome import ChildOutcome, TrialPlan
from hfcore.automl.pipeline import fit_pipeline
from hfcore.automl.shuffles import Shuffles, Singles
from hfcore.automl.validation import Splits
from hfcore.states import RunState

PARITY_LIMIT = 1e-6
Floats = npt.NDArray[np.float64]


class TrialTimedOut(TimeoutError):
    """A trial has reached its time limit."""


@dataclass(frozen=True, eq=False)
class Task:
    """What every trial of a run shares: the numbers, the folds, the rules, and how columns are shuffled to explain a model."""

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
    splits: Splits | None = None
    text: tuple[int, ...] = ()
    shuffles: Shuffles | None = None

    @property
    def fold_numbers(self) -> range:
        """The folds, or random splits, in order."""
        return range(int(self.folds.max()) + 1 if self.splits is None else self.splits.count)

    def held(self, fold: int) -> npt.NDArray[np.bool_]:
        """Tell which rows a fold, or random split, holds out."""
        return np.asarray(self.folds == fold) if self.splits is None else self.splits.held(fold)

    @property
    def cases(self) -> Task:
        """The same task with a row for each time that a row is held out, and `folds` that no combination may cross.

        With folds that is the task itself.
        """
        if self.splits is None:
            return self
        rows = self.splits.rows
        weights = None if self.weights is None else self.weights[rows]
        folds = self.splits.parts[rows]
        return replace(self, values=self.values[rows], codes=self.codes[rows], weights=weights, folds=folds, splits=None)

    def weights_of(self, rows: npt.NDArray[np.bool_]) -> Floats | None:
        """Return the weights of chosen rows, None when every row counts once."""
        return None if self.weights is None else self.weights[rows]


def run_trial(task: Task, plan: TrialPlan) -> ChildOutcome:
    """Run one trial to its end.

    Raises:
        TrialTimedOut: the time limit has passed; looked at between folds.
    """
    started, clock = datetime.now(UTC), time.monotonic()
    predicted: list[Floats] = []
    shuffled: list[Singles] = []
    seed = trial_seed(task, plan)
    for fold in task.fold_numbers:
        check_time(task, clock)
        held = task.held(fold)
        kept = ~held
        training = (task.values[kept], task.codes[kept], task.classes)
        pipeline = fit_pipeline(plan, *training, seed, task.impute, task.weights_of(kept), task.text)
        predicted.append(pipeline.predict(task.values[held]))
        if task.shuffles is not None:
            shuffled.append(task.shuffles.predicted(pipeline.predict, task.values, held))
    check_time(task, clock)
    final = fit_pipeline(plan, task.values, task.codes, task.classes, seed, task.impute, task.weights, task.text)
    fitted = final.predict(task.values)
    return ChildOutcome(
        number=plan.number,
        algorithm=plan.algorithm,
        state=RunState.COMPLETED,
        **judged(task, predicted),
        shuffled=_in_order(task, shuffled),
        fitted=fitted,
        steps=final.describe(),
        **export(final.to_onnx, task, fitted),
        started_at=started,
        ended_at=datetime.now(UTC),
        seconds=time.monotonic() - clock,
    )


def _in_order(task: Task, shuffled: Sequence[Singles]) -> Singles | None:
    """Return what was predicted fold by fold with a column shuffled in the order of the cases."""
    if task.shuffles is None:
        return None
    return task.shuffles.assembled(shuffled, [task.held(f) for f in task.fold_numbers], task.splits)


def trial_seed(task: Task, plan: TrialPlan) -> int:
    """Return the seed of a trial, its own whatever ran before it."""
    return int(np.random.SeedSequence([task.seed, plan.number]).generate_state(1)[0] >> 1)


def judged(task: Task, predicted: Sequence[Floats]) -> dict[str, Any]:
    """Return score, fold_scores, metrics, fold_metrics and probabilities from what was predicted for each fold's rows.

    Metrics are those of each fold or split by itself. With random splits a row's probabilities are the mean over the splits
    that held it out, so curves and intervals rest on a slightly steadier forecast than one model's; `cases` keeps them apart.
    """
    if task.splits is not None:
        cases = np.concatenate(predicted)
        return score(task, predicted) | {"probabilities": task.splits.per_row(cases), "cases": cases}
    probabilities = np.empty((len(task.codes), task.classes))
    for fold, part in zip(task.fold_numbers, predicted, strict=True):
        probabilities[task.held(fold)] = part
    return score(task, predicted) | {"probabilities": probabilities}


def score(task: Task, predicted: Sequence[Floats]) -> dict[str, Any]:
    """Return score, fold_scores, metrics and fold_metrics of what was predicted for each fold's rows."""
    held = [task.held(f) for f in task.fold_numbers]
    per_fold = [metrics_of_codes(task.codes[r], p, task.weights_of(r)) for r, p in zip(held, predicted, strict=True)]
    means = mean_over_folds(per_fold)
    primary = means[task.primary_metric]
    return {
        "score": None if np.isnan(primary) else primary,
        "fold_scores": tuple(m[task.primary_metric] for m in per_fold),
        "metrics": means,
        "fold_metrics": {name: tuple(m[name] for m in per_fold) for name in METRICS},
    }


def by_fold(task: Task, probabilities: Floats) -> list[Floats]:
    """Part what is in the order of the cases into folds, or random splits."""
    if task.splits is None:
        return [probabilities[task.held(f)] for f in task.fold_numbers]
    return [probabilities[task.splits.numbers == f] for f in task.fold_numbers]


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
