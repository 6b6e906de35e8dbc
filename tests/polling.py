"""Waiting in tests: look again until something holds, never sleep and hope."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def until(look: Callable[[], T], seconds: float = 10, every: float = 0.05, what: str = "") -> T:
    """Return what `look` returns as soon as it is true; fail after `seconds`."""
    deadline, tick = time.monotonic() + seconds, threading.Event()
    while not (seen := look()):
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds:g} s: {what or look}; last seen: {seen!r}")
        tick.wait(every)
    return seen
