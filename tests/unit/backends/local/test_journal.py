from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import select

from hfcore.automl.outcome import ChildOutcome, TrialPlan
from hfcore.backends.local.journal import Journal, storable
from hfcore.backends.local.lease import Lease, claim, take_over
from hfcore.backends.local.processes import ProcessId
from hfcore.backends.local.store import Store
from hfcore.backends.local.tables import children
from hfcore.errors import ArtifactDamaged, LeaseLost
from hfcore.states import RunState
from tests.faultcheck import assert_store_sound
from tests.unit.backends.local.runs_in_store import add_run, child_states, run_row

PLANS = [TrialPlan(n, f"MaxAbsScaler, {a}", {"C": 0.5}) for n, a in enumerate(("SVM", "KNN", "SGD"))]


def outcome(number: int, score: float | None = 0.8, **values: object) -> ChildOutcome:
    made = ChildOutcome(
        number=number,
        algorithm=PLANS[number].algorithm,
        state=RunState.COMPLETED if score is not None else RunState.FAILED,
        score=score,
        fold_scores=() if score is None else (score, score),
        metrics={} if score is None else {"AUC_weighted": score, "log_loss": 0.5},
        probabilities=np.full((4, 2), 0.5),
        seconds=1.5,
        started_at=datetime(2026, 1, 1, tzinfo=UTC),
        ended_at=datetime(2026, 1, 2, tzinfo=UTC),
        model=None if score is None else b"onnx bytes",
    )
    return replace(made, **values)


class At:
    """A store with one claimed run and the journal of its first attempt."""

    def __init__(self, home: Path) -> None:
        self.store = Store.open(home)
        self.lease = add_run(self.store)
        self.journal = Journal(self.store, self.lease, claim(self.store, self.lease, ProcessId.current()).attempt)
        self.journal.plan(PLANS)

    def next_attempt(self) -> tuple[Lease, Journal]:
        lease = take_over(self.store, run_row(self.store, self.lease.run_id))
        assert lease is not None
        return lease, Journal(self.store, lease, claim(self.store, lease, ProcessId.current()).attempt)


@pytest.fixture
def at(home: Path) -> At:
    return At(home)


def test_the_plan_makes_the_run_running(at: At) -> None:
    """With its plan known, a run is RUNNING and says how many child runs it intends."""
    row = run_row(at.store, at.lease.run_id)
    assert (row.state, row.planned, row.finished) == ("RUNNING", 3, 0)


def test_a_child_is_seen_as_soon_as_it_starts(at: At) -> None:
    """A started child run is in the store before it has a result."""
    at.journal.start(PLANS[0])
    assert child_states(at.store, at.lease.run_id) == ["RUNNING"]


def test_the_best_so_far_has_a_model(at: At) -> None:
    """The leader is the best score among child runs that have a model, the lower number among equals."""
    leaders = []
    for made in (outcome(0, 0.7), outcome(1, 0.9, model=None, export_note="no converter"), outcome(2, 0.7)):
        at.journal.end(made, report=None)
        row = run_row(at.store, at.lease.run_id)
        leaders.append((row.finished, row.best_child_id, row.best_score))
    first = f"{at.lease.run_id}_0"
    assert leaders == [(1, first, 0.7), (2, first, 0.7), (3, first, 0.7)]


def test_finished_children_are_handed_to_the_next_attempt(at: At, home: Path) -> None:
    """What had finished comes back complete with its model, what had only begun is open again, and files are sound."""
    for plan in PLANS:
        at.journal.start(plan)
    at.journal.end(outcome(0, 0.7), report="{}")
    at.journal.end(outcome(1, None, message="did not converge"), report=None)
    lease, journal = at.next_attempt()
    journal.reopen()
    again = journal.finished()
    assert again == [outcome(0, 0.7), outcome(1, None, message="did not converge")]
    assert [o.model for o in again] == [b"onnx bytes", None]
    assert np.array_equal(again[0].probabilities, np.full((4, 2), 0.5))
    assert child_states(at.store, lease.run_id) == ["COMPLETED", "FAILED", "QUEUED"]
    assert_store_sound(home, processes=False)


def test_a_finished_child_is_never_changed(at: At) -> None:
    """A second result for a child run that has finished is not taken."""
    at.journal.end(outcome(0, 0.7), report=None)
    _, journal = at.next_attempt()
    journal.end(outcome(0, 0.99), report=None)
    with at.store.read() as connection:
        row = connection.execute(select(children)).one()
    assert (row.score, row.attempt) == (0.7, 1)


def test_a_late_worker_writes_nothing(at: At, home: Path) -> None:
    """A worker whose run was taken over is refused at every step, and its files never take the place of others'."""
    at.journal.start(PLANS[0])
    _, journal = at.next_attempt()
    journal.end(outcome(0, 0.7), report="{}")
    late = at.journal
    steps = (
        lambda: late.phase("late"),
        lambda: late.start(PLANS[1]),
        lambda: late.end(outcome(0, 0.9), report="{}"),
        lambda: late.complete(outcome(0, 0.9), "{}", "late"),
        lambda: late.give_up(RunState.FAILED, "late"),
    )
    for step in steps:
        with pytest.raises(LeaseLost):
            step()
    row = run_row(at.store, at.lease.run_id)
    assert (row.state, row.best_score, row.phase) == ("RUNNING", 0.7, "")
    assert_store_sound(home, processes=False)


def test_the_end_names_the_winner_and_its_report(at: At, home: Path) -> None:
    """A completed run has its winner, the winner's last report, an end, and no child at work."""
    at.journal.start(PLANS[1])
    at.journal.end(outcome(0, 0.7), report="first")
    at.journal.complete(outcome(0, 0.7), "with the honest estimate", "Finished")
    row = run_row(at.store, at.lease.run_id)
    assert (row.state, row.best_child_id, row.phase) == ("COMPLETED", f"{at.lease.run_id}_0", "Finished")
    assert child_states(at.store, at.lease.run_id) == ["COMPLETED", "CANCELED"]
    at.journal.tidy()
    assert [p.read_text() for p in home.rglob("*.report.json")] == ["with the honest estimate"]
    assert_store_sound(home)


@pytest.mark.fault
def test_a_damaged_outcome_is_not_used(at: At, home: Path) -> None:
    """A finished child run whose file was changed is refused, never used in an ensemble."""
    at.journal.end(outcome(0, 0.7), report=None)
    file = next(home.rglob("*.npz"))
    file.write_bytes(file.read_bytes()[:-1] + b"?")
    with pytest.raises(ArtifactDamaged):
        at.journal.finished()


def test_what_json_cannot_hold_becomes_none() -> None:
    """Numbers of numpy are stored as numbers, infinities and NaN as nothing, all the way down."""
    value = {"a": np.float64(0.5), "b": (np.int64(2), float("nan")), 3: {"c": float("inf"), "d": np.bool_(True)}}
    assert storable(value) == {"a": 0.5, "b": [2, None], "3": {"c": None, "d": True}}
