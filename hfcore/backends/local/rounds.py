"""Looking after things by and by: at most once a second, however often a page asks."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

EVERY_S = 1.0


class Rounds:
    """Makes one round of a store when the last one is a second old and nobody else is at it."""

    def __init__(self, look: Callable[[], object]) -> None:
        self._look = look
        self._lock = threading.Lock()
        self._last = float("-inf")

    def look_if_due(self) -> None:
        """Make a round now, or return at once."""
        if time.monotonic() - self._last < EVERY_S or not self._lock.acquire(blocking=False):
            return
        try:
            self._last = time.monotonic()
            self._look()
        finally:
            self._lock.release()
