from __future__ import annotations

from pathlib import Path
from threading import Barrier, Thread

import pytest

from hfcore.backends.local.lease import Lease
from hfcore.backends.local.moves import move
from hfcore.backends.local.store import Store
from hfcore.errors import IllegalMove, LeaseLost, RunNotFound
from hfcore.states import RunState, can_move
from tests.unit.backends.local.runs_in_store import add_child, add_run, child_states, run_row


@pytest.mark.parametrize("old", [s for s in RunState if s is not RunState.UNKNOWN])
def test_only_allowed_moves_change_anything(home: Path, old: RunState) -> None:
    """Every move that the table of states allows is made, every other one raises and changes nothing."""
    store = Store.open(home)
    for number, new in enumerate(RunState):
        lease = add_run(store, number, state=old.value)
        if can_move(old, new):
            with store.write() as connection:
                move(connection, lease.run_id, new)
            assert run_row(store, lease.run_id).state == new.value
        else:
            with pytest.raises(IllegalMove, match=old.value), store.write() as connection:
                move(connection, lease.run_id, new)
            assert run_row(store, lease.run_id).state == old.value


def test_an_ended_run_has_an_end_and_no_child_at_work(home: Path) -> None:
    """The move that ends a run dates its end and ends the children that were going; finished ones keep their state."""
    store = Store.open(home)
    lease = add_run(store, state="RUNNING")
    for number, state in enumerate(("COMPLETED", "RUNNING", "QUEUED", "FAILED")):
        add_child(store, lease, number, state)
    with store.write() as connection:
        move(connection, lease.run_id, RunState.CANCELED)
    assert run_row(store, lease.run_id).ended_at is not None
    assert child_states(store, lease.run_id) == ["COMPLETED", "CANCELED", "CANCELED", "FAILED"]


def test_a_move_under_a_lost_lease_is_refused(home: Path) -> None:
    """A worker whose lease was given to another cannot move the run."""
    store = Store.open(home)
    lease = add_run(store, state="RUNNING")
    with pytest.raises(LeaseLost), store.write() as connection:
        move(connection, lease.run_id, RunState.COMPLETED, Lease(lease.run_id, "older"))
    assert run_row(store, lease.run_id).state == "RUNNING"


def test_an_unknown_run_is_named(home: Path) -> None:
    """Moving a run that does not exist names it and the known ones."""
    store = Store.open(home)
    add_run(store)
    with pytest.raises(RunNotFound, match="AutoML_test-1"), store.write() as connection:
        move(connection, "missing", RunState.CANCELED)


def test_of_racing_moves_exactly_one_wins(home: Path) -> None:
    """When several connections end one run at the same moment, one succeeds and the others are told; 50 times over."""
    stores = [Store.open(home) for _ in range(3)]
    ends = [RunState.COMPLETED, RunState.CANCELED, RunState.FAILED]
    won: list[tuple[int, RunState]] = []

    def racer(store: Store, to: RunState, together: Barrier) -> None:
        for number in range(50):
            together.wait()
            try:
                with store.write() as connection:
                    move(connection, f"AutoML_test-{number}", to)
            except IllegalMove:
                continue
            won.append((number, to))

    for number in range(50):
        add_run(stores[0], number, state="RUNNING")
    together = Barrier(3)
    threads = [Thread(target=racer, args=(s, to, together)) for s, to in zip(stores, ends, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(number for number, _ in won) == list(range(50))
    assert all(run_row(stores[0], f"AutoML_test-{number}").state == to.value for number, to in won)
