"""Faults that a test orders: which requests are struck, how, and how often."""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.fakes.azure.exchange import Answer, Ask, error_body

ANSWER, RESET, TRUNCATED, SILENT = "answer", "reset", "truncated", "silent"


@dataclass
class Fault:
    """Strikes requests whose method and path fit, `times` times (None: always), after letting `skip` of them through.

    `kind` is "answer" (send `answer` instead), "reset" (close the connection hard), "truncated" (half of the body,
    then close) or "silent" (accept and never answer). With `effect` the service does its work first and only the answer is lost.
    """

    method: str
    pattern: re.Pattern[str]
    kind: str
    answer: Answer | None = None
    times: int | None = None
    skip: int = 0
    effect: bool = False
    struck: int = 0

    def wants(self, ask: Ask) -> bool:
        """Count a fitting request and tell whether it is struck."""
        if self.method not in ("*", ask.method) or not self.pattern.search(f"{ask.host}{ask.path}"):
            return False
        if self.skip:
            self.skip -= 1
            return False
        if self.times is not None and self.struck >= self.times:
            return False
        self.struck += 1
        return True


@dataclass
class Faults:
    """The faults in force, the oldest first; each order returns its fault, whose `struck` counts the hits."""

    orders: list[Fault] = field(default_factory=list)
    released: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def status(
        self, method: str, pattern: str, status: int, *, code: str = "", message: str = "", retry_after: float | None = None,
        body: Any = None, headers: Mapping[str, str] | None = None, **how: Any,
    ) -> Fault:  # fmt: skip
        """Answer with a status; the body is an error in Azure's shape unless one is given."""
        said = (
            body if body is not None else error_body(code or _CODES.get(status, "ServiceError"), message or f"Ordered: {status}.")
        )
        after = {} if retry_after is None else {"Retry-After": f"{retry_after:g}"}
        return self._add(method, pattern, ANSWER, answer=Answer(said, status, {**after, **(headers or {})}), **how)

    def reset(self, method: str, pattern: str, **how: Any) -> Fault:
        """Close the connection hard before a byte of the answer was sent."""
        return self._add(method, pattern, RESET, **how)

    def truncated(self, method: str, pattern: str, **how: Any) -> Fault:
        """Send the first half of the real answer, then end it as if it were whole."""
        return self._add(method, pattern, TRUNCATED, **({"effect": True} | how))

    def silent(self, method: str, pattern: str, **how: Any) -> Fault:
        """Take the request and never answer, until the test ends or the client hangs up."""
        return self._add(method, pattern, SILENT, **how)

    def clear(self) -> None:
        """Let everything through again; whoever waits for an answer is let go."""
        with self._lock:
            self.orders.clear()
        self.released.set()
        self.released = threading.Event()

    def of(self, ask: Ask) -> Fault | None:
        """Return the fault that strikes this request."""
        with self._lock:
            return next((fault for fault in self.orders if fault.wants(ask)), None)

    def _add(self, method: str, pattern: str, kind: str, **how: Any) -> Fault:
        fault = Fault(method, re.compile(pattern, re.IGNORECASE), kind, **how)
        with self._lock:
            self.orders.append(fault)
        return fault


_CODES = {
    401: "Unauthorized",
    403: "AuthorizationFailed",
    404: "NotFound",
    429: "TooManyRequests",
    500: "InternalServerError",
    503: "ServiceUnavailable",
}
