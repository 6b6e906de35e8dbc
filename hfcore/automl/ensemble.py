"""VotingEnsemble and StackEnsemble, made from the members' stored out-of-fold probabilities."""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
import numpy.typing as npt

from hfcore.automl.calibration import Calibration, fit_calibration
from hfcore.automl.graph import Graph
from hfcore.automl.margins import export_margins
from hfcore.automl.outcome import ChildOutcome, TrialPlan
from hfcore.automl.ridge_logistic import RidgeLogistic, fit_ridge_logistic
from hfcore.automl.shares import fit_shares
from hfcore.automl.shuffles import Singles
from hfcore.automl.trial import Task, by_fold, export, judged, score
from hfcore.reporting.report import Member, PipelineStep
from hfcore.states import RunState

Floats = npt.NDArray[np.float64]
LEAST_PROBABILITY = 0.005
_MOST_MEMBERS = 8
_MOST_PER_FAMILY = 2
_SLOPE_PRIOR = 30.0  # strength, in rows, of the pull of the calibration's slope to one
_PENALTIES = (0.003, 0.01, 0.03, 0.1)
_PARTS = 3


def may_join(child: ChildOutcome, with_model: bool) -> bool:
    """Tell whether a trial may be a member: it ended well and, when a file is wanted, has one."""
    return (
        child.is_scored
        and child.probabilities is not None
        and child.fitted is not None
        and (not with_model or child.model is not None)
    )


@dataclass(frozen=True, eq=False)
class Vote:
    """The weighted sum of the members' log probabilities, then Platt's calibration: a soft vote on logits.

    `votes` add up to one; `weights` are the votes times the slope of each member's own calibration.
    """

    votes: Floats
    weights: Floats
    calibration: Calibration

    def combine(self, probabilities: Sequence[Floats]) -> Floats:
        """Return the vote of the members' probabilities."""
        return self.calibration.apply(pooled(self.weights, probabilities))

    def export(self, graph: Graph, members: Sequence[str]) -> str:
        """Append the same formula to a graph."""
        if graph.classes == 2:
            each = np.column_stack([np.zeros(len(self.weights)), self.weights])
            return self.calibration.export(graph, export_margins(graph, members, LEAST_PROBABILITY), each)
        each = np.vstack([w * np.eye(graph.classes) for w in self.weights])
        return self.calibration.export(graph, export_logs(graph, members), each)

    def shares(self) -> list[float]:
        """Return each member's share of the vote."""
        return [float(v) for v in self.votes]

    def parameters(self) -> dict[str, Any]:
        """Return the slopes of the members' own calibrations and the vote's; no shift is told for the first class."""
        return {
            "member_slopes": _rounded(self.weights / self.votes),
            "slope": round(self.calibration.slope, 6),
            "shifts": _rounded(self.calibration.shifts[1:]),
        }


@dataclass(frozen=True, eq=False)
class Stack:
    """A logistic regression on the members' log odds against the first class."""

    link: RidgeLogistic

    def combine(self, probabilities: Sequence[Floats]) -> Floats:
        """Return the meta-model's probabilities."""
        return self.link.predict(log_odds(probabilities))

    def export(self, graph: Graph, members: Sequence[str]) -> str:
        """Append the same formula to a graph."""
        if graph.classes == 2:
            return self.link.export(graph, export_margins(graph, members, LEAST_PROBABILITY))
        against_first = np.eye(graph.classes)[:, 1:]
        against_first[0] = -1.0
        each = np.kron(np.eye(len(members)), against_first).astype(np.float64)
        nothing = np.zeros(each.shape[1])
        return self.link.export(graph, graph.line(export_logs(graph, members), each, nothing))

    def shares(self) -> list[float]:
        """Return each member's summed coefficient as a share of all."""
        per_member = self.link.weights.reshape(-1, self.link.weights.shape[1], self.link.weights.shape[1])
        sizes = np.array([np.trace(block) for block in per_member])
        return [float(s) for s in sizes / max(np.abs(sizes).sum(), 1e-12)]

    def parameters(self) -> dict[str, Any]:
        """Nothing but the members' shares."""
        return {}


def run_ensemble(task: Task, plan: TrialPlan, children: Sequence[ChildOutcome]) -> ChildOutcome:
    """Build one ensemble: choose members, predict each fold with a combination that has not seen it, refit, export."""
    started, clock = datetime.now(UTC), time.monotonic()
    make = _make_vote if plan.algorithm == "VotingEnsemble" else _make_stack
    seen = task.cases
    voters = [_as_cases(task, child) for child in children]
    probabilities = np.empty((len(seen.codes), task.classes))
    shuffled, places = _room_for_shuffled(task, voters)
    for fold in seen.fold_numbers:
        others = [f for f in seen.fold_numbers if f != fold]
        members, combination = make(seen, voters, others)
        rows = seen.folds == fold
        probabilities[rows] = combination.combine([_oof(m)[rows] for m in members])
        if shuffled is not None:
            _say_shuffled(shuffled, seen.folds[places] == fold, members, combination)
    members, combination = make(seen, voters, list(seen.fold_numbers))
    fitted = combination.combine([_fitted(m) for m in members])
    return ChildOutcome(
        number=plan.number,
        algorithm=plan.algorithm,
        state=RunState.COMPLETED,
        **judged(task, by_fold(task, probabilities)),
        shuffled=shuffled,
        fitted=fitted,
        steps=(PipelineStep(plan.algorithm, {"members": len(members)} | combination.parameters()),),
        members=tuple(Member(m.number, m.algorithm, s) for m, s in zip(members, combination.shares(), strict=True)),
        **export(lambda: _to_onnx(task, members, combination), task, fitted),
        started_at=started,
        ended_at=datetime.now(UTC),
        seconds=time.monotonic() - clock,
    )


def _room_for_shuffled(task: Task, voters: Sequence[ChildOutcome]) -> tuple[Singles | None, npt.NDArray[np.int64]]:
    """Return room for what the ensemble says with a column shuffled, and those cases' places; None when a voter lacks it."""
    known = [v.shuffled for v in voters if v.shuffled is not None]
    if task.shuffles is None or len(known) < len(voters):
        return None, np.empty(0, dtype=np.int64)
    return np.empty(known[0].shape, dtype=np.float32), task.shuffles.places(task.splits)


def _say_shuffled(
    shuffled: Singles, rows: npt.NDArray[np.bool_], members: Sequence[ChildOutcome], combination: Vote | Stack
) -> None:
    """Combine what the members say of some rows with a column shuffled, and write it in its place."""
    parts = [m.shuffled[:, :, rows].astype(np.float64) for m in members if m.shuffled is not None]
    flat = [part.reshape(-1, part.shape[-1]) for part in parts]
    shuffled[:, :, rows] = combination.combine(flat).reshape(parts[0].shape)


def _as_cases(task: Task, child: ChildOutcome) -> ChildOutcome:
    """Return a child with a row of probabilities for each time that a row was held out, scored on the ensemble's parts."""
    if task.splits is None or child.cases is None:
        return child
    seen = task.cases
    return replace(child, probabilities=child.cases, fold_scores=score(seen, by_fold(seen, child.cases))["fold_scores"])


def clipped(probabilities: Floats) -> Floats:
    """Keep probabilities away from 0 and 1 so that no single member can decide alone."""
    return np.clip(probabilities, LEAST_PROBABILITY, 1 - LEAST_PROBABILITY)


def log_odds(probabilities: Iterable[Floats]) -> Floats:
    """Return every member's log odds of each class against the first, side by side."""
    logs = [np.log(clipped(p)) for p in probabilities]
    return np.hstack([log[:, 1:] - log[:, :1] for log in logs])


def export_logs(graph: Graph, members: Sequence[str]) -> str:
    """Append the logarithms of the members' clipped probabilities, side by side; one softmax serves all members."""
    low, high = graph.number(math.log(LEAST_PROBABILITY)), graph.number(math.log(1 - LEAST_PROBABILITY))
    logits = graph.join(*(graph.logits(member) for member in members))
    each = graph.add("Reshape", logits, graph.constant(np.array([0, -1, graph.classes])))
    logs = graph.add("LogSoftmax", each, axis=2)
    return graph.add("Clip", graph.add("Reshape", logs, graph.constant(np.array([0, -1]))), low, high)


def choose_members(children: Sequence[ChildOutcome], folds: Sequence[int]) -> list[tuple[ChildOutcome, float]]:
    """Return the best children by their mean score over `folds`, at most two per family, with that mean."""
    means = [(float(np.nanmean(np.array(c.fold_scores)[list(folds)])), c) for c in children]
    chosen: list[tuple[ChildOutcome, float]] = []
    for mean, child in sorted(means, key=lambda pair: (-pair[0], pair[1].number)):
        if len(chosen) < _MOST_MEMBERS and sum(c.family == child.family for c, _ in chosen) < _MOST_PER_FAMILY:
            chosen.append((child, mean))
    return chosen


def pooled(weights: Floats, probabilities: Sequence[Floats]) -> Floats:
    """Return the weighted mean of the members' log probabilities."""
    return np.asarray(np.sum([w * np.log(clipped(p)) for w, p in zip(weights, probabilities, strict=True)], axis=0))


def _make_vote(task: Task, children: Sequence[ChildOutcome], folds: Sequence[int]) -> tuple[list[ChildOutcome], Vote]:
    """Calibrate every child, fit their shares and calibrate the vote, all on the rows of `folds`.

    The log loss decides whatever the primary metric is. Calibrating first gives a strongly penalised model, which ranks well
    and says too little, the vote that it deserves.
    """
    rows = np.isin(task.folds, folds)
    codes, counted = task.codes[rows], task.weights_of(rows)
    logs = [np.log(clipped(_oof(c)[rows])) for c in children]
    own = [fit_calibration(log, codes, _SLOPE_PRIOR, counted) for log in logs]
    votes = fit_shares(np.stack([c.slope * log + c.shifts for c, log in zip(own, logs, strict=True)]), codes, counted)
    kept = [int(i) for i in np.argsort(-votes, kind="stable") if votes[i] > 0]
    weights = np.array([votes[i] * own[i].slope for i in kept])
    shift = np.sum([votes[i] * own[i].shifts for i in kept], axis=0)
    scores = pooled(weights, [_oof(children[i])[rows] for i in kept]) + shift
    last = fit_calibration(scores, codes, _SLOPE_PRIOR, counted)
    both = Calibration(last.slope, last.slope * shift + last.shifts)
    return [children[i] for i in kept], Vote(votes[kept], weights, both)


def _make_stack(task: Task, children: Sequence[ChildOutcome], folds: Sequence[int]) -> tuple[list[ChildOutcome], Stack]:
    members = [child for child, _ in choose_members(children, folds)]
    odds = log_odds([_oof(m) for m in members])
    rows = np.isin(task.folds, folds)
    c = _best_penalty(task, odds, folds)
    return members, Stack(_fit_stack(task, odds, rows, c))


def _fit_stack(task: Task, odds: Floats, rows: npt.NDArray[np.bool_], c: float) -> RidgeLogistic:
    return fit_ridge_logistic(odds[rows], task.codes[rows], task.classes, c, task.weights_of(rows))


def _best_penalty(task: Task, odds: Floats, folds: Sequence[int]) -> float:
    """Return the strength with the least log loss, each third of the `folds` predicted from the other two."""
    if len(folds) < 2:
        return _PENALTIES[len(_PENALTIES) // 2]
    losses = dict.fromkeys(_PENALTIES, 0.0)
    for part in (folds[i::_PARTS] for i in range(min(_PARTS, len(folds)))):
        kept = np.isin(task.folds, [f for f in folds if f not in part])
        held = np.isin(task.folds, part)
        for c in _PENALTIES:
            p = _fit_stack(task, odds, kept, c).predict(odds[held])
            given = np.log(np.maximum(p[np.arange(held.sum()), task.codes[held]], 1e-15))
            losses[c] -= float(given.sum() if task.weights is None else given @ task.weights[held])
    return min(losses, key=lambda c: losses[c])


def _rounded(values: Floats) -> list[float]:
    return [round(float(v), 6) for v in values]


def _oof(child: ChildOutcome) -> Floats:
    assert child.probabilities is not None, "may_join lets nobody in without probabilities"
    return child.probabilities


def _fitted(child: ChildOutcome) -> Floats:
    assert child.fitted is not None, "may_join lets nobody in without fitted probabilities"
    return child.fitted


def _to_onnx(task: Task, members: Sequence[ChildOutcome], combination: Vote | Stack) -> bytes:
    graph = Graph(task.values.shape[1], task.classes)
    names = [graph.include(m.model) for m in members if m.model is not None]
    return graph.to_bytes(combination.export(graph, names))
