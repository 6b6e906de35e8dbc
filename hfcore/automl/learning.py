"""Would more patients help: one pipeline of a run learned from ever larger shares of the training rows of the same folds.

The patients held out are those of the search, so the last point, learned from all training rows, is the pipeline's own. A share
is drawn class by class, and a smaller one lies within the larger.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from hfcore.automl.executors import TrialExecutor
from hfcore.automl.outcome import ChildOutcome, TrialPlan
from hfcore.automl.pipeline import fit_pipeline
from hfcore.automl.trial import Task, trial_seed

Floats = npt.NDArray[np.float64]
SHARES = (0.2, 0.4, 0.6, 0.8)
_LEAST_BUDGET_S, _SHARE_OF_RUN = 1.5, 0.05
_REFITS = 2.5  # what all shares cost, in trials: 2 for the rows, the rest for what does not shrink with them
_FEWEST_OF_A_CLASS = 5
_LIMIT_S = 60.0


@dataclass(frozen=True)
class Growth:
    """Out-of-fold probabilities by the mean number of rows learned from, smallest first; `note` says of which pipeline they are.

    Without `steps` there is no curve, and `note` says why.
    """

    steps: tuple[tuple[int, Floats], ...] = field(repr=False, compare=False, default=())
    note: str = ""


def grow(
    task: Task, plans: Sequence[TrialPlan], winner: ChildOutcome, children: Sequence[ChildOutcome], executor: TrialExecutor
) -> Growth:
    """Return how a pipeline of the run grows with the patients it learns from, within a bounded processor time.

    It is the winner where refitting that is cheap, else the member with the largest vote that is. All of it together takes 1.5
    processor seconds or a twentieth of what the run's trials took; a share that would take more is left out, and that is said.
    """
    if task.splits is not None and task.splits.count > 1:
        return Growth(note="There is no learning curve with random splits, where a row is held out several times or never.")
    budget = max(_LEAST_BUDGET_S, _SHARE_OF_RUN * sum(c.seconds or 0.0 for c in children))
    known = {p.number: p for p in plans if not p.is_ensemble and not p.is_tuned}
    chosen = _chosen(winner, [c for c in children if c.number in known], budget)
    if chosen is None or chosen.probabilities is None:
        return Growth(note="There is no learning curve: no pipeline of this run can be refitted.")
    steps, failure = _shares(task, known[chosen.number], executor, budget)
    if not steps:
        return Growth(note=f"There is no learning curve: {failure}.")
    last = (round(float(np.mean([(~task.held(f)).sum() for f in task.fold_numbers]))), chosen.probabilities)
    return Growth((*steps, last), _note(winner, chosen, failure))


def _chosen(winner: ChildOutcome, children: Sequence[ChildOutcome], budget: float) -> ChildOutcome | None:
    """Return the winner or its largest voter that is cheap enough, else the cheapest pipeline there is."""
    single = {c.number: c for c in children if c.is_scored and c.probabilities is not None}
    votes = [m.number for m in sorted(winner.members, key=lambda m: (-m.weight, m.number))] or [winner.number]
    first = [single[n] for n in votes if n in single]
    cheap = [c for c in first if _REFITS * (c.seconds or 0.0) <= budget]
    return next(iter(cheap), None) or min(first or single.values(), key=lambda c: (c.seconds or 0.0, c.number), default=None)


def _shares(task: Task, plan: TrialPlan, executor: TrialExecutor, budget: float) -> tuple[tuple[tuple[int, Floats], ...], str]:
    """Fit share after share while the budget lasts; return what came of it, and what ended it early, if anything did."""
    found: list[tuple[int, Floats]] = []
    spent = last = 0.0
    for share in SHARES:
        if spent + last > budget:
            return tuple(found), "more steps would take too long"
        future = executor.submit(predict_from_share, task, plan, share, limit_s=_LIMIT_S)
        error = future.exception()
        if error is not None:
            return tuple(found), f"refitting failed with {type(error).__name__}"
        rows, probabilities, last = future.result()
        spent += last
        found.append((rows, probabilities))
    return tuple(found), ""


def predict_from_share(task: Task, plan: TrialPlan, share: float) -> tuple[int, Floats, float]:
    """Fit a pipeline once per fold on a share of the rows outside it.

    Returns the mean number of rows learned from, the probabilities of every row held out (NaN for others), processor seconds.
    """
    clock, rows = time.process_time(), []
    probabilities = np.full((len(task.codes), task.classes), np.nan)
    for fold in task.fold_numbers:
        held = task.held(fold)
        drawn = share_of(np.flatnonzero(~held), task.codes, share, [task.seed, 2, fold])
        training = (task.values[drawn], task.codes[drawn], task.classes)
        weights = None if task.weights is None else task.weights[drawn]
        pipeline = fit_pipeline(plan, *training, trial_seed(task, plan), task.impute, weights, task.text)
        probabilities[held] = pipeline.predict(task.values[held])
        rows.append(len(drawn))
    return round(float(np.mean(rows))), probabilities, time.process_time() - clock


def share_of(rows: npt.NDArray[np.intp], codes: npt.NDArray[np.intp], share: float, seed: Sequence[int]) -> npt.NDArray[np.intp]:
    """Draw a share of some rows class by class, at least five of each, in their order; a larger share holds every smaller one."""
    mixed = np.random.default_rng(list(seed)).permutation(rows)
    kept = []
    for code in np.unique(codes[rows]):
        of_class = mixed[codes[mixed] == code]
        kept.append(of_class[: max(round(share * len(of_class)), _FEWEST_OF_A_CLASS)])
    return np.sort(np.concatenate(kept))


def _note(winner: ChildOutcome, chosen: ChildOutcome, failure: str) -> str:
    told = f"{chosen.algorithm} (child run {chosen.number})"
    if chosen.number == winner.number:
        whose = f"of the model itself, {told}"
    else:
        whose = f"of {told}, because refitting {winner.algorithm} that many times would take too long"
    return f"{whose}; {failure}" if failure else whose
