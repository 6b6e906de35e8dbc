"""How long the SDK may wait and how often it may try again: one rule under every request of a call of ours.

The SDK's own layers each have limits and retries of their own, or none at all, so a server that never answers would hold a
thread for minutes. Here every request that is made inside `limits` gets the same ones; requests of anybody else in this
process are left alone.
"""

from __future__ import annotations

import contextlib
import contextvars
import json
import logging
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.util.retry import Retry

from hfcore.backends.azureml import sdk

CONNECT_S = 5.0
READ_S = 30.0
WHOLE_CALL_S = 120.0
TRIES = 3
FIRST_PAUSE_S = 1.0
LONGEST_PAUSE_S = 10.0
AGAIN = frozenset({408, 429, 500, 502, 503, 504, 530})
log = logging.getLogger("hfcore.azureml")


class NoAnswer(Exception):
    """Azure has taken a request and not answered it in time. Not one of requests' own errors, so no layer tries it again."""


class Trouble(Exception):
    """Azure could not be reached, or kept answering with an error that may pass; `status` is 0 without an answer."""

    def __init__(self, status: int, host: str, what: str = "") -> None:
        super().__init__(f"{host}: {what or status}")
        self.status, self.host, self.what = status, host, what


Finder = Callable[[requests.PreparedRequest], requests.Response | None]


@dataclass(frozen=True)
class Creation:
    """A request that must not be made twice.

    `path` ends the address that makes the thing; `find` gets the request and returns the answer that Azure would have given
    when the thing is there already, else None.
    """

    path: str
    find: Finder

    def is_meant(self, request: requests.PreparedRequest) -> bool:
        """Tell whether a request is the one that makes the thing."""
        return request.method == "POST" and urlsplit(request.url or "").path.rstrip("/").endswith(self.path)


@dataclass(frozen=True)
class _Call:
    deadline: float
    creation: Creation | None = None


_call: contextvars.ContextVar[_Call | None] = contextvars.ContextVar("azureml_call", default=None)
_lock = threading.Lock()
_send_plainly: Callable[..., requests.Response] = HTTPAdapter.send
_ONCE = Retry(total=0, read=False, redirect=False, status=0, respect_retry_after_header=False)


def install() -> None:
    """Put the limits under the SDK's requests, those of its own threads included; harmless when it is done twice."""
    pool = sdk.load("azureml._async.worker_pool").WorkerPool
    with _lock:
        if HTTPAdapter.send is not _send:
            HTTPAdapter.send = _send  # type: ignore[method-assign, assignment]
        if not hasattr(pool.submit, "carries_limits"):
            pool.submit = _carrying(pool.submit)


def _carrying(submit: Callable[..., Any]) -> Callable[..., Any]:
    """Let a thread of the SDK's pool obey the limits of the call that has started it."""

    def submitted(self: Any, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        return submit(self, contextvars.copy_context().run, function, *args, **kwargs)

    submitted.carries_limits = True  # type: ignore[attr-defined]
    return submitted


@contextlib.contextmanager
def limits(seconds: float = WHOLE_CALL_S) -> Iterator[None]:
    """Give every request that is made inside the limits, and all of them together `seconds`."""
    token = _call.set(_Call(time.monotonic() + seconds))
    try:
        yield
    finally:
        _call.reset(token)


@contextlib.contextmanager
def making(path: str, find: Finder) -> Iterator[None]:
    """Make one thing at most: when the answer to the request that makes it is lost, look for the thing before trying again."""
    now = _call.get() or _Call(time.monotonic() + WHOLE_CALL_S)
    token = _call.set(_Call(now.deadline, Creation(path, find)))
    try:
        yield
    finally:
        _call.reset(token)


def answer(value: Any, status: int = 200, headers: dict[str, str] | None = None) -> requests.Response:
    """Return an answer as Azure would have given it, for something that was found to be there."""
    response = requests.Response()
    response.status_code = status
    response._content = json.dumps(value).encode()
    response.headers.update({"Content-Type": "application/json", **(headers or {})})
    return response


def _send(self: HTTPAdapter, request: requests.PreparedRequest, **options: Any) -> requests.Response:
    call = _call.get()
    if call is None:
        return _send_plainly(self, request, **options)
    self.max_retries = _ONCE
    creation = call.creation if call.creation and call.creation.is_meant(request) else None
    for attempt in range(1, TRIES + 1):
        try:
            return _ask(self, request, call.deadline, options)
        except (Trouble, NoAnswer) as error:
            log.info("attempt %d of %d: %s", attempt, TRIES, error)
            found = _made_all_the_same(creation, request, error)
            if found is not None:
                return found
            if isinstance(error, NoAnswer) or attempt == TRIES:
                raise
            _pause(error, attempt, call.deadline)
    raise Trouble(0, _host(request))


def _made_all_the_same(
    creation: Creation | None, request: requests.PreparedRequest, error: Exception
) -> requests.Response | None:
    """Look whether a thing was made although the answer was lost."""
    if creation is None or getattr(error, "status", 0) == 429:
        return None
    found = creation.find(request)
    if found is not None:
        found.request, found.url = request, str(request.url)
    return found


def _ask(adapter: HTTPAdapter, request: requests.PreparedRequest, deadline: float, options: dict[str, Any]) -> requests.Response:
    """Send a request once. Raises NoAnswer, and Trouble for what may pass."""
    host, left = _host(request), deadline - time.monotonic()
    if left <= 0:
        raise NoAnswer(f"{host} after {WHOLE_CALL_S:g} s")
    if hasattr(request.body, "seek"):
        request.body.seek(0)  # type: ignore[union-attr]
    try:
        response = _send_plainly(adapter, request, **{**options, "timeout": (min(CONNECT_S, left), min(READ_S, left))})
        _check_complete(response)
    except requests.ReadTimeout as error:
        raise NoAnswer(f"{host} within {min(READ_S, left):g} s") from error
    except requests.exceptions.SSLError as error:
        raise Trouble(0, host, "its certificate is not trusted here") from error
    except requests.ConnectTimeout as error:
        raise Trouble(0, host, f"no connection within {CONNECT_S:g} s") from error
    except requests.RequestException as error:
        raise Trouble(0, host, type(error).__name__) from error
    except ValueError as error:
        raise Trouble(0, host, "its answer broke off") from error
    if response.status_code in AGAIN:
        raise Trouble(response.status_code, host, response.headers.get("Retry-After", ""))
    return response


def _check_complete(response: requests.Response) -> None:
    """Read a JSON answer to its end. Raises ValueError when it breaks off."""
    if "json" in response.headers.get("Content-Type", "") and response.status_code < 300 and response.content:
        json.loads(response.content)


def _pause(last: Trouble, attempt: int, deadline: float) -> None:
    """Wait as long as Azure asks for, or a little longer each time; give up when that is too long."""
    asked = float(last.what) if last.status and last.what.isdigit() else FIRST_PAUSE_S * 4 ** (attempt - 1)
    if asked > LONGEST_PAUSE_S or time.monotonic() + asked > deadline:
        raise last
    time.sleep(asked)


def look_up(request: requests.PreparedRequest, url: str) -> Any:
    """Ask Azure for a thing with the identity of another request; return its JSON, None when it is not there."""
    response = requests.get(url, headers={"Authorization": request.headers.get("Authorization", "")}, timeout=(CONNECT_S, READ_S))
    return response.json() if response.status_code == 200 else None


def _host(request: requests.PreparedRequest) -> str:
    return urlsplit(request.url or "").hostname or "Azure"
