"""The scoring service: which requests are accepted, and what each is answered."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from urllib.parse import parse_qs

import orjson

from inference import score
from inference.access import Keys, bearer, is_loopback_host
from inference.board import Board, Row
from inference.exchange import (
    UNKNOWN_ROUTE,
    HttpAnswer,
    HttpRefused,
    Request,
    check_content_type,
    check_declared_size,
    choose_unpacking,
)
from inference.journal import log
from inference.metrics import CONTENT_TYPE, exposition
from inference.openapi import document
from inference.quick_model import QuickModel
from inference.tally import Tally, told
from inference.timing import Stop, seconds_per_run

SCORE = "/score"
TOLD_AT_HOME = frozenset({"/metrics", "/swagger.json"})  # without a key, and to this machine only
INPUTS = "/inputs"
NO_PATIENTS = b"x-hf-no-patients"  # rows that explain or check something are left out of the account of inputs
QUIET_ROUTES = frozenset({"/", "/livez", "/readyz", "/metrics"})
MOST_INLINE_BYTES = 64 * 1024
MOST_INLINE_S = 0.005
SMALLEST_ROW_BYTES = 48


class Service:
    """Answers POST /score, health checks, metrics and the description of the API.

    Args:
        keys: Which keys are accepted; an empty ring serves callers on this machine without one.
        board: Where the workers of this server count.
        row: The row of the board that this worker counts in, the first one by default.
    """

    def __init__(self, keys: Keys, board: Board | None = None, row: Row | None = None) -> None:
        self.keys = keys
        self.board = board or Board(1)
        self._row = row or self.board.rows[0]
        self._tally: Tally | None = None
        self.refusal: str | None = None
        self.model: QuickModel | None = None
        self.is_opening = False
        self.inline_bytes = 0
        self._facts = b""
        self._routes: dict[str, Callable[[Request], HttpAnswer]] = {
            "/": self._healthy,
            "/livez": self._livez,
            "/readyz": self._readyz,
            "/metrics": self._metrics,
            "/swagger.json": self._swagger,
            INPUTS: self._inputs,
        }

    async def open(self) -> None:
        """Open and check the model beside the loop; what is wrong with it is said by /readyz and in the log."""
        started, self.is_opening = time.perf_counter(), True
        try:
            await asyncio.to_thread(score.init, QuickModel)
        except score.ModelRefused as error:
            self.refusal = str(error)
            log.error("The model is refused: %s", error)
        except Exception as error:
            self.refusal = f"The model cannot be opened ({type(error).__name__})."
            log.exception("The model cannot be opened.")
        else:
            self._take(score.current_model())
            log.info("Ready with %s after %.2f s", score.current_model().version, time.perf_counter() - started)
        finally:
            self.is_opening = False

    def _take(self, model: score.Model) -> None:
        assert isinstance(model, QuickModel), "it was opened as one"
        facts = [
            (b"x-model-version", model.version),
            (b"x-model-labels", json.dumps(model.labels)),
            (b"x-model-threshold", json.dumps(model.manifest["threshold"])),
            (b"x-model-positive-label", json.dumps(model.manifest["positive_label"])),
        ]
        facts.append((b"x-ms-run-function-failed", "False"))
        self._facts = b"".join(
            b"%b: %b\r\n" % (name, " ".join(value.split()).encode("latin-1", "replace")) for name, value in facts
        )
        once, per_row = seconds_per_run(model)
        rows = int((MOST_INLINE_S - once) / max(per_row, 1e-7))
        self.inline_bytes = max(0, min(MOST_INLINE_BYTES, rows * SMALLEST_ROW_BYTES))
        self._tally = Tally(self._row.inputs, model.manifest)
        self.model = model

    # -- judging by the header ------------------------------------------------------------------------------------

    def admit(self, request: Request) -> None:
        """Name the request's route and refuse what its header rules out.

        Raises:
            HttpRefused: path, method, key, content type or announced size.
        """
        request.route = SCORE if request.url == b"/score" else _route(request.path)
        if request.route == SCORE:
            _only(request, "POST")
            self._check_caller(request)
            check_content_type(request)
            choose_unpacking(request)
            check_declared_size(request)
        elif request.route in self._routes:
            _only(request, "GET", "HEAD")
            if request.route == INPUTS or (request.route in TOLD_AT_HOME and not self._is_at_home(request)):
                self._check_caller(request)
            check_declared_size(request)
        else:
            raise HttpRefused(404, "not_found", "There is nothing here; send rows to POST /score.")

    def admit_like(self, request: Request, earlier: Request | None) -> bool:
        """Admit a request whose header is word for word that of an earlier one of the same connection.

        It is judged anew when the accepted keys are others by now. False: it must be judged as any other.
        """
        if earlier is None or request.headers != earlier.headers or request.url != earlier.url:
            return False
        if request.method != earlier.method or earlier.keys is not self.keys.now():
            return False
        request.route, request.keys = earlier.route, earlier.keys
        return True

    def _is_at_home(self, request: Request) -> bool:
        """Tell whether a caller is on this machine and asks for this machine, not for a name that a proxy passes on."""
        return request.is_near and is_loopback_host(request.headers.get(b"host", b""))

    def _check_caller(self, request: Request) -> None:
        """Refuse a caller without a key (401), with a wrong one (403), or a web page that calls a keyless endpoint."""
        request.keys = self.keys.now()
        if not request.keys.wants_key:
            if not is_loopback_host(request.headers.get(b"host", b"")):
                raise HttpRefused(403, "forbidden", "Without a key this endpoint serves only its own machine.")
            return
        key = bearer(request.headers.get(b"authorization", b""))
        if key is None:
            challenge = [(b"www-authenticate", b'Bearer realm="score"')]
            raise HttpRefused(401, "key_missing", "Send a key of this endpoint as Authorization: Bearer KEY.", challenge)
        if not request.keys.accepts(key):
            raise HttpRefused(403, "key_refused", "This key is not one of this endpoint's; copy it from the endpoint again.")

    # -- answers --------------------------------------------------------------------------------------------------

    def answer(self, request: Request, stop: Stop | None = None) -> HttpAnswer:
        """Answer one request, whatever happens, without repeating anything that was sent."""
        try:
            if request.refused is not None:
                raise request.refused
            return self._score(request, stop) if request.route == SCORE else self._routes[request.route](request)
        except HttpRefused as error:
            return refusal(error, request)
        except score.InvalidRows as error:
            return refusal(HttpRefused(422, "invalid_rows", str(error)), request, error)
        except score.RequestRefused as error:
            return refusal(HttpRefused(error.status, "request_refused", str(error)), request)
        except Exception:
            if stop is None or not stop.is_set():
                log.exception("Request %s failed", request.id)
            message = f"The service failed; its log has the details under {request.id}."
            return refusal(HttpRefused(500, "internal_error", message, [(b"x-ms-run-function-failed", b"True")]), request)

    def _score(self, request: Request, stop: Stop | None) -> HttpAnswer:
        model = self._ready_model()
        started = time.perf_counter()
        value = _decoded(request.body())
        found = model.answer_one(value) if stop is None else None
        if found is None:
            found = score.answer(value, run=stop.options if stop else None)
        if self._tally is not None and found.inputs is not None and NO_PATIENTS not in request.headers:
            self._tally.count(found.inputs)
        answer = HttpAnswer.of_json(found.body)
        answer.rows = found.rows
        answer.more = b"x-ms-run-fn-exec-ms: %.3f\r\n%b" % ((time.perf_counter() - started) * 1e3, self._facts)
        return answer

    def count_inputs(self) -> None:
        """Count the rows that were scored since last time."""
        if self._tally is not None:
            self._tally.settle()

    def _healthy(self, request: Request) -> HttpAnswer:
        return HttpAnswer(200, b"Healthy", b"text/plain; charset=utf-8")

    def _livez(self, request: Request) -> HttpAnswer:
        return HttpAnswer.of_json({"status": "alive"})

    def _readyz(self, request: Request) -> HttpAnswer:
        """Ready once a worker has repeated the golden predictions; a refused model never is."""
        if self.model is not None:
            return HttpAnswer.of_json({"status": "ready", "model": self.model.version})
        if self.refusal is not None:
            return HttpAnswer.of_json({"status": "refused", "reason": self.refusal}, 503)
        return HttpAnswer.of_json({"status": "starting"}, 503)

    def _metrics(self, request: Request) -> HttpAnswer:
        model = (str(self.model.manifest["name"]), str(self.model.manifest["version"])) if self.model else None
        return HttpAnswer(200, exposition(self.board, model), CONTENT_TYPE)

    def _inputs(self, request: Request) -> HttpAnswer:
        """How the scored rows are spread over the bins of the training rows; for who holds a key.

        Other workers tell what they counted up to their last look at the clock, a quarter of a second ago at most.
        """
        self.count_inputs()
        return HttpAnswer.of_json(told(self.board, self._ready_model().manifest))

    def _swagger(self, request: Request) -> HttpAnswer:
        version = parse_qs(request.query).get("version", ["2"])[-1]
        if version not in ("2", "2.0", "3", "3.0", "3.1"):
            raise HttpRefused(404, "not_found", "There is a description in version 2 and in version 3.")
        return HttpAnswer.of_json(document(self._ready_model().manifest, int(version[0]), self.keys.wants_key))

    def _ready_model(self) -> QuickModel:
        if self.model is None:
            raise not_ready()
        return self.model


def _decoded(body: bytes) -> object:
    """Return the JSON object of a body; one that orjson does not take is left for the entry script to read or refuse."""
    try:
        value: object = orjson.loads(body)
    except orjson.JSONDecodeError:
        return body
    return value if type(value) is dict else body


def _route(path: str) -> str:
    """Return the name of a path in the log; a service path of a cluster scores as well."""
    parts = path.split("/")
    if path == SCORE or (len(parts) == 6 and parts[:4] == ["", "api", "v1", "service"] and parts[5] == "score"):
        return SCORE
    return path if path in (*QUIET_ROUTES, "/swagger.json", INPUTS) else UNKNOWN_ROUTE


def _only(request: Request, *methods: str) -> None:
    """Refuse other methods (405)."""
    if request.method not in methods:
        allowed = ", ".join(methods)
        raise HttpRefused(405, "method_not_allowed", f"Use {allowed} here.", [(b"allow", allowed.encode())])


def not_ready() -> HttpRefused:
    """Return the refusal of a request that came before the model was open."""
    return HttpRefused(503, "not_ready", "The service is not ready; try again in a moment.", [(b"retry-after", b"1")])


def refusal(error: HttpRefused, request: Request, rows: score.InvalidRows | None = None) -> HttpAnswer:
    """Return an error answer: a code, a sentence, the bad fields if any, and the id under which the log has it."""
    value: dict[str, object] = {"error": error.message, "code": error.code, "request_id": request.id}
    if rows is not None:
        listed = [{"row": f.row, "field": f.field, "problem": f.problem, "expected": f.expected} for f in rows.fields]
        value |= {"fields": listed, "total_fields": rows.total}
    answer = HttpAnswer.of_json(value, error.status)
    answer.headers = error.headers
    return answer
