"""One HTTP/1.1 connection: reads requests within limits of size and time, hands them over, writes the answers in order.

The parsing is llhttp's, through httptools. What a client can do wrong ends its own connection and nobody else's.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING

import httptools

from inference import exchange
from inference.access import is_loopback_peer
from inference.exchange import HttpAnswer, HttpRefused, Request, busy, too_large
from inference.familiar import Familiar, get_to_know

if TYPE_CHECKING:
    from inference.desk import Desk

MOST_HEAD_BYTES = 32 * 1024
MOST_URL_BYTES = 8 * 1024
MOST_HEADERS = 100
MOST_PIPELINED = 32
CHUNK_OVERHEAD_BYTES = 256 * 1024
SMALL_REST_BYTES = 64 * 1024
MOST_SURPLUS_BYTES = 4 * 1024 * 1024
ARRIVAL_S = 9.0
IDLE_S = 75.0
WRITE_S = 10.0
LINGER_S = 1.0


class Connection(asyncio.Protocol):
    """Talks HTTP/1.1 with one client; `desk` judges its requests and answers them."""

    def __init__(self, desk: Desk) -> None:
        self.parting = False
        self._desk = desk
        self._parser = httptools.HttpRequestParser(self)
        self._transport: asyncio.Transport | None = None
        self._request: Request | None = None
        self._waiting: deque[Request] = deque()
        self._is_near = False
        self._admitted: Request | None = None
        self._familiar: Familiar | None = None
        self._raw = 0
        self._surplus = 0
        self._deaf = False
        self._lingering = False
        self._clogged = False
        self._deadline = 0.0

    # -- the transport --------------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A client has connected; its first request must arrive within 9 s."""
        self._transport = transport  # type: ignore[assignment]
        self._is_near = is_loopback_peer((transport.get_extra_info("peername") or ("",))[0])
        self._deadline = self._desk.now() + ARRIVAL_S
        self._desk.connections.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone; what waits for an answer is not scored any more."""
        self._transport = None
        self._desk.connections.discard(self)
        self.drop(self._request)
        for request in self._waiting:
            request.abandoned = True
            if not request.handed_over:
                self.drop(request)
        self._waiting.clear()

    def eof_received(self) -> bool:
        """The client sends no more; keep the line open while it waits for an answer."""
        return bool(self._waiting)

    def pause_writing(self) -> None:
        """The client does not read its answers: it has 10 s to begin."""
        self._clogged = True
        self._deadline = self._desk.now() + WRITE_S

    def resume_writing(self) -> None:
        """The client reads again."""
        self._clogged = False
        self._deadline = self._desk.now() + IDLE_S
        self._go_on()

    def data_received(self, data: bytes) -> None:
        """Parse what has come; what follows a refusal is thrown away."""
        if self._deaf:
            self._throw_away(len(data))
            return
        begins, earlier = self._request is None, self._admitted
        if begins and self._familiar is not None and not self._waiting and self._is_taken_again(self._familiar, data):
            return
        self._raw += len(data)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self._refuse(HttpRefused(400, "no_upgrade", "This service speaks HTTP/1.1 only."))
        except httptools.HttpParserError:
            self._refuse(HttpRefused(400, "not_http", "This is no HTTP/1.1 request that can be read."))
        self._check_raw_size()
        if begins and self._admitted is not None and self._admitted is not earlier:
            self._familiar = get_to_know(data, self._admitted)

    def _is_taken_again(self, familiar: Familiar, data: bytes) -> bool:
        """Take a request whose header is known but for its length; False when it must be parsed and judged as any other."""
        request = familiar.again(data)
        if request is None or not self._desk.still_admits(request):
            return False
        answer = self._desk.answer_at_once(request)
        if answer is not None:
            self._write(request, answer)
        elif self._desk.keep(request.size):
            self._line_up(request)
        else:
            self._refuse(busy())
        return True

    def _check_raw_size(self) -> None:
        """Refuse a header without end, and chunks that are mostly frame."""
        request = self._request
        if self._deaf or request is None:
            return
        if not request.headers_read:
            if self._raw > MOST_HEAD_BYTES:
                self._refuse(_head_too_large())
        elif self._raw > exchange.MOST_BODY_BYTES + MOST_HEAD_BYTES + CHUNK_OVERHEAD_BYTES:
            self._refuse(too_large())

    def _throw_away(self, size: int) -> None:
        """Discard what a refused client still sends, a few megabytes at most, so that it can read why it was refused."""
        self._surplus += size
        if self._surplus > MOST_SURPLUS_BYTES and self._lingering and self._transport is not None:
            self._transport.abort()

    # -- the parser -----------------------------------------------------------------------------------------------

    def on_message_begin(self) -> None:
        """A request begins; all of it must arrive within 9 s."""
        self._raw = 0
        self._request = Request(is_near=self._is_near)
        self._deadline = self._desk.now() + ARRIVAL_S

    def on_url(self, url: bytes) -> None:
        """A piece of the address."""
        request = self._request
        if request is not None:
            request.url += url
            if len(request.url) > MOST_URL_BYTES:
                self._refuse(HttpRefused(414, "address_too_long", "The address is too long."))

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header; of several with the same name the first one counts, trailers after a body do not."""
        request = self._request
        if request is None or request.headers_read:
            return
        request.head_size += len(name) + len(value)
        headers, name = request.headers, name.lower()
        if name not in headers:
            headers[name] = value
        elif name == b"host":
            self._refuse(HttpRefused(400, "not_http", "There is more than one Host header."))
        if request.head_size > MOST_HEAD_BYTES or len(headers) > MOST_HEADERS:
            self._refuse(_head_too_large())

    def on_headers_complete(self) -> None:
        """The header has arrived: refuse what can be refused without its body."""
        request = self._request
        if request is None:
            return
        request.headers_read = True
        request.method = self._parser.get_method().decode("ascii")
        request.keep_alive = self._parser.should_keep_alive()
        try:
            self._desk.admit(request, self._admitted)
        except HttpRefused as refused:
            rest = request.declared_size
            chunked = b"transfer-encoding" in request.headers
            if chunked or (rest or 0) > SMALL_REST_BYTES or b"expect" in request.headers:
                self._refuse(refused)
            else:
                request.refused = refused
            return
        if b"expect" in request.headers and self._transport is not None and not self._waiting:
            self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        elif request.keys is not None and request.gunzip is None:
            self._admitted = request

    def on_body(self, data: bytes) -> None:
        """A piece of the body."""
        request = self._request
        if request is None or request.refused is not None:
            return
        try:
            piece = request.unpacked(data)
        except HttpRefused as refused:
            self._refuse(refused)
            return
        if not self._desk.keep(len(piece)):
            self._refuse(busy())
            return
        request.size += len(piece)
        request.parts.append(piece)

    def on_message_complete(self) -> None:
        """A request is complete and takes its place in the line of this connection."""
        request, self._request = self._request, None
        if request is None:
            return
        try:
            request.check_end()
        except HttpRefused as refused:
            request.refused = request.refused or refused
        self._line_up(request)

    # -- answers --------------------------------------------------------------------------------------------------

    def _refuse(self, refused: HttpRefused) -> None:
        """Answer the request that is being read with an error and listen no further."""
        if self._deaf:
            return
        request, self._request = self._request or Request(), None
        self.drop(request)
        request.refused, request.keep_alive, self._deaf = refused, False, True
        self._line_up(request)

    def drop(self, request: Request | None) -> None:
        """Let go of the part of a body that has arrived."""
        if request is not None:
            self._desk.let_go(request.size)
            request.size, request.parts = 0, []

    def _line_up(self, request: Request) -> None:
        self._waiting.append(request)
        if len(self._waiting) == 1:
            self._desk.take(self, request)
        elif len(self._waiting) > MOST_PIPELINED and not self._deaf:
            self._deaf = True
            self._waiting[-1].keep_alive = False
        elif self._transport is not None:
            self._transport.pause_reading()

    def answer(self, request: Request, answer: HttpAnswer) -> None:
        """Write the answer to the request that is first in line, then go on with the next."""
        self.drop(request)
        if self._transport is None or not self._waiting or self._waiting[0] is not request:
            return
        self._waiting.popleft()
        self._write(request, answer)
        if self._waiting:
            self._desk.soon(self._go_on)
        elif not self._clogged and self._transport is not None and not self._lingering:
            self._transport.resume_reading()

    def _write(self, request: Request, answer: HttpAnswer) -> None:
        """Write an answer, and close the connection where it was the last one."""
        if self._transport is None:
            return
        close = not request.keep_alive or ((self.parting or self._desk.closing) and not self._waiting)
        self._transport.write(answer.to_bytes(request, close))
        if close:
            self._leave()
        elif self._request is None and not self._waiting and not self._clogged:
            self._deadline = self._desk.now() + IDLE_S

    def _go_on(self) -> None:
        """Hand over the next request of the line, unless its answer could not be written."""
        if self._waiting and not self._clogged and not self._waiting[0].handed_over:
            self._desk.take(self, self._waiting[0])
        elif not self._waiting and self._transport is not None and not self._lingering:
            self._transport.resume_reading()

    def _leave(self) -> None:
        """Close the connection; a client that may still be sending is given a moment to read its answer."""
        if self._transport is None:
            return
        self._waiting.clear()
        self._familiar = None
        if not self._deaf:
            self._transport.close()
            return
        self._lingering = True
        self._deadline = self._desk.now() + LINGER_S
        self._transport.resume_reading()
        if self._transport.can_write_eof():
            self._transport.write_eof()

    # -- time -----------------------------------------------------------------------------------------------------

    def look_at_the_clock(self, now: float) -> None:
        """Cut off a client that has taken too long: with 408 in the middle of a request, silently else."""
        if now < self._deadline or self._transport is None:
            return
        if self._clogged or self._lingering:
            self._transport.abort()
        elif self._request is not None and not self._waiting:
            self._refuse(HttpRefused(408, "too_slow", f"The request took longer than {ARRIVAL_S:g} s to arrive."))
        elif not self._waiting:
            self._transport.close()

    def close_when_idle(self) -> None:
        """Close the connection unless a request of it is being read or answered."""
        if self._transport is not None and self._request is None and not self._waiting and not self._lingering:
            self._transport.close()


def _head_too_large() -> HttpRefused:
    return HttpRefused(431, "header_too_large", "The request's header is too large.")
