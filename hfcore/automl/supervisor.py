"""Trials in flight: started, watched, tried again when their process dies, given up in plain words."""

from __future__ import annotations

import re
import time
import traceback
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hfcore.automl.executors import TrialExecutor
from hfcore.automl.outcome import ChildOutcome, TrialPlan
from hfcore.errors import HfError
from hfcore.states import RunState

MOST_DEATHS = 3


@dataclass
class _Flight:
    """One trial on its way."""

    plan: TrialPlan
    work: Callable[..., ChildOutcome]
    args: tuple[Any, ...]
    limit_s: float | None
    started_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    clock: float = field(default_factory=time.monotonic)
    deaths: int = 0


class Supervisor:
    """Runs trials on an executor so that each ends in exactly one outcome, whatever happens to its process."""

    def __init__(self, executor: TrialExecutor) -> None:
        self._executor = executor
        self._flights: dict[Future[ChildOutcome], _Flight] = {}

    @property
    def numbers(self) -> set[int]:
        """Numbers of the trials in flight."""
        return {flight.plan.number for flight in self._flights.values()}

    @property
    def has_room(self) -> bool:
        """True while another trial could start at once."""
        return len(self._flights) < self._executor.workers

    def start(self, plan: TrialPlan, work: Callable[..., ChildOutcome], *args: Any, limit_s: float | None = None) -> None:
        """Start a trial."""
        self._launch(_Flight(plan, work, args, limit_s))

    def next_outcomes(self) -> list[ChildOutcome]:
        """Wait until at least one trial has ended or has to be tried again; return the outcomes of those that ended."""
        done, _ = wait(self._flights, return_when=FIRST_COMPLETED)
        outcomes = []
        for future in done:
            flight = self._flights.pop(future)
            error = future.exception()
            if error is None:
                outcomes.append(future.result())
            elif self._executor.is_death(error) and flight.deaths + 1 < MOST_DEATHS:
                flight.deaths += 1
                self._launch(flight)
            else:
                outcomes.append(self._given_up(flight, error))
        return sorted(outcomes, key=lambda o: o.number)

    def cancel(self, after: int = 0) -> None:
        """Drop every trial in flight whose number is above `after`."""
        for future, flight in list(self._flights.items()):
            if flight.plan.number > after:
                future.cancel()
                del self._flights[future]

    def _launch(self, flight: _Flight) -> None:
        future = self._executor.submit(flight.work, *flight.args, limit_s=flight.limit_s)
        self._flights[future] = flight

    def _given_up(self, flight: _Flight, error: BaseException) -> ChildOutcome:
        state, message = _verdict(flight, error, self._executor.is_death(error))
        return ChildOutcome(
            number=flight.plan.number,
            algorithm=flight.plan.algorithm,
            state=state,
            message=message,
            started_at=flight.started_at,
            ended_at=datetime.now(UTC),
            seconds=time.monotonic() - flight.clock,
            export_note="The trial did not finish, so there is no model.",
        )


def _verdict(flight: _Flight, error: BaseException, died: bool) -> tuple[RunState, str]:
    if died:
        return RunState.CRASHED, f"The process working on this trial died {MOST_DEATHS} times, so it was left out."
    if isinstance(error, TimeoutError):
        limit = "" if flight.limit_s is None else f" of {flight.limit_s:.3g} s"
        return RunState.TIMED_OUT, f"The trial was stopped at its time limit{limit}."
    return RunState.FAILED, f"The trial failed: {error}" if isinstance(
        error, HfError
    ) else f"The trial failed with {_named(error)}."


def _named(error: BaseException) -> str:
    """Name an error by kind and place only; its text might hold values of the table."""
    places = re.findall(r'File "([^"]+)", line (\d+)', "".join(traceback.format_exception(error)))
    return f"{type(error).__name__} ({Path(places[-1][0]).name}, line {places[-1][1]})" if places else type(error).__name__
