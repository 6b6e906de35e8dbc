from __future__ import annotations

import os
import signal
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from hfcore.backends.local.processes import ProcessId, end, group_of, plain_environment, spawn_detached
from tests.polling import until

FAMILY = """
import signal, subprocess, sys, time
if "stubborn" in sys.argv:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
if "parent" in sys.argv:
    subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
print("ready", flush=True)
time.sleep(600)
"""


def start(folder: Path, *words: str) -> ProcessId:
    log = folder / "out.log"
    process = spawn_detached([sys.executable, "-c", FAMILY, *words], plain_environment(), log)
    until(lambda: "ready" in log.read_text())
    return process


def test_a_process_is_told_by_its_start_time_too(tmp_path: Path) -> None:
    """A later process with the same pid is not the one that was recorded, and is never ended in its place."""
    process = start(tmp_path)
    later = replace(process, started=process.started - 3600)
    assert process.alive()
    assert not later.alive()
    assert group_of(later) == []
    assert end(later, grace_s=0.1)
    assert process.alive()
    assert end(process)


def test_a_zombie_is_not_alive(tmp_path: Path) -> None:
    """A process that has ended but was not reaped yet counts as dead."""
    pid = os.posix_spawn(sys.executable, [sys.executable, "-c", "pass"], dict(os.environ))
    process = ProcessId.of(pid)
    try:
        until(lambda: not process.alive())
    finally:
        assert os.waitpid(pid, 0)[0] == pid


@pytest.mark.fault
@pytest.mark.parametrize("words", [("parent",), ("parent", "stubborn")])
def test_ending_takes_the_whole_group(tmp_path: Path, words: tuple[str, ...]) -> None:
    """Children go with their parent, also when it does not listen to SIGTERM; ending twice is harmless."""
    process = start(tmp_path, *words)
    until(lambda: len(group_of(process)) == 2)
    members = group_of(process)
    assert end(process, grace_s=0.3)
    assert not any(member.alive() for member in members)
    assert end(process)


@pytest.mark.fault
def test_orphans_of_a_dead_leader_are_found_and_ended(tmp_path: Path) -> None:
    """When only the leader was killed, its children are still known as its own and are ended."""
    process = start(tmp_path, "parent")
    until(lambda: len(group_of(process)) == 2)
    os.kill(process.pid, signal.SIGKILL)
    until(lambda: not process.alive())
    assert len(group_of(process)) == 1
    assert end(process)
    assert group_of(process) == []


@pytest.mark.fault
def test_a_paused_process_is_ended(tmp_path: Path) -> None:
    """SIGSTOP does not keep a process from being ended."""
    process = start(tmp_path)
    os.kill(process.pid, signal.SIGSTOP)
    assert end(process, grace_s=0.5)
    assert not process.alive()


def test_no_secret_of_this_process_is_handed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """A detached process gets the few variables it needs, one thread per library, and no key or token."""
    monkeypatch.setenv("AZURE_CLIENT_SECRET", "canary")
    monkeypatch.setenv("HF_ENDPOINT_KEY", "canary")
    env = plain_environment({"EXTRA": "1"})
    assert "canary" not in env.values()
    assert env["PATH"] == os.environ["PATH"]
    assert (env["EXTRA"], env["OMP_NUM_THREADS"]) == ("1", "1")
