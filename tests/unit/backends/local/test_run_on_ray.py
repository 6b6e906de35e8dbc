"""Runs whose trials are worked on by Ray, on a cluster of their own or on one that was there before."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from hfcore.automl.executors.ray_guard import MARK, end_cluster, start_guard
from hfcore.automl.executors.targets import why_not
from hfcore.backends.local.store import Store
from hfcore.backends.local.workspace import LocalWorkspace
from hfcore.errors import InvalidSettings
from hfcore.states import RunState
from tests.browser.studio import free_port
from tests.faultcheck import assert_store_sound
from tests.finished import SHORT, FinishedRun
from tests.polling import until
from tests.processes import about
from tests.unit.backends.local.runs_in_store import run_row

ON_RAY = replace(SHORT, compute_target="ray")


def leaderboard(workspace: LocalWorkspace, run_id: str) -> list[tuple[int, str, RunState, float | None]]:
    return [(c.number, c.algorithm, c.state, c.score) for c in workspace.children(run_id)]


def at_work(home: Path) -> list[psutil.Process]:
    """The processes of Ray that have a trial in hand."""
    return [p for p in about(home) if any(part.startswith("ray::TrialWorker.work") for part in p.cmdline()[:1])]


@pytest.mark.fault
def test_a_run_on_ray_survives_the_kill_of_a_worker(home: Path, finished_run: FinishedRun) -> None:
    """Kill -9 of a Ray worker in the middle of a trial costs a second try only: COMPLETED by the same attempt, with the
    leaderboard of an undisturbed run in processes, and nothing of Ray is left."""
    workspace, store = LocalWorkspace(home), Store.open(home)
    run = workspace.submit("an-experiment", ON_RAY)
    victim = until(lambda: at_work(home), seconds=120, every=0.01, what="a trial on Ray")[0]
    victim.kill()
    ended = workspace.wait(run.id, timeout=240)
    assert (ended.state, ended.message, ended.attempts) == (RunState.COMPLETED, None, 1), workspace.logs(run.id)
    assert "A process on Ray died" in workspace.logs(run.id)
    assert leaderboard(workspace, run.id) == leaderboard(finished_run.open(), finished_run.run_id)
    assert run_row(store, run.id).processes == 2
    assert_store_sound(home)
    until(lambda: not about(home), what="every process of the run has ended")


def test_without_ray_a_run_is_refused_in_words(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The target says that it is not installed, a submission names the command, and no run is kept."""
    monkeypatch.setitem(sys.modules, "ray", None)
    workspace = LocalWorkspace(home)
    target = next(t for t in workspace.compute_targets() if t.name == "ray")
    assert target.state == "Not installed"
    for name in ("ray", "ray://127.0.0.1:10001"):
        with pytest.raises(InvalidSettings) as caught:
            workspace.submit("an-experiment", replace(SHORT, compute_target=name))
        assert set(caught.value.fields) == {"compute_target"}
        assert "pip install -r requirements-ray.txt" in str(caught.value)
    assert list(workspace.runs()) == []


@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        ("ray://cluster", "write it as 'ray://host:10001'"),
        ("ray://127.0.0.1:99999", "write it as 'ray://host:10001'"),
        ("ray://127.0.0.1:1", "No Ray cluster answers at 127.0.0.1:1"),
    ],
)
def test_a_cluster_that_cannot_be_there_is_refused_at_once(home: Path, address: str, sentence: str) -> None:
    """An address that is none, or at which nobody answers, is said before a run is kept."""
    workspace = LocalWorkspace(home)
    with pytest.raises(InvalidSettings) as caught:
        workspace.submit("an-experiment", replace(SHORT, compute_target=address))
    assert sentence in caught.value.fields["compute_target"]
    assert list(workspace.runs()) == []


class Head:
    """The first machine of a Ray cluster, started by Ray's own command; started anew when a busy machine was too slow for it."""

    def __init__(self, folder: Path, port: int, log: Path) -> None:
        options = {
            "port": 0,
            "node-ip-address": "127.0.0.1",
            "num-cpus": 2,
            "include-dashboard": "false",
            "object-store-memory": 100_000_000,
            "ray-client-server-port": port,
            "temp-dir": folder,
        }
        start = [sys.executable, "-m", "ray.scripts.scripts", "start", "--head", "--block", "--disable-usage-stats"]
        self.command = [*start, *(f"--{name}={value}" for name, value in options.items())]
        self.env = os.environ | {MARK: str(folder), "RAY_USAGE_STATS_ENABLED": "0"}
        self.folder, self.port, self.log = folder, port, log
        self.process: subprocess.Popen[bytes] | None = None

    def answers(self) -> bool:
        """Tell whether the cluster can be connected to; start it when it does not run."""
        if self.process is None or self.process.poll() is not None:
            end_cluster(str(self.folder))
            with self.log.open("a") as log:
                self.process = subprocess.Popen(self.command, env=self.env, stdout=log, stderr=log)
        return why_not(f"ray://127.0.0.1:{self.port}") is None


@pytest.fixture
def cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """A Ray cluster of this machine that was there before, and the port of its client server.

    Ray notes in this process's environment that a cluster of another test wants a token; this one knows none.
    """
    monkeypatch.delenv("RAY_AUTH_MODE", raising=False)
    folder = Path(tempfile.mkdtemp(prefix="r", dir="/tmp"))
    head = Head(folder, free_port(), tmp_path / "head.log")
    guard = start_guard(folder)
    try:
        until(head.answers, seconds=200, what=f"the cluster's client server; what its head says stands in {head.log}")
        yield head.port
    finally:
        guard.communicate(timeout=60)
        if head.process is not None:
            head.process.wait(timeout=30)


def test_a_run_joins_a_cluster_by_its_address(home: Path, finished_run: FinishedRun, cluster: int) -> None:
    """Through ray://host:port a run is COMPLETED with the leaderboard of one in processes, and the cluster stays."""
    workspace, address = LocalWorkspace(home), f"ray://127.0.0.1:{cluster}"
    run = workspace.submit("an-experiment", replace(SHORT, compute_target=address))
    ended = workspace.wait(run.id, timeout=240)
    assert (ended.state, ended.message) == (RunState.COMPLETED, None), workspace.logs(run.id)
    assert f"Connected to the Ray cluster at {address}" in workspace.logs(run.id)
    assert leaderboard(workspace, run.id) == leaderboard(finished_run.open(), finished_run.run_id)
    assert why_not(address) is None
