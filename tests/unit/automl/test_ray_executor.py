"""Ray: the same trials as anywhere else, by processes that may die, on a cluster that keeps to itself and leaves nothing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pandas as pd
import psutil
import pytest

from hfcore.automl import fit
from hfcore.automl.executors import ProcessExecutor, RayExecutor, executor_for, ray_executor
from hfcore.automl.executors.ray_guard import MARK, members
from hfcore.errors import BackendUnavailable
from hfcore.states import RunState
from tests.polling import until
from tests.unit.automl.executors import SECRET, Footprints, Sabotage
from tests.unit.automl.runs import same_bits, small

ROOT = Path(__file__).parents[3]
OWNER = """
import os, signal
from hfcore.automl.executors import ray_executor

def main():
    pool = ray_executor(2)
    print(pool.submit(os.getenv, "HF_RAY_CLUSTER").result(), flush=True)
    busy = [pool.submit(signal.pause) for _ in range(2)]
    signal.pause()

if __name__ == "__main__":
    main()
"""


def test_ray_gives_the_same_leaderboard_and_uses_both_workers(heart: pd.DataFrame, on_ray: RayExecutor, tmp_path: Path) -> None:
    """Scores, predictions, members, files and winner are equal to the last bit in process and on Ray, where the trials spread
    over both workers."""
    settings = small(allowed_models=("LogisticRegression", "SVM", "LightGBM", "XGBoostClassifier"), iterations=8)
    here, there = fit(heart, settings), fit(heart, settings, executor=Footprints(on_ray, tmp_path))
    for a, b in zip(here.children, there.children, strict=True):
        assert same_bits(a.probabilities, b.probabilities)
        assert (a.number, a.algorithm, a.score, a.members, a.model) == (b.number, b.algorithm, b.score, b.members, b.model)
    assert there.best.number == here.best.number
    assert len(here.children) == 8
    assert len(list(tmp_path.iterdir())) == 2


def test_a_killed_worker_loses_its_own_task_only(on_ray: RayExecutor) -> None:
    """The neighbour's task and the next one come back; the killed one fails with a death."""
    dies, lives = on_ray.submit(os._exit, 9), on_ray.submit(divmod, 7, 2)
    error = dies.exception(timeout=60)
    assert error is not None
    assert on_ray.is_death(error)
    assert lives.result(timeout=60) == (3, 1)
    assert on_ray.submit(divmod, 9, 2).result(timeout=60) == (4, 1)


def test_an_error_is_not_a_death(on_ray: RayExecutor) -> None:
    """Work that raises comes back with what it raised, be it one that cannot travel, and with the place."""
    error = on_ray.submit(divmod, 1, 0).exception(timeout=60)
    assert isinstance(error, ZeroDivisionError)
    assert not on_ray.is_death(error)
    assert "ray_worker.py" in str(error.__cause__)
    assert isinstance(on_ray.submit(BackendUnavailable).exception(timeout=60), TypeError)


def test_a_worker_uses_one_thread_and_leaves_work_writable(on_ray: RayExecutor) -> None:
    """The numeric libraries are told so before they are loaded, and this process's own environment stays as it was."""
    assert [on_ray.submit(os.getenv, f"{lib}_NUM_THREADS").result(timeout=60) for lib in ("OMP", "OPENBLAS")] == ["1", "1"]
    assert MARK not in os.environ
    assert "RAY_AUTH_TOKEN" not in os.environ


def test_a_cancelled_task_frees_its_worker(on_ray: RayExecutor) -> None:
    """Two tasks that would last for ever are cancelled, and the next one is worked on."""
    busy = [on_ray.submit(signal.pause) for _ in range(2)]
    assert [task.cancel() for task in busy] == [True, True]
    assert on_ray.submit(divmod, 7, 2).result(timeout=60) == (3, 1)


@pytest.mark.fault
def test_a_trial_that_dies_hangs_or_fails_costs_itself_only(heart: pd.DataFrame, on_ray: RayExecutor) -> None:
    """Three deaths and it is CRASHED, past its limit it is TIMED_OUT, an error is FAILED without its text; the rest completes."""
    executor = Sabotage(on_ray, dies={2}, hangs={3}, fails={4})
    result = fit(heart, small(iterations=7, iteration_timeout_minutes=0.05), executor=executor)
    states = {c.number: c.state for c in result.children}
    assert states == dict.fromkeys((1, 5, 6, 7), RunState.COMPLETED) | {
        2: RunState.CRASHED,
        3: RunState.TIMED_OUT,
        4: RunState.FAILED,
    }
    assert sorted(executor.submitted) == [1, 2, 2, 2, 3, 4, 5, 6, 7]
    crashed, hung, failed = result.children[1:4]
    assert "3 times" in (crashed.message or "")
    assert "time limit of 3 s" in (hung.message or "")
    assert "ValueError (" in (failed.message or "")
    assert SECRET not in repr(result.children)


def test_the_cluster_keeps_to_itself(on_ray: RayExecutor) -> None:
    """Everything of it listens on this machine's loopback only, is connected to nothing else, and opens no dashboard."""
    folder = on_ray.submit(os.getenv, MARK).result(timeout=60)
    cluster = members(folder)
    assert {"raylet", "gcs_server"} <= {p.name() for p in cluster}
    ends = [end for p in cluster for c in p.net_connections("inet") for end in (c.laddr, c.raddr) if end]
    assert {end.ip.removeprefix("::ffff:") for end in ends} == {"127.0.0.1"}
    assert 8265 not in {end.port for end in ends}
    assert on_ray.submit(os.getenv, "RAY_USAGE_STATS_ENABLED").result(timeout=60) == "0"


@pytest.mark.fault
def test_a_cluster_ends_with_its_owner_even_when_it_is_killed(tmp_path: Path) -> None:
    """After kill -9 of the owner with both workers busy, every process of Ray and its folder are gone within seconds."""
    script = tmp_path / "owner.py"
    script.write_text(OWNER)
    env = os.environ | {"PYTHONPATH": str(ROOT)}
    with subprocess.Popen([sys.executable, str(script)], env=env, stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout is not None
        folder = Path(owner.stdout.readline().strip())
        assert folder.is_dir()
        until(lambda: len([p for p in members(str(folder)) if _works(p)]) == 2, seconds=60, what="two busy workers")
        family = psutil.Process(owner.pid).children(recursive=True)
        os.kill(owner.pid, signal.SIGKILL)
        owner.wait(timeout=10)
    until(lambda: not any(_alive(p) for p in family), seconds=20, what="the owner's processes to end")
    assert members(str(folder)) == []
    assert not folder.exists()


def _works(process: psutil.Process) -> bool:
    return any(part.startswith("ray::TrialWorker.work") for part in process.cmdline()[:1])


def _alive(process: psutil.Process) -> bool:
    return process.is_running() and process.status() != psutil.STATUS_ZOMBIE


def test_without_ray_a_sentence_comes_before_anything(pool: ProcessExecutor, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where Ray is not installed, asking for it names the command that installs it; the other executors do without."""
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(BackendUnavailable, match=r"pip install -r requirements-ray\.txt"):
        ray_executor(2)
    with pytest.raises(BackendUnavailable, match=r"pip install -r requirements-ray\.txt"):
        executor_for("ray://127.0.0.1:10001", 2)
    assert pool.submit(divmod, 7, 2).result(timeout=60) == (3, 1)


def test_ray_is_imported_by_those_only_who_ask_for_it() -> None:
    """Loading the executors and working without Ray imports nothing of it."""
    code = "import sys; from hfcore.automl.executors import *; assert InlineExecutor().submit(divmod, 7, 2).result() == (3, 1); "
    done = subprocess.run(
        [sys.executable, "-c", f"{code} print('ray' in sys.modules, 'grpc' in sys.modules)"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == ["False", "False"]
