"""A load generator on raw sockets: kept connections, one request after another on each, and clients that misbehave.

It costs 10 to 20 microseconds of processor time a request, far less than any server it drives.
"""

from __future__ import annotations

import contextlib
import selectors
import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

LARGE = 256 * 1024 * 1024
PATIENCE_S = 60.0


@dataclass(frozen=True)
class Load:
    """Clients that send the same request for some seconds, each waiting for its answer before the next.

    A client that is refused waits `pause_s` before it tries again.
    """

    port: int
    path: str
    body: bytes
    key: str
    clients: int
    seconds: float
    pause_s: float = 0.0

    def request(self) -> bytes:
        """Return the request as it goes over the wire."""
        return head(self.path, self.key, f"Content-Length: {len(self.body)}") + self.body


@dataclass
class Measured:
    """Seconds of every answer, how many were not 200, and how long it all took."""

    seconds: list[float] = field(default_factory=list)
    bad: int = 0
    elapsed: float = 0.0
    statuses: dict[int, list[float]] = field(default_factory=dict)
    unsaid: int = 0  # refusals for lack of room (429, 503) that do not say when to come back

    @property
    def answers(self) -> int:
        """Number of answers."""
        return len(self.seconds)

    @property
    def per_second(self) -> float:
        """Answers per second."""
        return self.answers / self.elapsed if self.elapsed else 0.0

    @property
    def p50(self) -> float:
        """Median, in seconds."""
        return quantile(self.seconds, 0.50)

    @property
    def p99(self) -> float:
        """99th percentile, in seconds."""
        return quantile(self.seconds, 0.99)

    def add(self, other: Measured) -> None:
        """Add what was measured at another time."""
        self.seconds += other.seconds
        self.bad += other.bad
        self.elapsed += other.elapsed
        self.unsaid += other.unsaid
        for status, seconds in other.statuses.items():
            self.statuses.setdefault(status, []).extend(seconds)

    def note(self, status: int, seconds: float) -> None:
        """Add one answer."""
        self.seconds.append(seconds)
        self.statuses.setdefault(status, []).append(seconds)
        self.bad += status != 200


def quantile(values: list[float], q: float) -> float:
    """Return a quantile of some seconds, infinity when there are none."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(q * len(ordered)))] if ordered else float("inf")


def head(path: str, key: str, *more: str) -> bytes:
    """Return the header of a scoring request."""
    lines = [f"POST {path} HTTP/1.1", "Host: localhost", f"Authorization: Bearer {key}", "Content-Type: application/json", *more]
    return "\r\n".join([*lines, "", ""]).encode()


class _Client:
    """One connection, kept as long as the server keeps it; opening it again counts to the next request."""

    def __init__(self, port: int, request: bytes, selector: selectors.BaseSelector) -> None:
        self._port, self._request, self._selector = port, request, selector
        self._socket: socket.socket | None = None
        self._seen, self.sent_at = b"", 0.0
        self.says_when = False

    def send(self) -> None:
        """Send the request, on a new connection where there is none."""
        self._seen, self.sent_at = b"", time.perf_counter()
        if self._socket is None:
            self._socket = socket.create_connection(("127.0.0.1", self._port))
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._selector.register(self._socket, selectors.EVENT_READ, self)
        self._socket.sendall(self._request)

    def read(self) -> int | None:
        """Read what has come; return the status once the answer is complete, 0 when the server has hung up instead."""
        if self._socket is None:
            return None
        try:
            part = self._socket.recv(262_144)
        except ConnectionError:
            part = b""
        self._seen += part
        top, found, rest = self._seen.partition(b"\r\n\r\n")
        if part and (not found or len(rest) < _length(top)):
            return None
        self.says_when = b"\r\nretry-after: " in top.lower()
        if not part or b"connection: close" in top.lower():
            self.close()
        return int(top[9:12]) if found else 0

    def close(self) -> None:
        """Close the connection."""
        if self._socket is not None:
            self._selector.unregister(self._socket)
            self._socket.close()
            self._socket = None


def _length(top: bytes) -> int:
    lower = top.lower()
    at = lower.find(b"content-length:")
    return int(lower[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0


def drive(load: Load) -> Measured:
    """Let the clients send and measure every answer."""
    measured = Measured()
    with selectors.DefaultSelector() as selector:
        clients = [_Client(load.port, load.request(), selector) for _ in range(load.clients)]
        started = time.perf_counter()
        for client in clients:
            client.send()
        pausing: deque[tuple[float, _Client]] = deque()
        while (now := time.perf_counter()) - started < load.seconds:
            while pausing and pausing[0][0] <= now:
                pausing.popleft()[1].send()
            wait = load.seconds - (now - started) if not pausing else min(0.01, pausing[0][0] - now)
            for key, _ in selector.select(max(0.0, wait)):
                if _served(key.data, measured) in (429, 503) and load.pause_s:
                    pausing.append((time.perf_counter() + load.pause_s, key.data))
                elif not key.data.sent_at:
                    key.data.send()
        measured.elapsed = time.perf_counter() - started
        for client in clients:
            waited = time.perf_counter() - client.sent_at if client.sent_at else 0.0
            if waited > measured.elapsed / 2:
                measured.note(0, waited)  # one that has waited for most of the time is no answer, and counts as such
            client.close()
    return measured


def _served(client: _Client, measured: Measured) -> int | None:
    """Take what has come for one client; return the status once its answer is complete."""
    status = client.read()
    if status is not None:
        measured.note(status, time.perf_counter() - client.sent_at)
        measured.unsaid += status in (429, 503) and not client.says_when
        client.sent_at = 0.0
    return status


@contextmanager
def slow_clients(port: int, key: str, count: int, interval_s: float = 1.0) -> Iterator[list[bytes]]:
    """Keep so many clients busy that send one byte a second; who is cut off comes again. Yield what they were answered."""
    told: list[bytes] = []
    end = threading.Event()
    request = head("/score", key, "Content-Length: 400")

    def trickle() -> None:
        clients = [_slow(port) for _ in range(count)]
        at = 0
        while not end.is_set():
            for i, client in enumerate(clients):
                if not _dribble(client, request[at : at + 1], told):
                    client.close()
                    clients[i] = _slow(port)
            at = (at + 1) % len(request)
            end.wait(interval_s)
        for client in clients:
            client.close()

    thread = threading.Thread(target=trickle, daemon=True)
    thread.start()
    try:
        yield told
    finally:
        end.set()
        thread.join(10)


def _slow(port: int) -> socket.socket:
    client = socket.create_connection(("127.0.0.1", port))
    client.setblocking(False)
    return client


def _dribble(client: socket.socket, byte: bytes, told: list[bytes]) -> bool:
    """Send one byte; return False when the server has answered or closed."""
    try:
        answer = client.recv(4096)
        told.append(answer)
        return False
    except BlockingIOError:
        with contextlib.suppress(BlockingIOError):
            client.send(byte)
        return True
    except ConnectionError:
        told.append(b"")
        return False


@dataclass(frozen=True)
class Refusal:
    """What came back for a body that is far too large: status (0: nothing), seconds, and the highest memory seen meanwhile."""

    status: int
    seconds: float
    peak: float


def too_much(port: int, key: str, peak: Callable[[], float], size: int = LARGE) -> Refusal:
    """Send a body of 256 MB until the server answers, and tell how that went."""
    highest, status, part = 0.0, 0, b" " * 65_536
    with socket.create_connection(("127.0.0.1", port)) as client:
        client.sendall(head("/score", key, f"Content-Length: {size}"))
        client.setblocking(False)
        started, sent, looked = time.perf_counter(), 0, 0.0
        with selectors.DefaultSelector() as selector:
            selector.register(client, selectors.EVENT_READ | selectors.EVENT_WRITE)
            while not status and time.perf_counter() - started < PATIENCE_S:
                for _, events in selector.select(0.1):
                    if events & selectors.EVENT_READ:
                        status = int(client.recv(65_536)[9:12] or 0) or -1
                    elif sent < size:
                        sent += client.send(part)
                if sent >= size:
                    selector.modify(client, selectors.EVENT_READ)
                if time.perf_counter() - looked > 0.25:
                    highest, looked = max(highest, peak()), time.perf_counter()
        seconds = time.perf_counter() - started
    return Refusal(status, seconds, max(highest, peak()))
