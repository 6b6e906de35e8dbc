"""One request to the double and one answer of it, apart from how they travel."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit


@dataclass(frozen=True)
class Ask:
    """One request: to which host, for what; `params` are the named parts of the path once a route was found."""

    method: str
    host: str
    target: str
    headers: Mapping[str, str]
    body: bytes = field(default=b"", repr=False)
    params: Mapping[str, str] = field(default_factory=dict)

    @property
    def path(self) -> str:
        """The path without its query, percent signs resolved."""
        return unquote(urlsplit(self.target).path)

    @property
    def query(self) -> dict[str, str]:
        """The query; of a name that is given twice the last value."""
        return dict(parse_qsl(urlsplit(self.target).query, keep_blank_values=True))

    @cached_property
    def json(self) -> Any:
        """The body as JSON, None when there is none."""
        return json.loads(self.body) if self.body else None

    def __getitem__(self, name: str) -> str:
        return self.params[name]


@dataclass(frozen=True)
class Answer:
    """One answer: a status, headers, and a body that is JSON unless it is bytes; None for none at all."""

    body: Any = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def content(self) -> bytes:
        """The body on the wire."""
        if self.body is None:
            return b""
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()

    @property
    def kind(self) -> str:
        """The media type, unless a header says otherwise."""
        return "application/octet-stream" if isinstance(self.body, bytes) else "application/json; charset=utf-8"


class Refusal(Exception):
    """A handler's way to answer with an error in Azure's words."""

    def __init__(self, status: int, code: str, message: str, **more: Any) -> None:
        super().__init__(message)
        self.answer = Answer(error_body(code, message, **more), status)


def error_body(code: str, message: str, **more: Any) -> dict[str, Any]:
    """Return an error as the workspace's services write it; ARM writes the same without the rest."""
    inner = {"code": code, "message": message, "target": None, "details": [], "innerError": None, **more}
    return {"error": inner, "correlation": {"operation": "0", "request": "0"}, "environment": "eastus", "location": "eastus"}


def not_found(what: str) -> Refusal:
    """Return the refusal for something that does not exist."""
    return Refusal(404, "NotFound", f"{what} was not found.")
