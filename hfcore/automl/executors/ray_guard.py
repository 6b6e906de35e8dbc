"""Ends a local Ray cluster with its owner: `python ray_guard.py FOLDER`, a process of its own.

It waits until its standard input closes, which happens when the owner ends, even by kill -9. Then it ends every
process that was started with FOLDER in `HF_RAY_CLUSTER` or keeps its log there, and removes the folder. Some of Ray's processes
would otherwise outlive their raylet.
"""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil

MARK = "HF_RAY_CLUSTER"
_MOST_S = 20.0


def start_guard(folder: Path) -> subprocess.Popen[bytes]:
    """Start the guard of the cluster in `folder`; close its standard input to have everything ended."""
    return subprocess.Popen([sys.executable, "-P", __file__, str(folder)], stdin=subprocess.PIPE)


def members(folder: str) -> list[psutil.Process]:
    """Return the living processes of the cluster in `folder`."""
    return [process for process in psutil.process_iter() if _belongs(process, folder)]


def _belongs(process: psutil.Process, folder: str) -> bool:
    try:
        if process.status() == psutil.STATUS_ZOMBIE:
            return False
        return process.environ().get(MARK) == folder or (_is_titled(process) and _writes_into(process, folder))
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return False


def _is_titled(process: psutil.Process) -> bool:
    """Tell whether a process has taken a title of Ray's; the title lies where its environment was."""
    return any(part.startswith("ray::") for part in process.cmdline()[:1])


def _writes_into(process: psutil.Process, folder: str) -> bool:
    return any(file.path.startswith(f"{folder}/") for file in process.open_files())


def end_cluster(folder: str) -> None:
    """End the processes of the cluster and remove its folder; tried until nothing is left, for 20 s at most."""
    deadline = time.monotonic() + _MOST_S
    while (left := members(folder)) and time.monotonic() < deadline:
        for process in left:
            _kill(process)
        psutil.wait_procs(left, timeout=0.5)
    shutil.rmtree(folder, ignore_errors=True)  # whoever started us may be removing it as well


def _kill(process: psutil.Process) -> None:
    try:
        process.kill()
    except psutil.NoSuchProcess:
        return  # ended meanwhile


def main(folder: str) -> int:
    """Wait for the end of the owner, then end the cluster."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)  # whoever ends the owner's whole group still wants the folder removed
    sys.stdin.buffer.read()
    end_cluster(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
