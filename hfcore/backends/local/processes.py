"""Processes that outlive their starter: told apart by pid and start time, ended with their whole group."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

# Start times are read through the system clock, which may be corrected between two readings.
SAME_START_S = 1.0
KEPT_VARIABLES = frozenset(
    {"PATH", "HOME", "LANG", "LANGUAGE", "TZ", "TMPDIR", "USER", "LOGNAME", "SHELL", "LD_LIBRARY_PATH", "VIRTUAL_ENV"}
    | {"PYTHONHASHSEED", "PYTHONDONTWRITEBYTECODE", "OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE", "HF_HOME", "HF_ENDPOINT_PORT"}
    | {"RAY_AUTH_MODE", "RAY_AUTH_TOKEN_PATH"}  # how to show oneself at a Ray cluster; the token itself stays in its file
)
ONE_THREAD = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "NUMEXPR_NUM_THREADS": "1",
    "VECLIB_MAXIMUM_THREADS": "1",
}


@dataclass(frozen=True)
class ProcessId:
    """A process as (pid, start time in seconds since the epoch): a later process with the same pid is another one."""

    pid: int
    started: float

    def alive(self) -> bool:
        """Tell whether this very process still runs; a zombie does not."""
        try:
            process = psutil.Process(self.pid)
            same = abs(process.create_time() - self.started) < SAME_START_S
            return bool(same and process.status() != psutil.STATUS_ZOMBIE)
        except psutil.NoSuchProcess:
            return False

    def paused(self) -> bool:
        """Tell whether this very process is stopped (SIGSTOP)."""
        try:
            return self.alive() and bool(psutil.Process(self.pid).status() == psutil.STATUS_STOPPED)
        except psutil.NoSuchProcess:
            return False

    @classmethod
    def of(cls, pid: int) -> ProcessId:
        """Return the identity of a process that runs now. Raises LookupError when there is none."""
        try:
            return cls(pid, psutil.Process(pid).create_time())
        except psutil.NoSuchProcess as error:
            raise LookupError(f"There is no process {pid}.") from error

    @classmethod
    def current(cls) -> ProcessId:
        """Return the identity of the calling process."""
        return cls.of(os.getpid())


def plain_environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the environment a helper process needs: no key, token or password of this process goes along."""
    kept = {k: v for k, v in os.environ.items() if k in KEPT_VARIABLES or k.startswith("LC_")}
    root = str(Path(__file__).resolve().parents[3])
    return {**kept, **ONE_THREAD, "PYTHONPATH": root, "PYTHONUNBUFFERED": "1", **(extra or {})}


def spawn_detached(args: Sequence[str], env: Mapping[str, str], log_path: Path) -> ProcessId:
    """Start a process in a session of its own, its output appended to `log_path`; it outlives the caller.

    Raises:
        OSError: the program cannot be started or the log cannot be written.
    """
    log_path.parent.mkdir(parents=True, exist_ok=True)
    with log_path.open("ab") as log:
        process = subprocess.Popen(  # not awaited here: a thread of its own reaps it
            list(args), env=dict(env), stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
        )
    identity = ProcessId.of(process.pid)
    threading.Thread(target=process.wait, name=f"reap-{process.pid}", daemon=True).start()
    return identity


def group_of(leader: ProcessId) -> list[ProcessId]:
    """Return the living processes of the session that `leader` opened, the leader included.

    A system never reuses a pid while a session of that number has members, so members found
    after the leader's death are its own, unless the pid already belongs to a later process.
    """
    if _taken_over(leader):
        return []
    members = []
    for process in psutil.process_iter():
        try:
            if os.getsid(process.pid) != leader.pid or process.status() == psutil.STATUS_ZOMBIE:
                continue
            members.append(ProcessId(process.pid, process.create_time()))
        except (psutil.NoSuchProcess, ProcessLookupError, PermissionError):
            continue  # ended meanwhile, or not ours
    return [m for m in members if m.started >= leader.started - SAME_START_S]


def _taken_over(leader: ProcessId) -> bool:
    try:
        return bool(abs(psutil.Process(leader.pid).create_time() - leader.started) >= SAME_START_S)
    except psutil.NoSuchProcess:
        return False


def end(leader: ProcessId, grace_s: float = 2.0) -> bool:
    """End a detached process and everything in its session; return True when nothing of it is left.

    Asks first (SIGTERM) and insists (SIGKILL) after `grace_s` seconds; a process that merely has the same pid is left alone.
    """
    _signal_all(group_of(leader), signal.SIGTERM)
    if _gone_within(leader, grace_s):
        return True
    _signal_all(group_of(leader), signal.SIGKILL)
    return _gone_within(leader, 3.0)


def end_own_group() -> None:
    """End the calling process and, when it leads a session of its own, everything it has started."""
    if os.getpgrp() == os.getpid():
        os.killpg(os.getpid(), signal.SIGTERM)
    else:
        os.kill(os.getpid(), signal.SIGTERM)


def _signal_all(members: Sequence[ProcessId], number: signal.Signals) -> None:
    for member in members:
        if member.alive():
            try:
                os.kill(member.pid, number)
                if number == signal.SIGTERM:
                    os.kill(member.pid, signal.SIGCONT)  # a paused process hears it only when it goes on
            except ProcessLookupError:
                continue  # ended meanwhile


def _gone_within(leader: ProcessId, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while group_of(leader):
        if time.monotonic() >= deadline:
            return False
        time.sleep(0.02)
    return True
