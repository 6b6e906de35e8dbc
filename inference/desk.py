"""Where requests wait for their turn: small ones are scored one after another beside the network, large ones in a thread.

What does not fit into the line is told so at once (429), what takes too long is given up (504).
"""

from __future__ import annotations

import asyncio
import functools
import time
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from inference.board import Row
from inference.exchange import HttpAnswer, HttpRefused, Request, busy
from inference.journal import Served, log_request, write_requests
from inference.service import QUIET_ROUTES, SCORE, Service, not_ready, refusal
from inference.timing import Stop

if TYPE_CHECKING:
    from inference.connection import Connection

MOST_WAITING = 32
MOST_LARGE = 4
MOST_KEPT_BYTES = 32 * 1024 * 1024
MOST_CONNECTIONS = 1_000
OPENING_S = 8.0
SCORING_S = 10.0
KEYS_S = 0.001  # for so long a busy connection does not look at the key file again: a look costs a thirtieth of a request
_KNOWN_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"})
Turn = tuple["Connection", Request]


class Desk:
    """Judges, queues and answers the requests of one worker's connections."""

    def __init__(self, service: Service, row: Row, loop: asyncio.AbstractEventLoop) -> None:
        self.service = service
        self.connections: set[Connection] = set()
        self.closing = False
        self.now = time.monotonic  # the clock of the loop
        self.soon = loop.call_soon
        self._loop = loop
        self._row = row
        self._small: deque[Turn] = deque()
        self._large: dict[Request, Stop] = {}
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="scoring")
        self._kept = 0
        self._keys, self._keys_seen = service.keys.now(), self.now()
        self._drain_due = False

    # -- what connections ask -------------------------------------------------------------------------------------

    def admit(self, request: Request, earlier: Request | None) -> None:
        """Judge a request by its header, or by that of an earlier one that was admitted. Raises HttpRefused."""
        if not self.service.admit_like(request, earlier):
            self.service.admit(request)

    def still_admits(self, request: Request) -> bool:
        """Tell whether the keys that its header was judged by are the accepted ones, or were a millisecond ago."""
        now = self.now()
        if now - self._keys_seen > KEYS_S:
            self._keys, self._keys_seen = self.service.keys.now(), now
        return request.keys is self._keys

    def keep(self, size: int) -> bool:
        """Make room for a piece of a body; False when all clients together have sent too much that is unanswered."""
        if self._kept + size > MOST_KEPT_BYTES:
            return False
        self._kept += size
        return True

    def let_go(self, size: int) -> None:
        """Give room back."""
        self._kept -= size

    def answer_at_once(self, request: Request) -> HttpAnswer | None:
        """Answer a small request to score while nobody waits; None when it has to take its turn."""
        if request.size > self.service.inline_bytes or not self._is_free:
            return None
        since = self.now()
        answer = self.service.answer(request)
        self._note(request, answer, self.now() - since)
        return answer

    @property
    def _is_free(self) -> bool:
        """Whether there are too few connections to fill the line, and nobody is in it."""
        return len(self.connections) <= MOST_WAITING and not self._small and not self.service.is_opening

    def take(self, connection: Connection, request: Request) -> None:
        """Answer a complete request, now or as soon as it is its turn."""
        request.handed_over, request.since = True, self.now()
        if request.refused is not None or request.route != SCORE:
            self._finish(connection, request, self.service.answer(request))
        elif not self.service.is_opening and request.size > self.service.inline_bytes:
            self._take_large(connection, request)
        elif self._is_free:
            self._finish(connection, request, self.service.answer(request))
        elif len(self._small) >= MOST_WAITING:
            self._refuse(connection, request, busy())
        else:
            self._small.append((connection, request))
            self._call_next()

    # -- small requests -------------------------------------------------------------------------------------------

    def _call_next(self) -> None:
        if self._small and not self._drain_due and not self.service.is_opening:
            self._drain_due = True
            self._loop.call_soon(self._serve_next)
        self._row.set_in_flight(self.in_flight)

    def _serve_next(self) -> None:
        """Serve the first in line; the network is looked at before the next one, so that a full line is told at once."""
        self._drain_due = False
        if not self._small:
            return
        connection, request = self._small.popleft()
        if request.abandoned:
            connection.drop(request)
        elif request.size > self.service.inline_bytes:
            self._take_large(connection, request)
        else:
            self._finish(connection, request, self.service.answer(request))
        self._call_next()

    def opened(self) -> None:
        """The model has been opened, or refused: serve those who have waited for it."""
        self._row.ready = self.service.model is not None
        self._call_next()

    # -- large requests -------------------------------------------------------------------------------------------

    def _take_large(self, connection: Connection, request: Request) -> None:
        """Score beside the loop, one large request at a time."""
        if len(self._large) >= MOST_LARGE:
            self._refuse(connection, request, busy(2))
            return
        stop = self._large[request] = Stop()
        timer = self._loop.call_later(SCORING_S, self._give_up, connection, request)
        work = self._thread.submit(self.service.answer, request, stop)
        done = functools.partial(self._large_done, connection, request, timer)
        work.add_done_callback(lambda future: self._loop.call_soon_threadsafe(done, future.result()))
        self._row.set_in_flight(self.in_flight)

    def _large_done(self, connection: Connection, request: Request, timer: asyncio.TimerHandle, answer: HttpAnswer) -> None:
        timer.cancel()
        self._large.pop(request, None)
        self._row.set_in_flight(self.in_flight)
        self._finish(connection, request, answer)

    def _give_up(self, connection: Connection, request: Request) -> None:
        """Answer 504 and stop the model's work on this request."""
        self._large[request].set()
        message = f"Scoring took longer than {SCORING_S:g} s; send fewer rows per request."
        self._refuse(connection, request, HttpRefused(504, "too_long", message))

    # -- answers --------------------------------------------------------------------------------------------------

    def _refuse(self, connection: Connection, request: Request, refused: HttpRefused) -> None:
        self._finish(connection, request, refusal(refused, request))

    def _finish(self, connection: Connection, request: Request, answer: HttpAnswer) -> None:
        """Count an answer, send it and log it, once."""
        if request.answered:
            return
        request.answered = True
        if request.route not in QUIET_ROUTES:
            self._note(request, answer, self.now() - request.since)
        connection.answer(request, answer)

    def _note(self, request: Request, answer: HttpAnswer, seconds: float) -> None:
        """Count an answer and put it into the log."""
        self._row.count(answer.status, seconds, answer.rows)
        method = request.method if request.method in _KNOWN_METHODS else "(other)"
        log_request(Served(time.time(), method, request.route, answer.status, answer.rows, seconds, request.id))

    # -- time -----------------------------------------------------------------------------------------------------

    @property
    def in_flight(self) -> int:
        """How many requests wait or are being scored."""
        return len(self._small) + len(self._large)

    def look_at_the_clock(self) -> None:
        """Write the log, count the inputs, cut off slow clients, tell those who have waited too long for the model."""
        write_requests()
        self.service.count_inputs()
        now = self.now()
        for connection in list(self.connections):
            connection.look_at_the_clock(now)
        while self._small and self.service.is_opening and now - self._small[0][1].since > OPENING_S:
            self._refuse(*self._small.popleft(), not_ready())

    def part(self) -> None:
        """Let every connection end with its next answer, so that its client comes back to whoever accepts then."""
        for connection in self.connections:
            connection.parting = True

    def close(self) -> None:
        """Answer what has arrived, then close every connection."""
        self.closing = True
        for connection in list(self.connections):
            connection.close_when_idle()

    def end(self) -> None:
        """Stop whatever is still being scored, and write the rest of the log."""
        write_requests()
        self.service.count_inputs()
        for stop in self._large.values():
            stop.set()
        self._thread.shutdown(wait=False, cancel_futures=True)
