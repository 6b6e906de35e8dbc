"""Runs every test: `python -m tests.suite`.

Tests need no network. Where the system lets us (Linux, as root), each part runs with a loopback interface of its own and nothing
else: no test can reach the internet, none can meet another part's ports, and two parts run side by side. Elsewhere it is one run.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

PYTEST = (sys.executable, "-m", "pytest", "--durations=15")
OFFLINE = ("unshare", "--net", "sh", "-c", 'ip link set lo up && exec "$@"', "sh")
FIRST = ("browser",)  # alone, because a person's patience is part of what it measures
HALF = ("contract", "fakes", "inference", "pages", "unit/backends/azureml")  # takes as long as the rest


def parts() -> list[list[list[str]]]:
    """Return the files that run one after another, and in each step side by side; every file is in one place."""
    folder = Path(__file__).parent
    left = {path.relative_to(folder).as_posix() for path in folder.rglob("test_*.py")}
    first = _in(FIRST, left)
    half = _in(HALF, left - first)
    return [[_paths(first)], [_paths(half), _paths(left - first - half)]]


def _in(rooms: tuple[str, ...], files: set[str]) -> set[str]:
    """Return the files that lie in one of these folders."""
    return {file for file in files if any(file.startswith(f"{room}/") for room in rooms)}


def _paths(files: set[str]) -> list[str]:
    return [f"tests/{file}" for file in sorted(files)]


def can_be_alone() -> bool:
    """Tell whether a process can have a network of its own here."""
    try:
        return subprocess.run([*OFFLINE, "true"], capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def run_side_by_side(commands: list[list[str]]) -> bool:
    """Run commands at the same time, the last one's output as it comes, the others at their end; True when all passed."""
    with tempfile.TemporaryDirectory() as folder:
        logs = [Path(folder) / f"{i}.log" for i in range(len(commands) - 1)]
        started = []
        for command, log in zip(commands, logs, strict=False):
            with log.open("wb") as file:
                started.append(subprocess.Popen(command, stdout=file, stderr=subprocess.STDOUT))
        codes = [subprocess.run(commands[-1], check=False).returncode]
        for process, log in zip(started, logs, strict=True):
            codes.append(process.wait())
            print(log.read_text(errors="replace"), flush=True)
    return not any(codes)


def main() -> int:
    """Run every part, also after a failed one."""
    if not can_be_alone():
        return subprocess.run(PYTEST, check=False).returncode
    passed = [run_side_by_side([[*OFFLINE, *PYTEST, *paths] for paths in step]) for step in parts()]
    return 0 if all(passed) else 1


if __name__ == "__main__":
    sys.exit(main())
