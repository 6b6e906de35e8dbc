from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Row, select

from hfcore.backends.local import launch
from hfcore.backends.local import lease as leases
from hfcore.backends.local.lease import take_over, worker_of
from hfcore.backends.local.processes import ProcessId, group_of
from hfcore.backends.local.store import Store
from hfcore.backends.local.tables import children
from hfcore.backends.local.workspace import LocalWorkspace
from hfcore.records import Run
from hfcore.states import RunState
from tests.fakes import struck_worker
from tests.faultcheck import assert_store_sound
from tests.finished import SHORT, FinishedRun
from tests.polling import until
from tests.unit.backends.local.runs_in_store import run_row

pytestmark = pytest.mark.fault
LONG = replace(SHORT, iterations=1000, n_cross_validations=10, allowed_models=None, enable_early_stopping=False)
ENDED = ("COMPLETED", "FAILED", "CANCELED", "TIMED_OUT", "CRASHED")


@pytest.fixture
def strike(home: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Have the next worker struck: (step, count, kind)."""
    monkeypatch.setattr(launch, "WORKER", struck_worker.MODULE)
    return lambda step, count, kind: struck_worker.order(home, step, count, kind)


def finished_children(store: Store, run_id: str) -> list[Row[Any]]:
    query = select(children).where((children.c.run_id == run_id) & children.c.state.in_(ENDED)).order_by(children.c.number)
    with store.read() as connection:
        return list(connection.execute(query).all())


def worker_row(store: Store, run_id: str) -> tuple[ProcessId | None, Row[Any]]:
    row = run_row(store, run_id)
    return worker_of(row), row


def wait_for_death(store: Store, run_id: str) -> Row[Any]:
    """Wait until the run's worker has died; looks at the store only, so nobody takes the run over meanwhile."""
    until(lambda: not (store.home / struck_worker.ORDER).exists(), seconds=60)
    until(lambda: (p := worker_row(store, run_id)[0]) is not None and not p.alive(), seconds=60)
    return run_row(store, run_id)


def leaderboard(workspace: LocalWorkspace, run_id: str) -> list[tuple[int, str, float | None]]:
    return [(c.number, c.algorithm, c.score) for c in workspace.children(run_id)]


@pytest.mark.parametrize(
    ("step", "count", "at_least"),
    [("claim", 1, 0), ("artifact write", 5, 1), ("commit", 2, 1), ("trial", 4, 3), ("comparison", 3, 5), ("winner", 1, 5)],
)
def test_a_killed_worker_costs_nothing_but_time(
    home: Path, finished_run: FinishedRun, strike: Any, step: str, count: int, at_least: int
) -> None:
    """After kill -9 of the worker at any step the run is resumed within 5 s by whoever looks, finished trials are not
    tried again, and the leaderboard is that of an undisturbed run with the same seed."""
    strike(step, count, "kill")
    workspace, store = LocalWorkspace(home), Store.open(home)
    run = workspace.submit("an-experiment", SHORT)
    dead = wait_for_death(store, run.id)
    before = finished_children(store, run.id)
    until(lambda: workspace.run(run.id) and run_row(store, run.id).lease_token != dead.lease_token, seconds=5)
    ended = workspace.wait(run.id, timeout=120)
    assert (ended.state, ended.message) == (RunState.COMPLETED, None)
    assert ended.attempts == (1 if step == "claim" else 2)
    after = {row.id: row for row in finished_children(store, run.id)}
    assert all(after[row.id] == row or row.id == ended.best_child_id for row in before)
    assert all((after[r.id].attempt, after[r.id].started_at) == (1, r.started_at) for r in before)
    assert len(before) >= at_least
    undisturbed = finished_run.open()
    assert leaderboard(workspace, run.id) == leaderboard(undisturbed, finished_run.run_id)
    assert ended.best_score == undisturbed.run(finished_run.run_id).best_score
    assert workspace.report(run.id).honest == undisturbed.report(finished_run.run_id).honest
    assert workspace.report(run.id).references == undisturbed.report(finished_run.run_id).references
    assert workspace.report(run.id).importance == undisturbed.report(finished_run.run_id).importance
    assert_store_sound(home)


def test_a_run_outlives_its_submitter(home: Path) -> None:
    """Kill -9 of the process that submitted leaves the run to its worker: same worker, no second attempt, completed."""
    code = (
        "import sys, time; from hfcore.backends.local.workspace import LocalWorkspace; from tests.finished import SHORT;"
        "print(LocalWorkspace(sys.argv[1]).submit('an-experiment', SHORT).id, flush=True); time.sleep(600)"
    )
    submitter = subprocess.Popen(
        [sys.executable, "-c", code, str(home)], stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    assert submitter.stdout is not None
    run_id = submitter.stdout.readline().strip()
    os.killpg(submitter.pid, signal.SIGKILL)
    assert submitter.wait() == -signal.SIGKILL
    submitter.stdout.close()
    store = Store.open(home)
    first = worker_row(store, run_id)[0]
    ended = LocalWorkspace(home).wait(run_id, timeout=120)
    assert (ended.state, ended.attempts, ended.finished) == (RunState.COMPLETED, 1, 5)
    assert worker_row(store, run_id)[0] == first
    assert_store_sound(home)


def test_looking_from_everywhere_disturbs_nothing(home: Path) -> None:
    """Workspaces that come and go while a run works start no second worker."""
    workspace, store = LocalWorkspace(home), Store.open(home)
    run = workspace.submit("an-experiment", SHORT)
    first = worker_row(store, run.id)[0]
    until(lambda: LocalWorkspace(home).run(run.id).state.is_finished, seconds=120)
    assert worker_row(store, run.id)[0] == first
    assert workspace.run(run.id).attempts == 1


def queued(run: Run) -> bool:
    return True


def starting(run: Run) -> bool:
    return run.state is not RunState.QUEUED


def running(run: Run) -> bool:
    return run.state is RunState.RUNNING


def with_results(run: Run) -> bool:
    return run.finished >= 2


def comparing(run: Run) -> bool:
    return "simpler models" in run.phase


@pytest.mark.parametrize("reached", [queued, starting, running, with_results, comparing])
def test_a_run_is_cancelled_at_every_phase(home: Path, reached: Any) -> None:
    """A cancelled run is CANCELED with all its processes gone within 5 s; what had finished stays readable; again is harmless."""
    workspace, store = LocalWorkspace(home), Store.open(home)
    run = workspace.submit("an-experiment", SHORT if reached is comparing else LONG)
    until(lambda: reached(workspace.run(run.id)), seconds=60)
    worker = worker_row(store, run.id)[0]
    ended = workspace.cancel(run.id)
    assert ended.state is RunState.CANCELED
    until(lambda: group_of(worker) == [], seconds=5)
    assert workspace.cancel(run.id) == ended
    assert workspace.wait(run.id, timeout=1) == ended
    assert_store_sound(home)
    if reached is with_results:
        assert workspace.report(run.id).child_id == ended.best_child_id


@pytest.mark.parametrize(("step", "count"), [("commit", 1), ("artifact write", 2), ("winner", 1)])
def test_a_paused_worker_can_be_cancelled(home: Path, strike: Any, step: str, count: int) -> None:
    """A worker that is paused in the middle of a write, of a transaction or before the end is ended by a cancel."""
    strike(step, count, "pause")
    workspace, store = LocalWorkspace(home), Store.open(home)
    run = workspace.submit("an-experiment", SHORT)
    worker = paused(store, run.id)
    assert workspace.cancel(run.id).state is RunState.CANCELED
    until(lambda: group_of(worker) == [], seconds=5)
    assert_store_sound(home)


def paused(store: Store, run_id: str) -> ProcessId:
    import psutil

    until(lambda: not (store.home / struck_worker.ORDER).exists(), seconds=60)
    worker = worker_row(store, run_id)[0]
    assert worker is not None
    until(lambda: psutil.Process(worker.pid).status() == psutil.STATUS_STOPPED, seconds=60)
    return worker


def test_a_worker_paused_in_a_transaction_is_replaced(home: Path, strike: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that is paused while it holds the store's write lock is ended, and its run goes on."""
    strike("commit", 1, "pause")
    workspace, store = LocalWorkspace(home), Store.open(home)
    run = workspace.submit("an-experiment", SHORT)
    worker = paused(store, run.id)
    monkeypatch.setattr(leases, "STALE_S", 1.0)
    ended = workspace.wait(run.id, timeout=120)
    assert (ended.state, ended.attempts) == (RunState.COMPLETED, 2)
    assert group_of(worker) == []
    assert_store_sound(home)


def test_a_worker_that_comes_back_is_refused(home: Path, strike: Any) -> None:
    """A worker that was paused, taken over and then woken writes nothing and ends itself with its processes."""
    strike("trial", 2, "pause")
    workspace, store = LocalWorkspace(home), Store.open(home)
    run = workspace.submit("an-experiment", SHORT)
    worker = paused(store, run.id)
    before = finished_children(store, run.id)
    lease = take_over(store, run_row(store, run.id))
    assert lease is not None
    os.kill(worker.pid, signal.SIGCONT)
    until(lambda: group_of(worker) == [], seconds=20)
    assert finished_children(store, run.id) == before
    assert "belongs to another worker" in workspace.logs(run.id)
    launch.launch(store, lease, processes=2, target="local")
    assert workspace.wait(run.id, timeout=120).state is RunState.COMPLETED
    assert_store_sound(home)


def test_a_full_disk_is_said(home: Path, strike: Any) -> None:
    """When an artifact finds no room, the run is FAILED with that sentence, and what had finished stays."""
    strike("artifact write", 4, "disk full")
    workspace = LocalWorkspace(home)
    ended = workspace.wait(workspace.submit("an-experiment", SHORT).id, timeout=120)
    assert ended.state is RunState.FAILED
    assert ended.message is not None
    assert ended.message.startswith("The disk is full.")
    assert ended.finished == 1
    assert workspace.report(ended.id).child_id == ended.best_child_id
    assert_store_sound(home)


def test_a_worker_that_cannot_start_is_given_up(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When every worker dies at its start, the run is CRASHED with a sentence, and its log shows why."""
    monkeypatch.setattr(launch, "WORKER", "tests.fakes.no_such_worker")
    workspace = LocalWorkspace(home)
    ended = workspace.wait(workspace.submit("an-experiment", SHORT).id, timeout=60)
    assert ended.state is RunState.CRASHED
    assert "died 3 times" in str(ended.message)
    assert workspace.logs(ended.id).count("No module named tests.fakes.no_such_worker") == 3
    assert_store_sound(home)
