"""Requests and answers: what was asked, what may be refused about it, and the bytes of an answer."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from email.utils import formatdate
from http import HTTPStatus
from itertools import count

import orjson

from inference.access import KeyRing
from inference.gunzip import Gunzip, NotGzip

Headers = list[tuple[bytes, bytes]]

MOST_BODY_BYTES = 2 * 1024 * 1024
MOST_PIECES, SMALL_PIECE_BYTES = 2_048, 64
JSON_TYPE = b"application/json"
UNKNOWN_ROUTE = "(unknown)"
_PLAIN_ID = re.compile(rb"[A-Za-z0-9._-]{1,100}")
_STATUS_LINES = {s.value: f"HTTP/1.1 {s.value} {s.phrase}\r\n".encode() for s in HTTPStatus}
_HEAD = (
    b"%bcontent-type: %b\r\ncontent-length: %d\r\ncache-control: no-store\r\nx-content-type-options: nosniff\r\n"
    b"date: %b\r\n%bx-ms-request-id: %b\r\n"
)


class HttpRefused(Exception):
    """A request that is answered with an error; the message is for the caller and holds no value."""

    def __init__(self, status: int, code: str, message: str, headers: Iterable[tuple[bytes, bytes]] = ()) -> None:
        super().__init__(message)
        self.status, self.code, self.message, self.headers = status, code, message, list(headers)


@dataclass(slots=True)
class HttpAnswer:
    """An answer: status, body and headers, `more` of them ready for the wire; `rows` is for the log."""

    status: int
    body: bytes
    content_type: bytes = JSON_TYPE
    headers: Headers = field(default_factory=list)
    more: bytes = b""
    rows: int = 0

    @classmethod
    def of_json(cls, value: object, status: int = 200) -> HttpAnswer:
        """Answer with a JSON document."""
        return cls(status, orjson.dumps(value))

    def to_bytes(self, request: Request, close: bool) -> bytes:
        """Return the answer as it goes over the wire; a HEAD request gets no body."""
        head = _HEAD % (_STATUS_LINES[self.status], self.content_type, len(self.body), _date(), self.more, request.id.encode())
        for name, value in self.headers:
            head += b"%b: %b\r\n" % (name, value)
        if request.callers_id is not None:
            head += b"x-ms-client-request-id: %b\r\n" % request.callers_id
        return b"%b%b\r\n%b" % (head, b"connection: close\r\n" if close else b"", b"" if request.method == "HEAD" else self.body)


class _Ids:
    """Ids of requests: drawn once for each process, then counted, so that an id costs no question to the system."""

    def __init__(self) -> None:
        self.begin()
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self.begin)

    def begin(self) -> None:
        """Draw the part that no other process has."""
        self._process, self._numbers = os.urandom(8).hex(), count(1)

    def fresh(self) -> str:
        """Return 32 hexadecimal digits that no other request has."""
        return f"{self._process}{next(self._numbers):016x}"


_ids = _Ids()
_dated: tuple[int, bytes] = (0, b"")


def _date() -> bytes:
    """Return the time of now for the Date header, made once a second."""
    global _dated
    now = int(time.time())
    if _dated[0] != now:
        _dated = (now, formatdate(now, usegmt=True).encode())
    return _dated[1]


@dataclass(slots=True, eq=False)
class Request:
    """One request as far as it has arrived; `refused` says why it will not be served, `route` is its name in the log.

    `is_near` tells that it came over the loopback interface, `keys` which keys were accepted when its caller was checked.
    """

    url: bytes = b""
    method: str = "(none)"
    headers: dict[bytes, bytes] = field(default_factory=dict)
    parts: list[bytes] = field(default_factory=list)
    pieces: int = 0
    gunzip: Gunzip | None = None
    size: int = 0
    head_size: int = 0
    is_near: bool = False
    keys: KeyRing | None = None
    keep_alive: bool = False
    headers_read: bool = False
    handed_over: bool = False
    abandoned: bool = False
    answered: bool = False
    refused: HttpRefused | None = None
    route: str = UNKNOWN_ROUTE
    since: float = 0.0
    id: str = field(default_factory=_ids.fresh)

    @property
    def path(self) -> str:
        """The path without the query."""
        return self.url.partition(b"?")[0].decode("latin-1")

    @property
    def query(self) -> str:
        """What follows the question mark."""
        return self.url.partition(b"?")[2].decode("latin-1")

    @property
    def declared_size(self) -> int | None:
        """The length of the body in bytes, None when it comes in chunks or there is none."""
        text = self.headers.get(b"content-length")
        return int(text) if text is not None and text.isdigit() else None

    @property
    def callers_id(self) -> bytes | None:
        """The caller's request id when it is short and plain; else None, so that nothing odd is repeated."""
        sent = self.headers.get(b"x-ms-client-request-id")
        return sent if sent is not None and _PLAIN_ID.fullmatch(sent) else None

    def unpacked(self, piece: bytes) -> bytes:
        """Return a piece of the body as it is to be kept.

        Raises:
            HttpRefused: the body becomes larger than 2 MB, comes in crumbs, or is not the gzip stream it was announced as.
        """
        self.pieces += 1
        if self.gunzip is not None:
            try:
                piece = self.gunzip.take(piece, MOST_BODY_BYTES - self.size + 1)
            except NotGzip as error:
                raise not_gzip() from error
        size = self.size + len(piece)
        if size > MOST_BODY_BYTES:
            raise too_large()
        if self.pieces > MOST_PIECES and size < self.pieces * SMALL_PIECE_BYTES:
            raise in_crumbs()
        return piece

    def again(self, body: bytes) -> Request:
        """Return a request with the same header, judged as this one was, and another body."""
        return Request(
            url=self.url,
            method=self.method,
            headers=self.headers,
            parts=[body],
            size=len(body),
            is_near=self.is_near,
            keys=self.keys,
            keep_alive=True,
            headers_read=True,
            route=self.route,
        )

    def check_end(self) -> None:
        """Raise HttpRefused when a gzip body was cut off."""
        if self.gunzip is None:
            return
        try:
            self.gunzip.check_end()
        except NotGzip as error:
            raise not_gzip() from error

    def body(self) -> bytes:
        """Return the body and let go of its parts."""
        whole = self.parts[0] if len(self.parts) == 1 else b"".join(self.parts)
        self.parts = []
        return whole


def check_content_type(request: Request) -> None:
    """Refuse what is not plain JSON in UTF-8 (415)."""
    sent = request.headers.get(b"content-type", b"")
    if sent != JSON_TYPE:
        media, _, parameters = sent.partition(b";")
        charset = re.search(rb"charset\s*=\s*\"?([\w-]+)", parameters, re.IGNORECASE)
        if media.strip().lower() != JSON_TYPE or (charset and charset.group(1).lower() not in (b"utf-8", b"us-ascii")):
            raise HttpRefused(415, "unsupported_media_type", "Send the rows as Content-Type: application/json in UTF-8.")


def choose_unpacking(request: Request) -> None:
    """Unpack a gzip body; refuse any other encoding (415)."""
    encoding = request.headers.get(b"content-encoding", b"identity").strip().lower()
    if encoding in (b"gzip", b"x-gzip"):
        request.gunzip = Gunzip()
    elif encoding != b"identity":
        told = "Send the body as it is, or with Content-Encoding: gzip."
        raise HttpRefused(415, "unsupported_encoding", told, [(b"accept-encoding", b"gzip, identity")])


def check_declared_size(request: Request) -> None:
    """Refuse a body that is announced as larger than 2 MB (413), before any of it is read."""
    declared = request.declared_size
    if declared is not None and declared > MOST_BODY_BYTES:
        raise too_large()


def too_large() -> HttpRefused:
    """Return the refusal of a body above 2 MB."""
    limit = f"{MOST_BODY_BYTES // (1024 * 1024)} MB"
    return HttpRefused(413, "body_too_large", f"The body is larger than {limit}; send fewer rows per request.")


def in_crumbs() -> HttpRefused:
    """Return the refusal of a body in thousands of pieces of a few bytes, each of which costs as much as a large one."""
    told = f"The body comes in too many pieces of a few bytes; send it whole, or in pieces of {SMALL_PIECE_BYTES} bytes or more."
    return HttpRefused(413, "body_in_crumbs", told)


def not_gzip() -> HttpRefused:
    """Return the refusal of a body that cannot be unpacked."""
    return HttpRefused(400, "not_gzip", "The body was announced as gzip and is not one complete gzip stream.")


def busy(seconds: int = 1) -> HttpRefused:
    """Return the refusal of a request for which there is no room just now."""
    return HttpRefused(429, "busy", "The service is busy; try again in a moment.", [(b"retry-after", str(seconds).encode())])
