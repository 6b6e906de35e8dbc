"""The pool of processes: it outlives its processes, and they do not outlive their owner."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from hfcore.automl.executors import InlineExecutor, ProcessExecutor
from tests.polling import until

ROOT = Path(__file__).parents[3]
OWNER = """
import signal
from hfcore.automl.executors import process_executor

def main():
    pool = process_executor(2)
    busy = [pool.submit(signal.pause) for _ in range(2)]
    print("ready", flush=True)
    signal.pause()

if __name__ == "__main__":
    main()
"""


def test_a_killed_process_loses_its_own_task_only(pool: ProcessExecutor) -> None:
    """The neighbour's task and the next one come back; the killed one fails with a death."""
    dies, lives = pool.submit(os._exit, 9), pool.submit(divmod, 7, 2)
    error = dies.exception(timeout=30)
    assert error is not None
    assert pool.is_death(error)
    assert lives.result(timeout=30) == (3, 1)
    assert pool.submit(divmod, 9, 2).result(timeout=30) == (4, 1)


def test_an_error_is_not_a_death(pool: ProcessExecutor) -> None:
    """Work that raises comes back with what it raised."""
    error = pool.submit(divmod, 1, 0).exception(timeout=30)
    assert isinstance(error, ZeroDivisionError)
    assert not pool.is_death(error)


def test_work_past_its_limit_is_killed(pool: ProcessExecutor) -> None:
    """It fails with TimeoutError a little after the limit."""
    error = pool.submit(signal.pause, limit_s=0.1).exception(timeout=30)
    assert isinstance(error, TimeoutError)
    assert not pool.is_death(error)


def test_a_process_uses_one_thread_of_each_library(pool: ProcessExecutor) -> None:
    """The numeric libraries are told so before they are loaded; the owner's own environment stays as it was."""
    assert pool.submit(os.getenv, "OMP_NUM_THREADS").result(timeout=30) == "1"
    assert pool.submit(os.getenv, "OPENBLAS_NUM_THREADS").result(timeout=30) == "1"


def test_working_inline_keeps_results_and_errors() -> None:
    """Without processes a future is finished when it is returned."""
    assert InlineExecutor().submit(divmod, 7, 2).result() == (3, 1)
    assert isinstance(InlineExecutor().submit(divmod, 7, 0).exception(), ZeroDivisionError)


@pytest.mark.fault
def test_processes_end_with_their_owner_even_when_it_is_killed(tmp_path: Path) -> None:
    """After kill -9 of the owner, busy processes, their server and its tracker are gone within seconds."""
    script = tmp_path / "owner.py"
    script.write_text(OWNER)
    env = os.environ | {"PYTHONPATH": str(ROOT)}
    with subprocess.Popen([sys.executable, str(script)], env=env, stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout is not None
        assert owner.stdout.readline() == "ready\n"
        tree = psutil.Process(owner.pid)
        family = until(lambda: _at_least(tree, 4), seconds=30, what="server, tracker and two processes")
        os.kill(owner.pid, signal.SIGKILL)
        owner.wait(timeout=10)
    until(lambda: not any(_alive(p) for p in family), seconds=10, what="the owner's processes to end")


def _at_least(owner: psutil.Process, count: int) -> list[psutil.Process]:
    family = owner.children(recursive=True)
    return family if len(family) >= count else []


def _alive(process: psutil.Process) -> bool:
    return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
