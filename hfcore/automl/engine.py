"""fit: a whole AutoML run in process, without a workspace."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from hfcore.automl.ensemble import may_join, run_ensemble
from hfcore.automl.executors import InlineExecutor, TrialExecutor
from hfcore.automl.learners.kept import forget
from hfcore.automl.outcome import ChildOutcome, TrialPlan
from hfcore.automl.portfolio import plan_trials
from hfcore.automl.result import AutoMLResult
from hfcore.automl.search import Limits, Listeners, Search
from hfcore.automl.settings import AutoMLSettings
from hfcore.automl.stopping import StoppingRule
from hfcore.automl.supervisor import Supervisor
from hfcore.automl.table import TrainingTable, training_table
from hfcore.automl.trial import Task
from hfcore.automl.tuning import tune
from hfcore.automl.validation import as_begun
from hfcore.automl.winner import choose_winner
from hfcore.errors import InvalidInput

if TYPE_CHECKING:
    import pandas as pd

_ENSEMBLE_LIMIT_S = 60.0
_TRIAL_SHARE = 0.25  # of the whole time, for one trial, so that one that hangs cannot take all of it
_LEAST_TRIAL_S = 10.0


def fit(
    frame: pd.DataFrame,
    settings: AutoMLSettings,
    on_child: Callable[[ChildOutcome], object] | None = None,
    *,
    on_plan: Callable[[Sequence[TrialPlan]], object] | None = None,
    on_start: Callable[[TrialPlan], object] | None = None,
    on_phase: Callable[[str], object] | None = None,
    finished: Iterable[ChildOutcome] = (),
    executor: TrialExecutor | None = None,
    deadline: float | None = None,
    export: bool = True,
    explain: bool = False,
) -> AutoMLResult:
    """Try the portfolio on a table, combine the best, and return every trial. Blocks; callbacks run in this thread.

    Args:
        frame: One row per patient, the label column included.
        settings: What to do; see AutoMLSettings.
        on_child: Told of every trial that ends, well or badly.
        on_plan: Told once which trials are planned.
        on_start: Told of every trial that starts.
        on_phase: Told in words what happens now.
        finished: Outcomes of an earlier, interrupted attempt; they are kept and not tried again.
        executor: Where trials are worked on; None for this process, one after another.
        deadline: time.time() after which no trial starts; by default experiment_timeout_minutes from now.
        export: Write each pipeline as ONNX and check it; without it nothing can be registered or predict.
        explain: Let each trial also predict its held-out rows with one column shuffled, to tell how much it depends on it.

    Raises:
        InvalidSettings: a setting that this table or this engine cannot honour.
        TrainingFailed: not a single pipeline could be trained.
    """
    forget()
    earlier = list(finished)
    settings = as_begun(settings, earlier)
    table = training_table(frame, settings)
    task = task_of(table, settings, export, explain)
    plans = plan_trials(settings, len(table.codes))
    _check_fitting(earlier, plans, task)
    _tell(on_plan, plans)
    listeners = Listeners(on_start or _ignore, on_child or _ignore, on_phase or _ignore)
    children = _search(task, settings, plans, earlier, executor or InlineExecutor(), listeners, deadline)
    winner = choose_winner(children, task)
    told = (table.labels, table.features, task.folds, winner.head_start, table.levels, table.guardrails)
    return AutoMLResult(tuple(children), winner.child, *told)


def _search(
    task: Task,
    settings: AutoMLSettings,
    plans: Sequence[TrialPlan],
    earlier: Sequence[ChildOutcome],
    executor: TrialExecutor,
    listeners: Listeners,
    deadline: float | None,
) -> list[ChildOutcome]:
    trials = [plan for plan in plans if not plan.is_ensemble]
    ensembles = [plan for plan in plans if plan.is_ensemble]
    listeners.on_phase(f"Trying {len(trials)} pipelines, each on {len(task.fold_numbers)} folds")
    rule, limits, begun = StoppingRule.of(settings), _limits(settings, deadline), list[TrialPlan]()

    def work(more: Sequence[TrialPlan], ended: Sequence[ChildOutcome]) -> list[ChildOutcome]:
        """Work on further trials; what an interrupted attempt had finished is not tried again."""
        begun.extend(more)
        numbers = {plan.number for plan in more}
        known = [*ended, *(outcome for outcome in earlier if outcome.number in numbers)]
        return Search(task, begun, rule, limits, executor, listeners, known).run()

    def goes_on(ended: Sequence[ChildOutcome]) -> bool:
        scores = [outcome.score if outcome.is_scored else None for outcome in ended]
        return len(ended) == len(begun) and rule.stop(scores) is None and not limits.is_over

    children = work([plan for plan in trials if not plan.is_tuned], ())
    children = tune([plan for plan in trials if plan.is_tuned], children, task.seed, goes_on, work)
    if not ensembles:
        return children
    listeners.on_phase("Combining the best pipelines")
    return children + _combine(task, ensembles, children, earlier, executor, listeners)


def _limits(settings: AutoMLSettings, deadline: float | None) -> Limits:
    """Return the time limits; minutes in the settings, seconds here."""
    whole, one = 60 * settings.experiment_timeout_minutes, settings.iteration_timeout_minutes
    share = max(whole * _TRIAL_SHARE, _LEAST_TRIAL_S) if one is None else 60 * one
    return Limits(time.time() + whole if deadline is None else deadline, share)


def _combine(
    task: Task,
    plans: Sequence[TrialPlan],
    children: Sequence[ChildOutcome],
    earlier: Sequence[ChildOutcome],
    executor: TrialExecutor,
    listeners: Listeners,
) -> list[ChildOutcome]:
    members = [child for child in children if may_join(child, task.export)]
    known = {o.number: o for o in earlier}
    outcomes = [known[plan.number] for plan in plans if plan.number in known]
    missing = [plan for plan in plans if plan.number not in known]
    if len(members) < 2:
        return outcomes
    supervisor = Supervisor(executor)
    for plan in missing:
        listeners.on_start(plan)
        supervisor.start(plan, run_ensemble, task, plan, members, limit_s=_ENSEMBLE_LIMIT_S)
    try:
        while supervisor.numbers:
            for outcome in supervisor.next_outcomes():
                outcomes.append(outcome)
                listeners.on_child(outcome)
    finally:
        supervisor.cancel()
    return sorted(outcomes, key=lambda o: o.number)


def task_of(table: TrainingTable, settings: AutoMLSettings, export: bool = True, explain: bool = False) -> Task:
    """Return what every trial of a run on this table shares."""
    return Task(
        values=table.values,
        codes=table.codes,
        classes=table.classes,
        folds=table.folds(settings),
        primary_metric=settings.primary_metric,
        seed=settings.random_state,
        impute=settings.featurization == "auto",
        export=export,
        weights=table.weights,
        splits=table.splits(settings),
        text=table.text,
        shuffles=table.shuffles(settings) if explain else None,
    )


def _check_fitting(finished: Sequence[ChildOutcome], plans: Sequence[TrialPlan], task: Task) -> None:
    """Raise InvalidInput for an earlier outcome that does not belong to this table and these plans."""
    names = {plan.number: plan.algorithm for plan in plans}
    for outcome in finished:
        if names.get(outcome.number) != outcome.algorithm or not _fits(outcome, task):
            raise InvalidInput(
                {"finished": f"Trial {outcome.number} ({outcome.algorithm}) does not belong to this table and these settings."},
                "Start the run anew.",
            )


def _fits(outcome: ChildOutcome, task: Task) -> bool:
    """Tell whether an earlier outcome has the rows, cases and classes of this task."""
    if outcome.probabilities is None:
        return True
    cases = None if task.splits is None else (len(task.splits.rows), task.classes)
    found = None if outcome.cases is None else outcome.cases.shape
    as_many = len(outcome.fold_scores) == len(task.fold_numbers)
    return as_many and outcome.probabilities.shape == (len(task.codes), task.classes) and found == cases


def _tell(listener: Callable[[Any], object] | None, news: Any) -> None:
    if listener is not None:
        listener(news)


def _ignore(news: object) -> None:
    """Nobody listens."""
