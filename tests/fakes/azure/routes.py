"""Which method of which service answers which request: a decorator to say so, and a table to look it up."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

from tests.fakes.azure.exchange import Answer, Ask

Handler = Callable[[Any, Ask], Any]
WORKSPACE = (
    r"/subscriptions/(?P<subscription>[^/]+)/resourcegroups/(?P<group>[^/]+)"
    r"/providers/microsoft.machinelearningservices/workspaces/(?P<workspace>[^/]+)"
)
_MARK = "_routes"


@dataclass(frozen=True)
class Route:
    """One pattern: method, host (a regular expression) and path; {name} is one part of it, {name*} all the rest."""

    method: str
    host: str
    pattern: str

    @property
    def path(self) -> re.Pattern[str]:
        """The pattern as a regular expression; Azure does not look at upper and lower case."""
        parts = re.split(r"\{(\w+\*?)\}", self.pattern)
        named = [_part(p) if i % 2 else re.escape(p) for i, p in enumerate(parts)]
        return re.compile("".join(named), re.IGNORECASE)


def _part(name: str) -> str:
    if name == "ws":
        return WORKSPACE
    return f"(?P<{name[:-1]}>.+)" if name.endswith("*") else f"(?P<{name}>[^/]+)"


def route(method: str, host: str, path: str) -> Callable[[Handler], Handler]:
    """Mark a method of a service as the one that answers these requests."""

    def mark(handler: Handler) -> Handler:
        handler.__dict__.setdefault(_MARK, []).append(Route(method, host, path))
        return handler

    return mark


class Table:
    """Every route of some services; the first that fits answers, longer patterns before shorter ones."""

    def __init__(self, services: Iterable[object]) -> None:
        found = [(r, getattr(s, name)) for s in services for name in dir(type(s)) for r in _marks(type(s), name)]
        found.sort(key=lambda pair: (pair[0].pattern.count("*}"), pair[0].pattern.count("{"), -len(pair[0].pattern)))
        self._rows = [(r.method, re.compile(r.host), r.path, handler) for r, handler in found]

    def find(self, ask: Ask) -> tuple[Callable[[Ask], Any], Ask] | None:
        """Return who answers a request, and the request with the named parts of its path."""
        for method, host, path, handler in self._rows:
            if method == ask.method and host.fullmatch(ask.host) and (match := path.fullmatch(ask.path)):
                return handler, replace(ask, params=match.groupdict())
        return None


def _marks(service: type, name: str) -> list[Route]:
    return list(getattr(getattr(service, name, None), _MARK, []))


def as_answer(returned: Any) -> Answer:
    """Return what a handler returned as an answer: JSON with status 200 unless it says otherwise."""
    return returned if isinstance(returned, Answer) else Answer(returned)
