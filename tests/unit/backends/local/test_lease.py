from __future__ import annotations

import time
from pathlib import Path
from threading import Barrier, Thread

import pytest
from sqlalchemy import update

from hfcore.backends.local import lease as leases
from hfcore.backends.local.lease import Lease, beat, claim, guard, is_dead, note_started, take_over
from hfcore.backends.local.processes import ProcessId
from hfcore.backends.local.store import Store
from hfcore.backends.local.tables import runs
from hfcore.errors import LeaseLost
from tests.unit.backends.local.runs_in_store import add_run, run_row

NOBODY = ProcessId(2**22 + 1, 0.0)  # above the largest pid of a 64-bit Linux


def aged(store: Store, seconds: float) -> None:
    with store.write() as connection:
        connection.execute(update(runs).values(lease_beat=time.time() - seconds))


def test_a_claim_starts_the_run_and_counts_the_attempt(home: Path) -> None:
    """Claiming moves QUEUED to STARTING, records the process, and a token can be claimed by its holder only."""
    store = Store.open(home)
    lease = add_run(store)
    assert claim(store, lease, ProcessId.current()).attempt == 1
    row = run_row(store, lease.run_id)
    assert (row.state, row.lease_pid, row.attempts) == ("STARTING", ProcessId.current().pid, 1)
    assert row.started_at is not None
    with pytest.raises(LeaseLost):
        claim(store, Lease.fresh(lease.run_id), ProcessId.current())


@pytest.mark.parametrize("state", ["CANCELED", "COMPLETED", "CRASHED"])
def test_nothing_is_written_to_an_ended_run(home: Path, state: str) -> None:
    """A worker that comes to a run that has ended is refused, with its claim, its sign of life and its results."""
    store = Store.open(home)
    lease = add_run(store, state=state)
    with pytest.raises(LeaseLost):
        claim(store, lease, ProcessId.current())
    with pytest.raises(LeaseLost):
        beat(store, lease, 1.0)
    assert run_row(store, lease.run_id).state == state


def test_a_late_result_is_refused(home: Path) -> None:
    """What a worker writes after its run was taken over is refused, and the whole transaction with it."""
    store = Store.open(home)
    old = add_run(store, state="RUNNING", lease_pid=NOBODY.pid, lease_started=NOBODY.started)
    new = take_over(store, run_row(store, old.run_id))
    assert new is not None

    def write_late() -> None:
        with store.write() as connection:
            connection.execute(update(runs).values(finished=99))
            guard(connection, old, phase="late")

    with pytest.raises(LeaseLost):
        write_late()
    row = run_row(store, old.run_id)
    assert (row.finished, row.phase) == (0, "")
    beat(store, new, 2.5)
    assert run_row(store, old.run_id).worked_seconds == 2.5


def test_who_is_dead(home: Path) -> None:
    """Dead is: process gone, hanging for a minute, never claimed for 30 s, or nobody started for 5 s."""
    store = Store.open(home)
    me, now = ProcessId.current(), time.time()
    own = {"lease_pid": me.pid, "lease_started": me.started}
    cases = [
        (True, {"lease_pid": NOBODY.pid, "lease_started": NOBODY.started}, 0),
        (True, {"lease_pid": me.pid, "lease_started": me.started - 50}, 0),
        (False, own | {"lease_claimed": True}, 50),
        (True, own | {"lease_claimed": True}, 61),
        (False, own, 20),
        (True, own, 31),
        (False, {}, 4),
        (True, {}, 6),
    ]
    for number, (dead, values, silent) in enumerate(cases):
        lease = add_run(store, number, state="RUNNING", lease_beat=now - silent, **values)
        assert is_dead(run_row(store, lease.run_id), now) is dead, (values, silent)


def test_a_started_process_is_noted_until_it_claims(home: Path) -> None:
    """The starter's note names the process before the claim and never overwrites the claim."""
    store = Store.open(home)
    lease = add_run(store)
    note_started(store, lease, NOBODY)
    assert run_row(store, lease.run_id).lease_pid == NOBODY.pid
    claim(store, lease, ProcessId.current())
    note_started(store, lease, NOBODY)
    assert run_row(store, lease.run_id).lease_pid == ProcessId.current().pid


def test_workers_that_die_without_result_are_counted(home: Path) -> None:
    """Takeovers in a row count up as long as no child run finishes in between, and start again from zero when one does."""
    store = Store.open(home)
    lease = add_run(store, state="RUNNING")
    counted = []
    for finished in (0, 0, 3, 3, 4):
        with store.write() as connection:
            connection.execute(update(runs).values(finished=finished))
        assert take_over(store, run_row(store, lease.run_id)) is not None
        counted.append(run_row(store, lease.run_id).fruitless)
    assert counted == [1, 2, 0, 1, 0]


def test_a_worker_that_gives_a_sign_in_time_keeps_its_run(home: Path) -> None:
    """A run is not taken over when its worker gave a sign of life after it had been looked at."""
    store = Store.open(home)
    lease = add_run(store, state="RUNNING")
    aged(store, 20)
    seen = run_row(store, lease.run_id)
    beat(store, lease, 1.0)
    assert take_over(store, seen) is None
    assert run_row(store, lease.run_id).lease_token == lease.token


@pytest.mark.fault
def test_of_two_that_take_over_exactly_one_wins(home: Path) -> None:
    """When two processes find the same run dead at the same moment, exactly one takes it over; 50 races."""
    stores = [Store.open(home), Store.open(home)]
    for number in range(50):
        add_run(stores[0], number, state="RUNNING")
    seen = [run_row(stores[0], f"AutoML_test-{number}") for number in range(50)]
    together, won = Barrier(2), []

    def racer(store: Store) -> None:
        for row in seen:
            together.wait()
            lease = take_over(store, row)
            if lease is not None:
                won.append(lease)

    threads = [Thread(target=racer, args=(store,)) for store in stores]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(lease.run_id for lease in won) == sorted(row.id for row in seen)
    assert all(run_row(stores[0], lease.run_id).lease_token == lease.token for lease in won)


def test_signs_of_life_come_often_enough() -> None:
    """Many signs of life fit into the time after which a worker counts as dead."""
    assert leases.BEAT_S * 10 < leases.STALE_S
