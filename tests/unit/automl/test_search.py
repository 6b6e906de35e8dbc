"""The search: stopping rules, limits, dead processes; the same trials in the end however many work at once."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from hfcore.automl import fit
from hfcore.automl.executors import InlineExecutor, ProcessExecutor
from hfcore.automl.outcome import ChildOutcome, TrialPlan
from hfcore.automl.search import Limits, Listeners, Search
from hfcore.automl.stopping import StoppingRule
from hfcore.automl.table import TrainingTable
from hfcore.errors import InvalidInput, TrainingFailed
from hfcore.states import RunState
from tests.unit.automl.executors import SECRET, Sabotage, Scripted
from tests.unit.automl.runs import same_bits, small, task_of

RISING = [0.5 + 0.01 * i for i in range(24)]
FLAT = [0.9] + [0.5] * 39


def scripted(table: TrainingTable, scores: list[float], rule: StoppingRule, workers: int) -> tuple[list[ChildOutcome], list[str]]:
    """Search through as many plans as there are scores; return the outcomes and what the listeners heard."""
    heard: list[str] = []
    listeners = Listeners(lambda p: heard.append(f"start {p.number}"), lambda o: heard.append(f"end {o.number}"), heard.append)
    plans = [TrialPlan(i, "SVM") for i, _ in enumerate(scores, start=1)]
    limits = Limits(deadline=time.time() + 60, trial_s=60)
    return Search(task_of(table), plans, rule, limits, Scripted(scores, workers), listeners).run(), heard


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize(
    ("scores", "rule", "last"),
    [
        (RISING, StoppingRule(early=True), 24),
        (FLAT, StoppingRule(early=True), 20),
        (FLAT, StoppingRule(early=False), 40),
        ([0.5] * 14 + [0.6] + [0.5] * 20, StoppingRule(early=True), 25),
        ([0.5, 0.6, 0.8, 0.9, 0.95], StoppingRule(early=True, exit_score=0.8), 3),
        ([0.9, 0.6, 0.8, 0.9, 0.95], StoppingRule(early=False, exit_score=0.8), 1),
    ],
)
def test_the_search_stops_at_the_same_trial_at_any_concurrency(
    scores: list[float], rule: StoppingRule, last: int, workers: int, table: TrainingTable
) -> None:
    """Not before 20 trials, then after ten without a better one; or at the exit score; listeners hear of no trial beyond."""
    outcomes, heard = scripted(table, scores, rule, workers)
    assert [o.number for o in outcomes] == list(range(1, last + 1))
    assert sorted(heard) == sorted(f"{word} {n}" for n in range(1, last + 1) for word in ("start", "end"))
    assert all(heard.index(f"start {n}") < heard.index(f"end {n}") for n in range(1, last + 1))


def test_trials_are_told_as_soon_as_they_surely_belong(table: TrainingTable) -> None:
    """Without an exit score a trial that ends early is told at once, not held back until the one before has ended."""
    _, heard = scripted(table, RISING, StoppingRule(early=True), workers=2)
    assert heard.index("end 2") < heard.index("end 1")


def test_one_and_two_processes_give_the_same_leaderboard(heart: pd.DataFrame, pool: ProcessExecutor) -> None:
    """Scores, predictions, members and winner are equal to the last bit in process and on two processes."""
    settings = small(allowed_models=("LogisticRegression", "SVM", "LightGBM", "KNN"), iterations=9)
    one, two = fit(heart, settings), fit(heart, settings, executor=pool)
    assert [(c.number, c.algorithm, c.score) for c in one.children] == [(c.number, c.algorithm, c.score) for c in two.children]
    assert all(same_bits(a.probabilities, b.probabilities) for a, b in zip(one.children, two.children, strict=True))
    assert [c.members for c in one.children] == [c.members for c in two.children]
    assert one.best.number == two.best.number
    assert len(one.children) == 9
    assert [c.algorithm for c in one.children[-2:]] == ["VotingEnsemble", "StackEnsemble"]


def test_trees_with_a_start_and_their_vote_are_the_same_on_two_processes(heart: pd.DataFrame, pool: ProcessExecutor) -> None:
    """Predictions, members and files of kernels, started trees and both ensembles are equal to the last bit."""
    settings = small(allowed_models=("SVM", "XGBoostClassifier"), iterations=6)
    one, two = fit(heart, settings), fit(heart, settings, executor=pool)
    for a, b in zip(one.children, two.children, strict=True):
        assert same_bits(a.probabilities, b.probabilities)
        assert (a.algorithm, a.score, a.members, a.model) == (b.algorithm, b.score, b.members, b.model)
    assert len(one.children) == 6


def test_another_seed_deals_other_folds(heart: pd.DataFrame) -> None:
    """The seed matters, so the equality above is not an accident."""
    settings = small(allowed_models=("LogisticRegression",), iterations=1)
    assert fit(heart, settings).best.score != fit(heart, replace(settings, random_state=7)).best.score


def test_a_resumed_run_repeats_nothing_and_ends_alike(heart: pd.DataFrame) -> None:
    """Trials that had finished are not submitted again, and the winner and the ensembles are the same."""
    settings = small(iterations=7)
    whole = fit(heart, settings)
    executor, heard = Sabotage(InlineExecutor()), []
    kept = [whole.children[i] for i in (0, 2, 3)]
    resumed = fit(heart, settings, heard.append, finished=kept, executor=executor)
    assert executor.submitted == [2, 5, 6, 7]
    assert [o.number for o in heard] == [2, 5, 6, 7]
    assert [(c.number, c.score) for c in resumed.children] == [(c.number, c.score) for c in whole.children]
    assert resumed.best.score == whole.best.score


def test_a_finished_run_is_only_read(heart: pd.DataFrame) -> None:
    """With everything finished nothing is submitted at all."""
    settings = small(iterations=4)
    whole, executor = fit(heart, settings), Sabotage(InlineExecutor())
    assert fit(heart, settings, finished=whole.children, executor=executor).best.score == whole.best.score
    assert executor.submitted == []


def test_a_run_goes_on_with_the_folds_it_was_begun_with(heart: pd.DataFrame) -> None:
    """Begun in ten folds, the usual number of another release, it ends in ten with the same result; other folds are refused."""
    whole = fit(heart, small(iterations=6, n_cross_validations=10))
    asked = small(iterations=6, n_cross_validations=None)
    resumed = fit(heart, asked, finished=whole.children[:3])
    assert [(c.number, c.score, c.fold_scores) for c in resumed.children] == [
        (c.number, c.score, c.fold_scores) for c in whole.children
    ]
    with pytest.raises(InvalidInput, match="does not belong"):
        fit(heart, small(iterations=6, n_cross_validations=7), finished=whole.children[:3])


def test_outcomes_of_another_run_are_refused(heart: pd.DataFrame) -> None:
    """What does not fit the plan or the table is an error, not a silent mix."""
    foreign = ChildOutcome(1, "MaxAbsScaler, LightGBM", RunState.COMPLETED, 0.99)
    with pytest.raises(InvalidInput, match="Trial 1"):
        fit(heart, small(), finished=[foreign])
    short = replace(fit(heart, small(iterations=1)).best, probabilities=np.zeros((5, 2)))
    with pytest.raises(InvalidInput, match="does not belong"):
        fit(heart, small(), finished=[short])


@pytest.mark.fault
def test_a_trial_that_kills_its_process_is_left_out_after_three_deaths(heart: pd.DataFrame, pool: ProcessExecutor) -> None:
    """The run completes with the rest, the trial is CRASHED with a sentence, and every other trial ran once."""
    executor = Sabotage(pool, dies={2})
    result = fit(heart, small(iterations=5), executor=executor)
    crashed = result.children[1]
    assert (crashed.state, crashed.score, crashed.model) == (RunState.CRASHED, None, None)
    assert "3 times" in (crashed.message or "")
    assert sorted(executor.submitted) == [1, 2, 2, 2, 3, 4, 5]
    assert {c.state for c in result.children if c.number != 2} == {RunState.COMPLETED}


@pytest.mark.fault
def test_a_trial_that_hangs_is_stopped_at_its_limit(heart: pd.DataFrame, pool: ProcessExecutor) -> None:
    """It is TIMED_OUT with a sentence, the run goes on, and so does its process's place in the pool."""
    result = fit(heart, small(iterations=2, iteration_timeout_minutes=0.02), executor=Sabotage(pool, hangs={1}))
    hung, other = result.children
    assert (hung.state, other.state) == (RunState.TIMED_OUT, RunState.COMPLETED)
    assert "time limit of 1.2 s" in (hung.message or "")
    assert 1 < (hung.seconds or 0) < 11


@pytest.mark.parametrize("where", ["inline", "pool"])
def test_a_trial_that_fails_names_kind_and_place_and_no_value(where: str, heart: pd.DataFrame, pool: ProcessExecutor) -> None:
    """A learner that raises is FAILED with the kind of error and its line, not its text; the others go on."""
    executor = Sabotage(InlineExecutor() if where == "inline" else pool, fails={1})
    result = fit(heart, small(iterations=2), executor=executor)
    assert result.children[0].state is RunState.FAILED
    message = result.children[0].message or ""
    assert "ValueError" in message
    assert "line " in message
    assert SECRET not in message
    assert result.best.number == 2


def test_a_run_in_which_nothing_succeeds_says_so(heart: pd.DataFrame) -> None:
    """Without a single model the run fails in words."""
    with pytest.raises(TrainingFailed, match="No pipeline could be trained"):
        fit(heart, small(iterations=2), executor=Sabotage(InlineExecutor(), fails={1, 2}))


def test_no_trial_starts_after_the_deadline(heart: pd.DataFrame) -> None:
    """A deadline that passes after the second trial leaves two trials and the ensembles of what there is."""
    clock: dict[str, Any] = {"ended": 0}

    class Deadline(float):
        """A moment that comes when two trials have ended."""

        def __le__(self, now: float) -> bool:
            return clock["ended"] >= 2

    def count(outcome: ChildOutcome) -> None:
        clock["ended"] += 1

    result = fit(heart, small(), count, deadline=Deadline(time.time() + 3600))
    assert [c.number for c in result.children[:2]] == [1, 2]
    assert [c.algorithm for c in result.children[2:]] == ["VotingEnsemble", "StackEnsemble"]


def test_a_deadline_in_the_past_is_a_sentence(heart: pd.DataFrame) -> None:
    """No time at all means no model, said in words."""
    with pytest.raises(TrainingFailed, match="Allow more time"):
        fit(heart, small(), deadline=time.time() - 1)


def test_a_listener_that_raises_ends_the_search(heart: pd.DataFrame) -> None:
    """An error in a callback, such as a lost lease, comes out of fit and nothing further is submitted."""
    executor = Sabotage(InlineExecutor())

    def refuse(outcome: ChildOutcome) -> None:
        raise RuntimeError("lease lost")

    with pytest.raises(RuntimeError, match="lease lost"):
        fit(heart, small(), refuse, executor=executor)
    assert executor.submitted == [1]
