"""The log of an endpoint: what its supervisor and the servers of its versions wrote, in order of time."""

from __future__ import annotations

import heapq
import re
from collections import deque
from collections.abc import Iterator
from pathlib import Path

from hfcore.backends.local.endpoint_rows import SUPERVISOR_LOG

_ENTRY = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+Z ")


def read_log(folder: Path, tail: int) -> str:
    """Return the last lines of every log in an endpoint's folder, in order of time."""
    files = [folder / SUPERVISOR_LOG, *sorted(folder.glob("server-*.log"))]
    merged = heapq.merge(*(_entries(file, tail) for file in files), key=lambda entry: entry[:24])
    lines = deque((line for entry in merged for line in entry.splitlines(keepends=True)), maxlen=max(tail, 0))
    return "".join(lines)


def _entries(path: Path, tail: int) -> Iterator[str]:
    """Yield the last entries of a log, each with the lines that continue it."""
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            lines = deque(file, maxlen=max(tail, 0))
    except FileNotFoundError:
        return
    entry = ""
    for line in lines:
        if _ENTRY.match(line) and entry:
            yield entry
            entry = ""
        entry += line if line.endswith("\n") else f"{line}\n"
    if entry:
        yield entry
