"""Reading a file in a process of its own, so that no bomb and no crash of a parser reaches the one that serves pages.

The process gets a bounded amount of memory and of processor time, none of our environment, and hands back an Arrow
file and a note in JSON; neither can carry a program.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import Any

from hfcore.datasets.reading.file import check_size, reading_of
from hfcore.datasets.reading.record import Found, Reading, Repair, refusal
from hfcore.errors import InvalidDataset

READER = "hfcore.datasets.reading.reader"
SECONDS = 4.5  # of processor time for any file, and one more for every 4 MB
BYTES_PER_SECOND = 4 * 1024 * 1024
WALL = 6  # times as long by the clock, for a machine that is busy
MEMORY = 1024 * 1024 * 1024  # bytes for any file, and four times the file's own size
_AT_ONCE = threading.BoundedSemaphore(2)
_HINT = "Save the table as plain CSV in UTF-8 and try that."


def read_apart(content: bytes, name: str) -> Reading:
    """Read an uploaded file whose bytes nobody has looked at yet. Blocks, for seconds at most.

    Args:
        content: The file's bytes.
        name: What the file was called; a label, never a path.

    Raises:
        InvalidDataset: what is wrong with the file, and where; or that reading it took too much memory or time.
    """
    check_size(len(content), name)
    with _AT_ONCE, tempfile.TemporaryDirectory(prefix="hf-reading-") as folder:
        source, told, rows = (Path(folder) / part for part in ("source", "told.json", "table.arrow"))
        source.write_bytes(content)
        ended = _run(folder, name, len(content))
        if not told.exists():
            raise _ended_badly(name, ended, limit_seconds(len(content)))
        answer = json.loads(told.read_bytes())
        if "refused" in answer:
            raise InvalidDataset(answer["refused"], answer["hint"])
        return _reading(answer, rows, content, name)


def limit_seconds(size: int) -> int:
    """Return the whole processor seconds that reading a file of `size` bytes may take."""
    return round(SECONDS + size / BYTES_PER_SECOND)


def limit_memory(size: int) -> int:
    """Return the bytes of memory that reading a file of `size` bytes may take."""
    return MEMORY + 4 * size


def _run(folder: str, name: str, size: int) -> int | None:
    """Start the reader and wait for its end; None when it had to be stopped."""
    args = [sys.executable, "-m", READER, folder, name, str(limit_seconds(size)), str(limit_memory(size))]
    process = subprocess.Popen(
        args, cwd=folder, env=_environment(folder), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        return process.wait(timeout=WALL * limit_seconds(size))
    except subprocess.TimeoutExpired:
        return None
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


def _environment(folder: str) -> dict[str, str]:
    ours = Path(__file__).parents[3]
    single = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "ARROW_IO_THREADS"), "1")
    return {
        **single,
        "ARROW_DEFAULT_MEMORY_POOL": "system",
        "PYTHONPATH": str(ours),
        "PATH": os.environ.get("PATH", os.defpath),
        "LANG": "C.UTF-8",
        "TMPDIR": folder,
    }


def _ended_badly(name: str, ended: int | None, seconds: int) -> InvalidDataset:
    """Say why the reader left no answer: out of time (SIGXCPU or the clock), out of memory, or crashed."""
    import signal

    if ended is None or -ended == signal.SIGXCPU or (-ended == signal.SIGKILL):
        return refusal(name, f"takes more than {seconds} s of computing to read, so it was given up.", _HINT)
    return refusal(name, "cannot be read: it is damaged in a way that stops the reader, or far larger inside.", _HINT)


def _reading(answer: dict[str, Any], rows: Path, content: bytes, name: str) -> Reading:
    import pyarrow as pa

    with pa.memory_map(str(rows)) as file:
        table = pa.ipc.open_file(file).read_all()
        found = Found(dict(answer["facts"]), [Repair(kind, sentence) for kind, sentence in answer["repairs"]])
        return reading_of(table, found, content, name)
