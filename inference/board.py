"""Numbers that all workers of one server share: each writes to a row of its own, whoever is asked adds them up.

The rows lie in memory that the processes have in common, so nothing is left on disk and a worker's counts outlive it.
"""

from __future__ import annotations

import bisect
import mmap
import time

STATUSES = (200, 400, 401, 403, 404, 405, 408, 413, 414, 415, 417, 422, 429, 431, 500, 503, 504)
BUCKETS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
REASONS = ("died", "memory", "stuck")
_AT_STATUS = {status: i for i, status in enumerate(STATUSES)}
_BUCKET_0 = len(STATUSES)
_SECONDS = _BUCKET_0 + len(BUCKETS) + 1
_ROWS, _IN_FLIGHT, _READY, _BEAT = range(_SECONDS + 1, _SECONDS + 5)
_INPUTS = _BEAT + 1
INPUT_CELLS = 1_024
_WIDTH = _INPUTS + INPUT_CELLS


class Row:
    """What one worker counts; a worker that takes over a dead one's row counts on."""

    def __init__(self, cells: memoryview[float]) -> None:
        self._cells = cells

    def enter(self) -> None:
        """A worker has started: it serves nothing yet."""
        self._cells[_IN_FLIGHT] = self._cells[_READY] = 0.0
        self.beat()

    def beat(self) -> None:
        """Say that the worker's loop is turning."""
        self._cells[_BEAT] = time.monotonic()

    def silent_s(self) -> float:
        """Return the seconds since the last sign of life."""
        return time.monotonic() - float(self._cells[_BEAT])

    def count(self, status: int, seconds: float, rows: int) -> None:
        """Count one answer: its status, how long it took in seconds, and its rows."""
        cells = self._cells
        cells[_AT_STATUS[status]] += 1.0
        cells[_BUCKET_0 + bisect.bisect_left(BUCKETS, seconds)] += 1.0
        cells[_SECONDS] += seconds
        cells[_ROWS] += rows

    @property
    def inputs(self) -> memoryview[float]:
        """The cells in which the worker counts what it was asked to score."""
        return self._cells[_INPUTS:]

    def set_in_flight(self, number: int) -> None:
        """Say how many requests wait or are being scored."""
        self._cells[_IN_FLIGHT] = float(number)

    @property
    def ready(self) -> bool:
        """True once the worker's model has passed the golden check."""
        return self._cells[_READY] != 0.0

    @ready.setter
    def ready(self, yes: bool) -> None:
        self._cells[_READY] = float(yes)


class Board:
    """The rows of all workers, and what their parent notes: whether to accept, and how often it started one again."""

    def __init__(self, workers: int) -> None:
        cells = memoryview(mmap.mmap(-1, 8 * (_WIDTH * workers + len(REASONS) + 2))).cast("d")
        self.rows = [Row(cells[_WIDTH * i : _WIDTH * (i + 1)]) for i in range(workers)]
        self._cells = [cells[_WIDTH * i : _WIDTH * (i + 1)] for i in range(workers)]
        self._own = cells[_WIDTH * workers :]
        self._own[-1] = time.time()

    @property
    def started(self) -> float:
        """When the server was started, in seconds since the epoch."""
        return float(self._own[-1])

    @property
    def accepting(self) -> bool:
        """Whether the workers shall accept connections on the public socket."""
        return self._own[-2] != 0.0

    @accepting.setter
    def accepting(self, yes: bool) -> None:
        self._own[-2] = float(yes)

    def note_restart(self, reason: str) -> None:
        """Count a worker that was started again."""
        self._own[REASONS.index(reason)] += 1.0

    def restarts(self) -> dict[str, int]:
        """Return how often a worker was started again, by reason."""
        return {reason: int(self._own[i]) for i, reason in enumerate(REASONS)}

    def _sum(self, cell: int) -> float:
        return float(sum(cells[cell] for cells in self._cells))

    def statuses(self) -> dict[int, float]:
        """Return the number of answers by status."""
        return {status: self._sum(i) for status, i in _AT_STATUS.items()}

    def latency(self) -> tuple[list[float], float]:
        """Return the number of answers per bucket (the last one is above all bounds) and the sum of their seconds."""
        return [self._sum(_BUCKET_0 + i) for i in range(len(BUCKETS) + 1)], self._sum(_SECONDS)

    def scored_rows(self) -> float:
        """Return the number of rows that were scored."""
        return self._sum(_ROWS)

    def inputs(self) -> list[float]:
        """Return the sums of what the workers were asked to score, cell by cell."""
        return [float(sum(column)) for column in zip(*(cells[_INPUTS:] for cells in self._cells), strict=True)]

    def in_flight(self) -> float:
        """Return the number of requests that wait or are being scored now."""
        return self._sum(_IN_FLIGHT)

    def ready(self) -> int:
        """Return the number of workers that are ready."""
        return int(self._sum(_READY))
