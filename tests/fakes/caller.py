"""Somebody who calls an endpoint twenty times a second and remembers every answer."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from typing import Any
from urllib.parse import urlsplit

from hfcore.records import Endpoint
from tests.fakes.small_model import TYPED_SAMPLE

EVERY_S = 0.05


@dataclass
class Caller:
    """Sends a patient every 50 ms, over one kept connection or a new one each time."""

    endpoint: Endpoint
    keeps: bool
    patient: dict[str, Any] = field(default_factory=lambda: dict(TYPED_SAMPLE))
    answers: list[tuple[float, int, str]] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    _stop: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        """Call until told to stop; a connection that the server has announced to close is opened again."""
        where = urlsplit(str(self.endpoint.scoring_uri))
        connection = HTTPConnection(str(where.hostname), where.port, timeout=20)
        while not self._stop.wait(EVERY_S):
            try:
                self._call(connection)
            except (OSError, HTTPException) as error:
                self.failures.append(f"{type(error).__name__}: {error}")
                connection.close()
            if not self.keeps:
                connection.close()
        connection.close()

    def _call(self, connection: HTTPConnection) -> None:
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {self.endpoint.primary_key}"}
        connection.request("POST", "/score", json.dumps({"data": [self.patient]}), headers)
        answer = connection.getresponse()
        answer.read()
        self.answers.append((time.monotonic(), answer.status, answer.getheader("x-model-version") or ""))

    def stop(self) -> None:
        """Ask it to end."""
        self._stop.set()

    @property
    def refused(self) -> list[object]:
        """Every answer that was no success, and every call without an answer."""
        return [*(status for _, status, _ in self.answers if status != 200), *self.failures]

    @property
    def versions(self) -> list[str]:
        """The versions that answered, in order, each run of the same one named once."""
        seen: list[str] = []
        for _, _, version in self.answers:
            if not seen or seen[-1] != version:
                seen.append(version)
        return seen


@contextmanager
def callers(endpoint: Endpoint) -> Iterator[list[Caller]]:
    """Call an endpoint in the background, once over a kept connection and once over new ones."""
    both = [Caller(endpoint, keeps) for keeps in (True, False)]
    threads = [threading.Thread(target=caller.run, daemon=True) for caller in both]
    for thread in threads:
        thread.start()
    try:
        yield both
    finally:
        for caller in both:
            caller.stop()
        for thread in threads:
            thread.join(30)
