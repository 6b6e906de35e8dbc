"""A service on loopback that answers whatever a test tells it to, and remembers what it was sent."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Say = Callable[[BaseHTTPRequestHandler], None]


@dataclass
class Sent:
    """One request that arrived."""

    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass
class CannedService:
    """Answers with `status`, `body` and `headers`, or does what `act` does instead."""

    uri: str = ""
    status: int = 200
    body: bytes = b"{}"
    headers: dict[str, str] = field(default_factory=dict)
    act: Say | None = None
    requests: list[Sent] = field(default_factory=list)

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        """Answer one request."""
        body = handler.rfile.read(int(handler.headers.get("content-length") or 0))
        self.requests.append(Sent(handler.path, {k.lower(): v for k, v in handler.headers.items()}, body))
        if self.act is not None:
            handler.sent = body  # type: ignore[attr-defined]
            self.act(handler)
            return
        handler.send_response(self.status)
        for name, value in {"content-length": str(len(self.body)), **self.headers}.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(self.body)


@contextmanager
def canned_service() -> Iterator[CannedService]:
    """Run a service on a free port of this machine for the length of a test."""
    service = CannedService()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 10

        def do_POST(self) -> None:
            service.answer(self)

        def do_GET(self) -> None:
            service.answer(self)

        def log_message(self, *_: object) -> None:
            """Keep the test's output free of requests."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    service.uri = f"http://127.0.0.1:{server.server_address[1]}/score"
    try:
        yield service
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)
