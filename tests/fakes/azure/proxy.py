"""The way in: a proxy on loopback that takes CONNECT, ends TLS with the tests' own certificate and answers itself."""

from __future__ import annotations

import socket
import ssl
import struct
import sys
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

from tests.fakes.azure.exchange import Answer, Ask
from tests.fakes.azure.faults import RESET, SILENT, TRUNCATED, Fault

_HANG_UP = struct.pack("ii", 1, 0)  # SO_LINGER of no seconds: closing sends a reset
Said = tuple[Answer | None, Fault | None]


class Proxy(ThreadingHTTPServer):
    """Answers by `answer`; hosts for which `knows` is false are refused at the door; `broken` is told what went wrong here."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(
        self, context: ssl.SSLContext, knows: Callable[[str], bool], answer: Callable[[Ask], Said], broken: Callable[[str], None]
    ) -> None:
        super().__init__(("127.0.0.1", 0), _Connection)
        self.context, self.knows, self.answer, self.broken = context, knows, answer, broken
        self._thread = threading.Thread(target=self.serve_forever, args=(0.05,), name="azure-double", daemon=True)

    @property
    def url(self) -> str:
        """What HTTPS_PROXY must say."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def start(self) -> None:
        """Serve in a thread of its own."""
        self._thread.start()

    def stop(self) -> None:
        """Take no more connections."""
        self.shutdown()
        self.server_close()
        self._thread.join(10)

    def handle_error(self, request: object, client_address: object) -> None:
        """Leave a client that hangs up to itself; anything else is a fault of the double and is told."""
        error = sys.exception()
        if not isinstance(error, OSError):
            self.broken(f"{type(error).__name__} in the proxy: {error}")


class _Connection(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = 300
    server: Proxy
    host = ""

    def do_CONNECT(self) -> None:
        host = self.path.rpartition(":")[0]
        if not self.server.knows(host):
            self._send(Answer({"error": f"unknown host {host}"}, 403))
            self.close_connection = True
            return
        self.send_response(200, "Connection established")
        self.end_headers()
        self.connection = self.server.context.wrap_socket(self.connection, server_side=True)
        self.rfile, self.wfile = self.connection.makefile("rb"), self.connection.makefile("wb", 0)
        self.host, self.close_connection = host, False

    def _any(self) -> None:
        host = self.host or urlsplit(self.path).hostname or (self.headers.get("host") or "").partition(":")[0]
        parts = urlsplit(self.path)
        target = f"{parts.path}?{parts.query}" if parts.query else parts.path
        headers = {name.lower(): value for name, value in self.headers.items()}
        answer, fault = self.server.answer(Ask(self.command, host.lower(), target, headers, self._body()))
        if fault is not None and fault.kind == RESET:
            self._hang_up()
        elif fault is None or fault.kind != SILENT:
            self._send(answer or Answer(), cut=fault is not None and fault.kind == TRUNCATED)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = _any

    def _body(self) -> bytes:
        if "chunked" not in (self.headers.get("transfer-encoding") or "").lower():
            return self.rfile.read(int(self.headers.get("content-length") or 0))
        parts = []
        while size := int(self.rfile.readline().split(b";")[0], 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        while self.rfile.readline().strip():
            continue
        return b"".join(parts)

    def _send(self, answer: Answer, cut: bool = False) -> None:
        content = answer.content[: len(answer.content) // 2] if cut else answer.content
        headers = {"content-type": answer.kind, **{k.lower(): v for k, v in answer.headers.items()}}
        if answer.status not in (204, 304):
            headers.setdefault("content-length", str(len(content)))
        self.send_response(answer.status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)
        self.wfile.flush()

    def _hang_up(self) -> None:
        """Close the connection so that the client sees a reset; the plain socket lies below the TLS one."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _HANG_UP)
        self.close_connection = True
        self.connection.close()

    def finish(self) -> None:
        """Close the TLS connection too; the server knows of the plain socket below it only."""
        try:
            super().finish()
        finally:
            self.connection.close()

    def log_message(self, *_: object) -> None:
        """Keep the tests' output free of requests."""
