from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from threading import Barrier, Thread

import pytest

from hfcore.backends.local import reconcile as module
from hfcore.backends.local.lease import Lease, claim
from hfcore.backends.local.processes import ProcessId, end, group_of, plain_environment, spawn_detached
from hfcore.backends.local.reconcile import reconcile
from hfcore.backends.local.store import Store
from tests.faultcheck import assert_store_sound
from tests.polling import until
from tests.unit.backends.local.runs_in_store import add_child, add_run, child_states, run_row

FAMILY = "import subprocess, sys, time; subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)']); time.sleep(600)"


@pytest.fixture
def launched(monkeypatch: pytest.MonkeyPatch) -> list[Lease]:
    """The leases that a new worker was started for, in place of real workers."""
    seen: list[Lease] = []
    monkeypatch.setattr(module, "launch", lambda store, lease, processes, target: seen.append(lease))
    return seen


def worker_with_child(folder: Path) -> ProcessId:
    process = spawn_detached([sys.executable, "-c", FAMILY], plain_environment(), folder / "worker.log")
    until(lambda: len(group_of(process)) == 2)
    return process


@pytest.mark.fault
def test_a_killed_worker_is_replaced_and_its_children_ended(home: Path, launched: list[Lease]) -> None:
    """A run whose worker was killed gets a new worker; what is left of the old one, and its half-written files, go."""
    store = Store.open(home)
    lease = add_run(store)
    process = worker_with_child(home)
    claim(store, lease, process)
    assert reconcile(store) == 0
    half = home / "runs" / lease.run_id / "children" / ".3.1.npz.0a1b2c3d.tmp"
    half.parent.mkdir(parents=True)
    half.write_bytes(b"half")
    os.kill(process.pid, signal.SIGKILL)
    until(lambda: not process.alive())
    assert reconcile(store) == 1
    assert [new.run_id for new in launched] == [lease.run_id]
    assert launched[0].token != lease.token
    assert group_of(process) == []
    assert not half.exists()
    assert run_row(store, lease.run_id).state == "STARTING"


@pytest.mark.fault
def test_a_silent_worker_is_ended_before_it_is_replaced(home: Path, launched: list[Lease]) -> None:
    """A worker that is paused for longer than 15 s is ended, so that it cannot come back beside its successor."""
    store = Store.open(home)
    process = worker_with_child(home)
    lease = add_run(
        store, state="RUNNING", lease_pid=process.pid, lease_started=process.started, lease_claimed=True, lease_beat=0.0
    )
    os.kill(process.pid, signal.SIGSTOP)
    assert reconcile(store) == 1
    assert group_of(process) == []
    assert [new.run_id for new in launched] == [lease.run_id]


@pytest.mark.fault
def test_a_stranger_with_the_same_pid_is_left_alone(home: Path, launched: list[Lease]) -> None:
    """When the dead worker's pid now belongs to another process, that process is not touched."""
    store = Store.open(home)
    process = worker_with_child(home)
    add_run(store, state="RUNNING", lease_pid=process.pid, lease_started=process.started - 900, lease_claimed=True)
    assert reconcile(store) == 1
    assert len(group_of(process)) == 2
    assert len(launched) == 1
    assert end(process)


def test_a_run_that_keeps_killing_its_worker_is_given_up(home: Path, launched: list[Lease]) -> None:
    """After three workers in a row that died without a result, the run is CRASHED with a plain sentence."""
    store = Store.open(home)
    lease = add_run(store, state="RUNNING", lease_beat=0.0, fruitless=2)
    add_child(store, lease, 0, "COMPLETED")
    add_child(store, lease, 1, "RUNNING")
    assert reconcile(store) == 1
    row = run_row(store, lease.run_id)
    assert (row.state, launched) == ("CRASHED", [])
    assert "died 3 times" in row.message
    assert child_states(store, lease.run_id) == ["COMPLETED", "CRASHED"]
    assert_store_sound(home)


@pytest.mark.parametrize("state", ["QUEUED", "COMPLETED", "CANCELED"])
def test_what_is_well_is_left_alone(home: Path, launched: list[Lease], state: str) -> None:
    """A run that has just been submitted and one that has ended are not taken over."""
    store = Store.open(home)
    add_run(store, state=state)
    assert reconcile(store) == 0
    assert launched == []


def test_a_run_without_a_worker_gets_one(home: Path, launched: list[Lease]) -> None:
    """A run whose submitter died before it could start a worker is started by the next who looks."""
    store = Store.open(home)
    lease = add_run(store, lease_beat=0.0)
    assert reconcile(store) == 1
    assert [new.run_id for new in launched] == [lease.run_id]
    assert run_row(store, lease.run_id).state == "QUEUED"


@pytest.mark.fault
def test_of_two_workspaces_exactly_one_starts_a_worker(home: Path, launched: list[Lease]) -> None:
    """When two workspaces reconcile the same dead runs at once, each run gets exactly one new worker."""
    stores = [Store.open(home), Store.open(home)]
    for number in range(20):
        add_run(stores[0], number, state="RUNNING", lease_beat=0.0)
    together = Barrier(2)

    def look(store: Store) -> None:
        together.wait()
        reconcile(store)

    threads = [Thread(target=look, args=(store,)) for store in stores]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(new.run_id for new in launched) == sorted(f"AutoML_test-{number}" for number in range(20))
