"""The search: trials in plan order, as many at once as the executor takes, the same result however many that is."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from hfcore.automl.executors import TrialExecutor
from hfcore.automl.outcome import ChildOutcome, TrialPlan
from hfcore.automl.stopping import StoppingRule
from hfcore.automl.supervisor import Supervisor
from hfcore.automl.trial import Task, run_trial

_LEAST_LIMIT_S = 5.0


@dataclass(frozen=True)
class Limits:
    """Moments and durations: no trial starts after `deadline` (time.time()); one trial takes `trial_s` at most."""

    deadline: float
    trial_s: float

    @property
    def is_over(self) -> bool:
        """True once no further trial may start."""
        return time.time() >= self.deadline

    def next_limit(self) -> float:
        """Return the time limit, seconds, of a trial that starts now; one that started in time gets at least 5 s."""
        return min(max(self.deadline - time.time(), _LEAST_LIMIT_S), self.trial_s)


@dataclass(frozen=True)
class Listeners:
    """Who is told that a trial has started, that one has ended, and in words what happens now."""

    on_start: Callable[[TrialPlan], object]
    on_child: Callable[[ChildOutcome], object]
    on_phase: Callable[[str], object]


class Search:
    """Works through the plans until they, the time, or the stopping rule end it.

    A trial that is worked on although the rule may yet stop before it stays unseen until the rule has
    decided; if the search stops first, it is dropped. So listeners see the same trials at any concurrency.
    """

    def __init__(
        self,
        task: Task,
        plans: Sequence[TrialPlan],
        rule: StoppingRule,
        limits: Limits,
        executor: TrialExecutor,
        listeners: Listeners,
        finished: Iterable[ChildOutcome] = (),
    ) -> None:
        self._task = task
        self._plans = {plan.number: plan for plan in plans}
        self._rule = rule
        self._limits = limits
        self._listeners = listeners
        self._supervisor = Supervisor(executor)
        self._starts_first = not executor.works_on_submit
        self._results = {outcome.number: outcome for outcome in finished}
        self._waiting = [n for n in sorted(self._plans) if n not in self._results]
        self._announced = set(self._results)
        self._told = set(self._results)

    def run(self) -> list[ChildOutcome]:
        """Search to the end and return the outcomes by number, earlier ones included."""
        try:
            while self._advance():
                self._results |= {o.number: o for o in self._supervisor.next_outcomes()}
        finally:
            self._supervisor.cancel()
        return [self._results[n] for n in sorted(self._results)]

    def _advance(self) -> bool:
        """Decide, start what there is room for, tell; return False when nothing is left in flight."""
        last = self._rule.stop(self._known_scores())
        if last is not None:
            self._supervisor.cancel(after=last)
            self._waiting = []
            self._results = {n: o for n, o in self._results.items() if n <= last}
            self._tell(last)
        elif self._starts_first:  # other processes work on while the listeners take their time
            self._fill()
            self._tell(self._certain())
        else:
            self._tell(self._certain())
            self._fill()
        return bool(self._supervisor.numbers)

    def _certain(self) -> int:
        return self._rule.certain(len(self._known_scores()), len(self._plans))

    def _known_scores(self) -> list[float | None]:
        scores: list[float | None] = []
        for number in sorted(self._plans):
            if number not in self._results:
                break
            outcome = self._results[number]
            scores.append(outcome.score if outcome.is_scored else None)
        return scores

    def _fill(self) -> None:
        while self._waiting and self._supervisor.has_room and not self._limits.is_over:
            plan = self._plans[self._waiting.pop(0)]
            limit = self._limits.next_limit()
            if plan.number <= self._certain():
                self._announce(plan.number)
            self._supervisor.start(plan, run_trial, replace(self._task, limit_s=limit), plan, limit_s=limit)

    def _tell(self, certain: int) -> None:
        for number in sorted(self._supervisor.numbers | self._results.keys()):
            if number <= certain:
                self._announce(number)
        for number in sorted(self._results.keys() - self._told):
            if number <= certain:
                self._told.add(number)
                self._listeners.on_child(self._results[number])

    def _announce(self, number: int) -> None:
        if number not in self._announced:
            self._announced.add(number)
            self._listeners.on_start(self._plans[number])
