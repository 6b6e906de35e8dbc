"""What was asked of the double, in order, and what nobody should have asked."""

from __future__ import annotations

import re
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.fakes.azure.exchange import Ask


@dataclass(frozen=True)
class Call:
    """One request with what came of it: the status, or the name of the fault that kept an answer from it."""

    ask: Ask
    outcome: int | str

    def __str__(self) -> str:
        return f"{self.outcome} {self.ask.method} https://{self.ask.host}{self.ask.target}"


@dataclass
class Journal:
    """Every call; `strays` are requests to a host or a path that the double does not know, and handlers that broke."""

    calls: list[Call] = field(default_factory=list)
    strays: list[str] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, ask: Ask, outcome: int | str) -> None:
        """Write down one call."""
        with self._lock:
            self.calls.append(Call(ask, outcome))

    def stray(self, what: str) -> None:
        """Write down what must not happen; the test fails at its end."""
        with self._lock:
            self.strays.append(what)

    def to(self, method: str, pattern: str) -> Sequence[Call]:
        """Return the calls whose method ("*": any) and host with path fit a regular expression."""
        fits = re.compile(pattern, re.IGNORECASE).search
        with self._lock:
            return [c for c in self.calls if method in ("*", c.ask.method) and fits(f"{c.ask.host}{c.ask.path}")]

    def count(self, method: str, pattern: str) -> int:
        """Return how many calls fit."""
        return len(self.to(method, pattern))

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self.calls.clear()
            self.strays.clear()
