"""The header of a program that asks again and again: what is the same but for the body's length is not read twice."""

from __future__ import annotations

import re
from typing import NamedTuple

from inference.exchange import MOST_BODY_BYTES, Request

_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d+)\r\n", re.IGNORECASE)
_MOST_DIGITS = len(str(MOST_BODY_BYTES))


class Familiar(NamedTuple):
    """A request that was admitted, with the bytes of its header around the digits of Content-Length."""

    request: Request
    before: bytes
    after: bytes

    def again(self, data: bytes) -> Request | None:
        """Return the request that `data` holds, when it is one whole request with this header and a body of any length.

        None: it must be parsed as any other.
        """
        at = len(self.before)
        end = data.find(b"\r", at, at + _MOST_DIGITS + 1)
        if end < 0 or not data.startswith(self.before) or not data.startswith(self.after, end):
            return None
        digits, body = data[at:end], data[end + len(self.after) :]
        if not digits.isdigit() or int(digits) != len(body) or len(body) > MOST_BODY_BYTES:
            return None
        return self.request.again(body)


def get_to_know(data: bytes, request: Request) -> Familiar | None:
    """Return what is to be recognised of `request`, which was parsed from `data`; None unless it is there whole and alone."""
    end = data.find(b"\r\n\r\n") + len(b"\r\n\r\n")
    length = _LENGTH.search(data, 0, end)
    if length is None or request.declared_size != len(data) - end:
        return None
    return Familiar(request, data[: length.start(1)], data[length.end(1) : end])
