"""The first minutes of a new version: when too many of its requests fail, the earlier one comes back by itself."""

from __future__ import annotations

import time
from collections import deque

from hfcore.backends.local.server_process import HOST
from hfcore.scoring.traffic import Counts, read_counts

PROBATION_S = 600.0
LOOK_S = 0.25
LAST, MOST_ERRORS = 20, 5


class Probation:
    """Watches the counters of a version that has just come into service.

    Errors are answers with status 500 or above and workers that died; what a caller did wrong (4xx) is none of the version's.
    """

    def __init__(self, port: int, seconds: float = PROBATION_S) -> None:
        self._uri = f"http://{HOST}:{port}/metrics"
        self._until = time.monotonic() + seconds
        self._due = 0.0
        self._seen = read_counts(self._uri)
        self._outcomes: deque[bool] = deque(maxlen=LAST)

    @property
    def over(self) -> bool:
        """True when the version has stood its time."""
        return time.monotonic() > self._until

    def look(self) -> str | None:
        """Look at the counters when it is time; say how many requests failed when they are too many."""
        if time.monotonic() < self._due:
            return None
        self._due = time.monotonic() + LOOK_S
        found = read_counts(self._uri)
        if found is not None:
            self._note(self._seen, found)
            self._seen = found
        failed = sum(self._outcomes)
        return f"{failed} of its last {len(self._outcomes)} requests failed" if failed >= MOST_ERRORS else None

    def _note(self, before: Counts | None, now: Counts) -> None:
        """Keep the outcomes since the last look, errors spread evenly among the others, since their order is not known."""
        earlier = before if before is not None and before.started == now.started else Counts(0.0, now.started, 0, 0, 0)
        errors = now.errors - earlier.errors + now.restarts - earlier.restarts
        requests = max(now.requests - earlier.requests, errors)
        for i in range(requests):
            self._outcomes.append((i + 1) * errors // requests > i * errors // requests)
