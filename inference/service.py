"""The scoring service: an ASGI application around the entry script."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
import uuid
from collections.abc import Awaitable, Callable
from urllib.parse import parse_qs

from inference import score
from inference.access import KeyRing, bearer, is_loopback_host
from inference.exchange import (
    ClientGone,
    Headers,
    HttpAnswer,
    HttpRefused,
    Receive,
    Scope,
    Send,
    check_content_type,
    header,
    plain_id,
    read_body,
)
from inference.journal import log, log_request
from inference.openapi import document

INLINE_BYTES = 64 * 1024
OPENING_S = 8.0
Handler = Callable[[Scope, Receive], Awaitable[HttpAnswer]]


class Service:
    """Answers POST /score, health checks and the description of the API.

    Args:
        keys: Hashes of the accepted keys; an empty ring serves callers on this machine without one.
    """

    def __init__(self, keys: KeyRing) -> None:
        self.keys = keys
        self.refusal: str | None = None
        self.model: score.Model | None = None
        self._opening: asyncio.Task[None] | None = None
        self._facts: Headers = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one ASGI connection."""
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        elif scope["type"] == "http":
            await self._serve(scope, receive, send)

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        """Open the model beside the event loop, so that /livez answers while it is being checked."""
        await receive()
        self._opening = asyncio.create_task(self.open())
        await send({"type": "lifespan.startup.complete"})
        await receive()
        log.info("Stopping")
        with contextlib.suppress(asyncio.CancelledError):
            await self._opening
        await send({"type": "lifespan.shutdown.complete"})

    async def open(self) -> None:
        """Open and check the model; what is wrong with it is said by /readyz and in the log."""
        started = time.perf_counter()
        try:
            await asyncio.to_thread(score.init)
        except score.ModelRefused as error:
            self.refusal = str(error)
            log.error("The model is refused: %s", error)
        except Exception as error:
            self.refusal = f"The model cannot be opened ({type(error).__name__})."
            log.exception("The model cannot be opened.")
        else:
            self._take(score.current_model())
            log.info("Ready with %s after %.2f s", score.current_model().version, time.perf_counter() - started)

    def _take(self, model: score.Model) -> None:
        facts = [
            (b"x-model-version", model.version),
            (b"x-model-labels", json.dumps(model.labels)),
            (b"x-model-threshold", json.dumps(model.manifest["threshold"])),
            (b"x-model-positive-label", json.dumps(model.manifest["positive_label"])),
        ]
        self._facts = [(name, value.encode("latin-1", "replace")) for name, value in facts]
        self.model = model

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, whatever happens, and log it without repeating anything that was sent."""
        started, request_id = time.perf_counter(), uuid.uuid4().hex
        route, handler = self._route(scope["path"])
        with contextlib.suppress(ClientGone):
            answer = await self._answer(handler, scope, receive, request_id)
            answer.headers += [(b"x-ms-request-id", request_id.encode())]
            sent_id = plain_id(header(scope, b"x-ms-client-request-id"))
            answer.headers += [(b"x-ms-client-request-id", sent_id)] if sent_id else []
            await answer.send(send)
            method = scope["method"] if scope["method"] in _KNOWN_METHODS else "(other)"
            if route not in _HEALTH:
                log_request(method, route, answer.status, answer.rows, time.perf_counter() - started, request_id)

    async def _answer(self, handler: Handler, scope: Scope, receive: Receive, request_id: str) -> HttpAnswer:
        try:
            return await handler(scope, receive)
        except HttpRefused as error:
            return _refusal(error.status, error.code, error.message, request_id, headers=error.headers)
        except score.InvalidRows as error:
            return _refusal(422, "invalid_rows", str(error), request_id, error)
        except score.RequestRefused as error:
            return _refusal(error.status, "request_refused", str(error), request_id)
        except ClientGone:
            raise
        except Exception:
            log.exception("Request %s failed", request_id)
            message = f"The service failed; its log has the details under {request_id}."
            return _refusal(500, "internal_error", message, request_id, headers=[(b"x-ms-run-function-failed", b"True")])

    # -- routes ---------------------------------------------------------------------------------------------------

    def _route(self, path: str) -> tuple[str, Handler]:
        """Return the name a path has in the log, and its handler; a service path of AKS scores as well."""
        parts = path.split("/")
        if path == "/score" or (len(parts) == 6 and parts[:4] == ["", "api", "v1", "service"] and parts[5] == "score"):
            return "/score", self._score
        routes: dict[str, Handler] = {
            "/": self._healthy,
            "/livez": self._livez,
            "/readyz": self._readyz,
            "/swagger.json": self._swagger,
        }
        return (path, routes[path]) if path in routes else ("(unknown)", _unknown_path)

    async def _healthy(self, scope: Scope, receive: Receive) -> HttpAnswer:
        _only(scope, "GET", "HEAD")
        return HttpAnswer(200, b"Healthy", b"text/plain; charset=utf-8")

    async def _livez(self, scope: Scope, receive: Receive) -> HttpAnswer:
        _only(scope, "GET", "HEAD")
        return HttpAnswer.of_json({"status": "alive"})

    async def _readyz(self, scope: Scope, receive: Receive) -> HttpAnswer:
        """Ready once the golden predictions have been repeated; a refused model never is."""
        _only(scope, "GET", "HEAD")
        if self.model is not None:
            return HttpAnswer.of_json({"status": "ready", "model": self.model.version})
        if self.refusal is not None:
            return HttpAnswer.of_json({"status": "refused", "reason": self.refusal}, 503)
        return HttpAnswer.of_json({"status": "starting"}, 503)

    async def _swagger(self, scope: Scope, receive: Receive) -> HttpAnswer:
        _only(scope, "GET", "HEAD")
        version = parse_qs(scope["query_string"].decode("latin-1")).get("version", ["2"])[-1]
        if version not in ("2", "2.0", "3", "3.0", "3.1"):
            raise HttpRefused(404, "not_found", "There is a description in version 2 and in version 3.")
        return HttpAnswer.of_json(document(self._ready_model().manifest, int(version[0]), self.keys.wants_key))

    async def _wait_until_open(self) -> None:
        """Hold a request that came while the model was being opened, so that a restart loses none."""
        if self._opening is not None and not self._opening.done():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(asyncio.shield(self._opening), OPENING_S)

    def _ready_model(self) -> score.Model:
        if self.model is None:
            raise HttpRefused(503, "not_ready", "The service is not ready; try again in a moment.", [(b"retry-after", b"1")])
        return self.model

    async def _score(self, scope: Scope, receive: Receive) -> HttpAnswer:
        _only(scope, "POST")
        self._check_caller(scope)
        check_content_type(scope)
        await self._wait_until_open()
        self._ready_model()
        body = await read_body(scope, receive)
        started = time.perf_counter()
        found = score.answer(body) if len(body) <= INLINE_BYTES else await asyncio.to_thread(score.answer, body)
        took = f"{(time.perf_counter() - started) * 1e3:.3f}".encode()
        answer = HttpAnswer.of_json(found.body)
        answer.rows = found.rows
        answer.headers += [(b"x-ms-run-fn-exec-ms", took), (b"x-ms-run-function-failed", b"False"), *self._facts]
        return answer

    def _check_caller(self, scope: Scope) -> None:
        """Refuse a caller without a key (401), with a wrong one (403), or a web page that calls a keyless endpoint."""
        if not self.keys.wants_key:
            if not is_loopback_host(header(scope, b"host") or b""):
                raise HttpRefused(403, "forbidden", "Without a key this endpoint serves only its own machine.")
            return
        key = bearer(header(scope, b"authorization") or b"")
        if key is None:
            challenge = [(b"www-authenticate", b'Bearer realm="score"')]
            raise HttpRefused(401, "key_missing", "Send a key of this endpoint as Authorization: Bearer KEY.", challenge)
        if not self.keys.accepts(key):
            raise HttpRefused(403, "key_refused", "This key is not one of this endpoint's; copy it from the endpoint again.")


_HEALTH = frozenset({"/", "/livez", "/readyz"})
_KNOWN_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"})


async def _unknown_path(scope: Scope, receive: Receive) -> HttpAnswer:
    raise HttpRefused(404, "not_found", "There is nothing here; send rows to POST /score.")


def _only(scope: Scope, *methods: str) -> None:
    """Refuse other methods (405)."""
    if scope["method"] not in methods:
        allowed = ", ".join(methods)
        raise HttpRefused(405, "method_not_allowed", f"Use {allowed} here.", [(b"allow", allowed.encode())])


def _refusal(
    status: int, code: str, message: str, request_id: str, rows: score.InvalidRows | None = None, headers: Headers | None = None
) -> HttpAnswer:
    """Return an error answer: a code, a sentence, the bad fields if any, and the id under which the log has it."""
    value: dict[str, object] = {"error": message, "code": code, "request_id": request_id}
    if rows is not None:
        listed = [{"row": f.row, "field": f.field, "problem": f.problem, "expected": f.expected} for f in rows.fields]
        value |= {"fields": listed, "total_fields": rows.total}
    answer = HttpAnswer.of_json(value, status)
    answer.headers += headers or []
    return answer
