"""Which child wins: the VotingEnsemble, unless another child leads it by more than the luck of picking explains.

The highest of many scores is partly luck, and the child that has it is on average worse on new rows than the vote: over 40
clinical tables, two folds each, by 0.005 in AUC and in log loss. So the vote has a head start. It is what the best of the
others gains by being picked, plus 1.96 standard errors of its lead, both from resamples of the rows in which the picking is
repeated and judged on the rows not drawn, as in bootstrap bias-corrected cross-validation (Tsamardinos et al. 2018, Machine
Learning 107:1895-1922).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from hfcore.automl.outcome import ChildOutcome
from hfcore.automl.trial import Task
from hfcore.errors import TrainingFailed
from hfcore.reporting.resampled import RESAMPLED_METRICS, Predictions, bootstrap_counts

Floats = npt.NDArray[np.float64]
FAVOURITE = "VotingEnsemble"
_MOST_RESAMPLES, _LEAST_RESAMPLES = 200, 20
_CELLS = 1_000_000
_NARROWING = (math.e - 1.0) ** -0.5  # rows not drawn are 37 % of all: their figures spread wider than those over all rows
_QUANTILE = 1.96


@dataclass(frozen=True)
class Winner:
    """The winning child, and the head start in the primary metric that the VotingEnsemble had over it or the others."""

    child: ChildOutcome
    head_start: float = 0.0


def choose_winner(children: Sequence[ChildOutcome], task: Task) -> Winner:
    """Return the winner among the children that can be served.

    Raises:
        TrainingFailed: no child may win; says why.
    """
    able = [c for c in children if c.is_scored and (c.model is not None or not task.export)]
    if not able:
        raise _nobody(children)
    best = max(able, key=lambda c: (c.score, -c.number))
    vote = next((c for c in able if c.algorithm == FAVOURITE), None)
    others = [c for c in able if c is not vote]
    if vote is None or not others:
        return Winner(best)
    return _against_the_vote(vote, others, task)


def _against_the_vote(vote: ChildOutcome, others: Sequence[ChildOutcome], task: Task) -> Winner:
    rows = np.all([np.isfinite(_proba(c)).all(axis=1) for c in (vote, *others)], axis=0)
    metric = RESAMPLED_METRICS[task.primary_metric]
    predictions = [Predictions(task.codes[rows], _proba(c)[rows]) for c in (*others, vote)]
    whole = np.ones((1, int(rows.sum()))) if task.weights is None else task.weights[rows][None, :]
    leads = np.array([metric(p, whole)[0] for p in predictions])
    head_start = _luck(predictions, task, whole[0])
    first = int(np.nanargmax(leads[:-1]))
    return Winner(others[first] if leads[first] - leads[-1] > head_start else vote, head_start)


def _luck(predictions: Sequence[Predictions], task: Task, weights: Floats) -> float:
    """Return how far the best of all but the last must lead the last one before it is more than luck."""
    metric = RESAMPLED_METRICS[task.primary_metric]
    resamples = int(np.clip(_CELLS // len(weights), _LEAST_RESAMPLES, _MOST_RESAMPLES))
    gains, leads = [], []
    for drawn in bootstrap_counts(len(weights), resamples, task.seed):
        seen = np.column_stack([metric(p, drawn * weights) for p in predictions])
        judged = np.column_stack([metric(p, (drawn == 0) * weights) for p in predictions])
        usable = np.isfinite(seen).all(axis=1) & np.isfinite(judged).all(axis=1)
        picked = seen[usable, :-1].argmax(axis=1)
        before = seen[usable, picked] - seen[usable, -1]
        after = judged[usable, picked] - judged[usable, -1]
        gains.append(before - after)
        leads.append(after)
    if not any(len(g) for g in gains):
        return 0.0
    return max(0.0, float(np.concatenate(gains).mean() + _QUANTILE * _NARROWING * np.concatenate(leads).std()))


def _proba(child: ChildOutcome) -> Floats:
    assert child.probabilities is not None, "a scored child has probabilities"
    return child.probabilities


def _nobody(children: Sequence[ChildOutcome]) -> TrainingFailed:
    scored = [c for c in children if c.is_scored]
    if scored:
        return TrainingFailed("Pipelines were scored, but none could be exported as a code-free model.", scored[0].export_note)
    reasons = [c.message for c in children if c.message]
    return TrainingFailed("No pipeline could be trained to the end.", reasons[0] if reasons else "Allow more time.")
