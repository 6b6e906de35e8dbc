"""Requests and answers over ASGI: headers looked up once, bodies read within limits of size and time."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from dataclasses import dataclass, field
from typing import Any

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]

MOST_BODY_BYTES = 2 * 1024 * 1024
MOST_BODY_SECONDS = 10.0
JSON_TYPE = b"application/json"
_PLAIN_ID = re.compile(rb"[A-Za-z0-9._-]{1,100}")


class HttpRefused(Exception):
    """A request that is answered with an error; the message is for the caller and holds no value."""

    def __init__(self, status: int, code: str, message: str, headers: Iterable[tuple[bytes, bytes]] = ()) -> None:
        super().__init__(message)
        self.status, self.code, self.message, self.headers = status, code, message, list(headers)


class ClientGone(Exception):
    """The client closed the connection before its request was complete."""


@dataclass
class HttpAnswer:
    """An answer: status, body and headers; `rows` and `run_ms` are for the log and the headers."""

    status: int
    body: bytes
    content_type: bytes = JSON_TYPE
    headers: Headers = field(default_factory=list)
    rows: int = 0

    @classmethod
    def of_json(cls, value: object, status: int = 200) -> HttpAnswer:
        """Answer with a JSON document."""
        return cls(status, json.dumps(value).encode("ascii"))

    async def send(self, send: Send) -> None:
        """Write the answer."""
        fixed = [(b"content-type", self.content_type), (b"content-length", str(len(self.body)).encode())]
        fixed += [(b"cache-control", b"no-store"), (b"x-content-type-options", b"nosniff")]
        await send({"type": "http.response.start", "status": self.status, "headers": fixed + self.headers})
        await send({"type": "http.response.body", "body": self.body})


def header(scope: Scope, name: bytes) -> bytes | None:
    """Return the first header of that lower-case name, or None."""
    for key, value in scope["headers"]:
        if key == name:
            return bytes(value)
    return None


def plain_id(value: bytes | None) -> bytes | None:
    """Return a caller's request id when it is short and plain; else None, so that nothing odd is repeated."""
    return value if value is not None and _PLAIN_ID.fullmatch(value) else None


def check_content_type(scope: Scope) -> None:
    """Refuse what is not plain JSON in UTF-8 (415)."""
    media, _, parameters = (header(scope, b"content-type") or b"").partition(b";")
    charset = re.search(rb"charset\s*=\s*\"?([\w-]+)", parameters, re.IGNORECASE)
    if media.strip().lower() != JSON_TYPE or (charset and charset.group(1).lower() not in (b"utf-8", b"us-ascii")):
        raise HttpRefused(415, "unsupported_media_type", "Send the rows as Content-Type: application/json in UTF-8.")
    if (header(scope, b"content-encoding") or b"identity").strip().lower() != b"identity":
        raise HttpRefused(
            415, "unsupported_encoding", "Send the body without Content-Encoding.", [(b"accept-encoding", b"identity")]
        )


def _too_large() -> HttpRefused:
    limit = f"{MOST_BODY_BYTES // (1024 * 1024)} MB"
    return HttpRefused(413, "body_too_large", f"The body is larger than {limit}; send fewer rows per request.")


async def read_body(scope: Scope, receive: Receive) -> bytes:
    """Return the body, or refuse it: above 2 MB (413), slower than 10 s (408).

    Raises:
        HttpRefused: the body is too large or too slow.
        ClientGone: the connection was closed.
    """
    declared = header(scope, b"content-length")
    if declared is not None and declared.isdigit() and int(declared) > MOST_BODY_BYTES:
        raise _too_large()
    try:
        async with asyncio.timeout(MOST_BODY_SECONDS):
            return await _collect(receive)
    except TimeoutError:
        raise HttpRefused(408, "body_too_slow", f"The body took longer than {MOST_BODY_SECONDS:g} s.") from None


async def _collect(receive: Receive) -> bytes:
    """Read chunks until the body is complete or too large."""
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        part = message.get("body", b"")
        size += len(part)
        if size > MOST_BODY_BYTES:
            raise _too_large()
        parts.append(part)
        if not message.get("more_body", False):
            return b"".join(parts)
