"""The HTTP side of the scoring service: routes, keys, limits, headers, and a log without values."""

from __future__ import annotations

import asyncio
import json
import logging
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from inference import connection, exchange, score
from inference.access import KeyRing, hash_key, is_loopback_peer
from inference.connection import Connection
from inference.desk import Desk
from inference.journal import ValueFreeFormatter
from inference.quick_model import QuickModel
from inference.service import Service
from tests.fakes.small_model import LESSON_SAMPLE, TYPED_SAMPLE, records, write_model

PRIMARY, SECONDARY = "primary-key-1", "secondary-key-2"
CANARY = "Zebra-4711"
BODY = {"data": [TYPED_SAMPLE]}
Call = Callable[..., httpx.Response]


@asynccontextmanager
async def _listening(service: Service) -> AsyncIterator[int]:
    """Serve on a free port of this machine inside the test's own loop."""
    loop = asyncio.get_running_loop()
    desk = Desk(service, service.board.rows[0], loop)
    server = await loop.create_server(lambda: Connection(desk), "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        desk.close()
        desk.end()


def _ask(service: Service, method: str, path: str, host: str = "localhost", **options: Any) -> httpx.Response:
    """Send one request over a real connection, its header lines exactly as they are given."""

    async def go() -> httpx.Response:
        request = httpx.Request(method, f"http://{host}{path}", **options)
        lines = [f"{method} {request.url.raw_path.decode()} HTTP/1.1", "connection: close"]
        head = "\r\n".join([*lines, *(f"{k}: {v}" for k, v in request.headers.items() if k != "connection"), "", ""])
        async with _listening(service) as port:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(head.encode("latin-1"))
            chunked = "transfer-encoding" in request.headers
            async for part in request.stream:
                writer.write(b"%x\r\n%b\r\n" % (len(part), part) if chunked else part)
            writer.write(b"0\r\n\r\n" if chunked else b"")
            told = await asyncio.wait_for(reader.read(), 10)
            writer.close()
            await writer.wait_closed()
            return _read(told)

    return asyncio.run(go())


def _read(told: bytes) -> httpx.Response:
    head, _, body = told.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    return httpx.Response(int(first.split(" ")[1]), headers=[tuple(line.split(": ", 1)) for line in lines], content=body)


def _service(monkeypatch: pytest.MonkeyPatch, folder: Path, keys: tuple[str, ...] = (PRIMARY, SECONDARY)) -> Service:
    monkeypatch.setenv("AZUREML_MODEL_DIR", str(folder))
    monkeypatch.setattr(score, "_model", None)
    service = Service(KeyRing(tuple(map(hash_key, keys))))
    asyncio.run(service.open())
    return service


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch, integer_model: Path) -> Service:
    """A ready service with two keys."""
    return _service(monkeypatch, integer_model)


@pytest.fixture
def call(service: Service) -> Call:
    """Send a request with the primary key, unless other headers are given."""

    def send(method: str = "POST", path: str = "/score", **options: Any) -> httpx.Response:
        options.setdefault("headers", {"authorization": f"Bearer {PRIMARY}"})
        return _ask(service, method, path, **options)

    return send


def test_version_1_is_a_json_string_and_version_2_an_object(call: Call) -> None:
    """Version 1 has to be decoded twice, version 2 once, as with Azure's server."""
    first = call(json={"data": [LESSON_SAMPLE], "method": "predict_proba"})
    second = call(json={"Inputs": {"data": [LESSON_SAMPLE]}, "GlobalParameters": {"method": "predict_proba"}})
    assert (first.status_code, second.status_code) == (200, 200)
    assert json.loads(first.json()) == {"result": second.json()["Results"]}
    assert call(json={"data": [LESSON_SAMPLE]}).text == '"{\\"result\\": [0]}"'


def test_the_error_string_of_an_unknown_method_is_a_200(call: Call) -> None:
    """Version 1 with an unknown method answers 200 with an error string, as Azure does; version 2 answers 422."""
    answer = call(json=BODY | {"method": "foo"})
    assert answer.status_code == 200
    assert json.loads(answer.json()) == {"error": "Invalid predict method argument received (foo)"}
    assert call(json={"Inputs": BODY, "GlobalParameters": {"method": "foo"}}).status_code == 422


def test_answers_carry_ids_time_and_version(call: Call) -> None:
    """Every answer has Azure's headers, and a score says which model version gave it."""
    answer = call(json=BODY, headers={"authorization": f"Bearer {PRIMARY}", "x-ms-client-request-id": "form-7"})
    assert re.fullmatch(r"[0-9a-f]{32}", answer.headers["x-ms-request-id"])
    assert answer.headers["x-ms-client-request-id"] == "form-7"
    assert float(answer.headers["x-ms-run-fn-exec-ms"]) > 0
    assert answer.headers["x-model-version"] == "heart-failure-risk:3"
    assert json.loads(answer.headers["x-model-labels"]) == [0, 1]


@pytest.mark.parametrize("sent", ["a b", "x" * 101, "id;drop", "<script>"])
def test_an_odd_request_id_is_not_repeated(call: Call, sent: str) -> None:
    """A caller's request id comes back only when it is short and plain."""
    answer = call(json=BODY, headers={"authorization": f"Bearer {PRIMARY}", "x-ms-client-request-id": sent})
    assert answer.status_code == 200
    assert "x-ms-client-request-id" not in answer.headers


@pytest.mark.parametrize("path", ["/score", "/api/v1/service/automl-hf-sdk/score"])
def test_both_of_azures_paths_score(call: Call, path: str) -> None:
    """The path of a container instance and the path of a cluster service both score."""
    assert call(path=path, json=BODY).status_code == 200


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 401),
        ({"authorization": "Basic abc"}, 401),
        ({"authorization": "Bearer "}, 401),
        ({"authorization": "Bearer wrong"}, 403),
        ({"authorization": f"Bearer {PRIMARY} "}, 200),
        ({"authorization": f"bearer {SECONDARY}"}, 200),
    ],
)
def test_only_the_two_keys_open_the_service(call: Call, headers: dict[str, str], status: int) -> None:
    """No key is 401, a wrong one 403; the primary and the secondary key both work."""
    answer = call(json=BODY, headers=headers)
    assert answer.status_code == status
    assert ("www-authenticate" in answer.headers) == (status == 401)


def test_the_key_is_checked_before_anything_is_read(call: Call) -> None:
    """Without a key neither the form of the body nor its fields are commented on."""
    assert call(content=b"no json", headers={}).status_code == 401


def test_without_keys_only_this_machine_is_served(monkeypatch: pytest.MonkeyPatch, integer_model: Path) -> None:
    """A keyless endpoint answers a Host of this machine and refuses what a foreign web page would send."""
    service = _service(monkeypatch, integer_model, keys=())
    assert _ask(service, "POST", "/score", json=BODY, host="localhost:8601").status_code == 200
    assert _ask(service, "POST", "/score", json=BODY, host="evil.example:8601").status_code == 403


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("PUT", "/score", 405),
        ("GET", "/score", 405),
        ("OPTIONS", "/score", 405),
        ("POST", "/", 405),
        ("DELETE", "/readyz", 405),
        ("GET", "/nothing", 404),
        ("GET", "/score/", 404),
        ("POST", "/api/v1/service/a/b/score", 404),
    ],
)
def test_other_methods_and_paths_are_refused(call: Call, method: str, path: str, status: int) -> None:
    """Only POST scores, only known paths exist; a refused method is told which ones work."""
    answer = call(method, path)
    assert answer.status_code == status
    assert ("allow" in answer.headers) == (status == 405)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"content-type": "text/plain"}, 415),
        ({"content-type": "application/x-www-form-urlencoded"}, 415),
        ({"content-type": "application/json; charset=utf-16"}, 415),
        ({"content-type": "application/json", "content-encoding": "br"}, 415),
        ({"content-type": "application/json", "content-encoding": "gzip, gzip"}, 415),
        ({"content-type": "application/json", "content-encoding": "Identity"}, 200),
        ({"content-type": "Application/JSON; charset=UTF-8"}, 200),
    ],
)
def test_only_plain_json_is_read(call: Call, headers: dict[str, str], status: int) -> None:
    """Another content type or character set, and any encoding but gzip, is 415."""
    content = json.dumps(BODY).encode()
    assert call(content=content, headers=headers | {"authorization": f"Bearer {PRIMARY}"}).status_code == status
    assert call(content=content).status_code == 415


@pytest.mark.parametrize("content", [b"", b"no json", b"[]", b'{"rows": []}', b"\xff\xfe", b"[" * 50_000])
def test_a_body_of_another_form_is_400(call: Call, content: bytes) -> None:
    """What is empty, not JSON or without data is 400."""
    headers = {"authorization": f"Bearer {PRIMARY}", "content-type": "application/json"}
    assert call(content=content, headers=headers).status_code == 400


def test_bad_fields_are_422_and_all_named(call: Call) -> None:
    """Fields that cannot be used are listed with row, field and what is expected."""
    answer = call(json={"data": [TYPED_SAMPLE | {"age": 300, "sex": "x"}, {}]})
    assert answer.status_code == 422
    told = answer.json()
    assert told["code"] == "invalid_rows"
    assert told["total_fields"] == 14
    assert {"row": 1, "field": "age", "problem": "is out of range", "expected": "a number from 18 to 122 years"} in told["fields"]


def test_too_much_is_413(call: Call) -> None:
    """A body above 2 MB, declared or in chunks, and more than 10,000 rows are 413; exactly the limit is read."""
    headers = {"authorization": f"Bearer {PRIMARY}", "content-type": "application/json"}
    body = json.dumps(BODY).encode()
    full = body + b" " * (exchange.MOST_BODY_BYTES - len(body))

    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(3):
            yield full[: len(full) // 2]

    assert call(content=full, headers=headers).status_code == 200
    assert call(content=full + b" ", headers=headers).status_code == 413
    assert call(content=chunks(), headers=headers).status_code == 413
    assert call(json={"data": [[0] * 12] * 10_001}).status_code == 413


def _raw(service: Service, sent: bytes, then: Callable[[asyncio.StreamWriter], None] = lambda _: None) -> bytes:
    """Send bytes as they are and return everything that comes back until the service closes the connection."""

    async def go() -> bytes:
        async with _listening(service) as port:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(sent)
            await writer.drain()
            then(writer)
            told = await asyncio.wait_for(reader.read(), 10)
            writer.close()
            await writer.wait_closed()
            return told

    return asyncio.run(go())


def _head(*more: str) -> bytes:
    lines = [
        "POST /score HTTP/1.1",
        "Host: localhost",
        f"Authorization: Bearer {PRIMARY}",
        "Content-Type: application/json",
        *more,
    ]
    return "\r\n".join([*lines, "", ""]).encode()


def test_a_body_that_trickles_is_408(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    """A client that does not finish its request in time is cut off with 408, in the header as in the body."""
    monkeypatch.setattr(connection, "ARRIVAL_S", 0.25)
    monkeypatch.setattr(Desk, "__init__", _impatient(Desk.__init__))
    for sent in (_head("Content-Length: 100") + b"{", b"POST /score HTTP/1.1\r\nHo"):
        assert _raw(service, sent).startswith(b"HTTP/1.1 408 ")


def _impatient(init: Callable[..., None]) -> Callable[..., None]:
    """Let a desk look at the clock all the time."""

    def wrapped(desk: Desk, service: Service, row: Any, loop: asyncio.AbstractEventLoop) -> None:
        init(desk, service, row, loop)

        def look() -> None:
            desk.look_at_the_clock()
            loop.call_later(0.01, look)

        look()

    return wrapped


def test_a_client_that_leaves_is_no_error(service: Service, caplog: pytest.LogCaptureFixture) -> None:
    """A connection closed in the middle of a body is dropped without an answer and without a traceback."""
    assert _raw(service, _head("Content-Length: 100") + b"{", lambda writer: writer.write_eof()) == b""
    assert "Traceback" not in caplog.text


def test_large_requests_score_beside_the_loop(call: Call) -> None:
    """All 299 patients in one request get the same answer as one by one."""
    together = json.loads(call(json={"data": records() * 3, "method": "predict_proba"}).json())["result"]
    alone = [json.loads(call(json={"data": [r], "method": "predict_proba"}).json())["result"][0] for r in records()[:10]]
    assert len(together) == 897
    assert max(abs(a[1] - b[1]) for a, b in zip(alone, together, strict=False)) <= 1e-6


def test_health_and_readiness(call: Call) -> None:
    """GET / is Azure's Healthy; /livez and /readyz need no key and say what the service is."""
    assert call("GET", "/", headers={}).text == "Healthy"
    assert call("GET", "/livez", headers={}).json() == {"status": "alive"}
    assert call("GET", "/readyz", headers={}).json() == {"status": "ready", "model": "heart-failure-risk:3"}
    assert call("HEAD", "/", headers={}).status_code == 200


@pytest.mark.parametrize("path", ["/metrics", "/swagger.json", "/swagger.json?version=3"])
def test_counters_and_description_need_a_key_from_elsewhere(call: Call, monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    """On this machine counters and description need no key; from another one, or under another name, they do."""
    key = {"authorization": f"Bearer {PRIMARY}"}
    assert call("GET", path, headers={}).status_code == 200
    assert call("GET", path, headers={}, host="risk.example").status_code == 401
    assert call("GET", path, headers=key, host="risk.example").status_code == 200
    monkeypatch.setattr(connection, "is_loopback_peer", lambda address: not address)
    assert call("GET", path, headers={}).status_code == 401
    assert call("GET", path, headers={"authorization": "Bearer wrong"}).status_code == 403
    assert call("GET", path, headers=key).status_code == 200
    assert [call("GET", p, headers={}).status_code for p in ("/", "/livez", "/readyz")] == [200] * 3


@pytest.mark.parametrize(
    ("address", "near"),
    [
        ("127.0.0.1", True),
        ("127.8.9.1", True),
        ("::1", True),
        ("::ffff:127.0.0.1", True),
        ("10.0.0.1", False),
        ("::ffff:10.0.0.1", False),
        ("fe80::1%eth0", False),
        ("", False),
    ],
)
def test_a_callers_address_tells_where_it_is(address: str, near: bool) -> None:
    """Only loopback addresses, in either family, count as this machine."""
    assert is_loopback_peer(address) is near


def test_before_the_model_is_open_nothing_is_scored() -> None:
    """Until the golden check has passed the service is alive but not ready, and scores nothing."""
    service = Service(KeyRing((hash_key(PRIMARY),)))
    assert _ask(service, "GET", "/livez").status_code == 200
    assert _ask(service, "GET", "/readyz").status_code == 503
    answer = _ask(service, "POST", "/score", json=BODY, headers={"authorization": f"Bearer {PRIMARY}"})
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")


def test_a_golden_mismatch_never_becomes_ready(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A model that predicts something else than what was recorded stays out of service, and /readyz says why."""
    folder = write_model(tmp_path / "m", changes={"golden": {"rows": [[50.0] * 12], "probabilities": [[0.4, 0.6]]}})
    service = _service(monkeypatch, folder)
    answer = _ask(service, "GET", "/readyz")
    assert answer.status_code == 503
    assert answer.json()["status"] == "refused"
    assert "golden check failed" in answer.json()["reason"]
    refused = _ask(service, "POST", "/score", json=BODY, headers={"authorization": f"Bearer {PRIMARY}"})
    assert refused.status_code == 503


@pytest.mark.parametrize(("query", "version"), [("", "swagger"), ("?version=2", "swagger"), ("?version=3", "openapi")])
def test_the_api_describes_itself(call: Call, query: str, version: str) -> None:
    """/swagger.json describes the twelve fields with kinds and ranges, in version 2 or 3."""
    told = call("GET", f"/swagger.json{query}", headers={}).json()
    assert version in told
    row = (told.get("definitions") or told["components"]["schemas"])["Row"]
    assert row["properties"]["ejection_fraction"] == {"type": "number", "minimum": 5, "maximum": 90, "description": "In %."}
    assert len(row["required"]) == 12
    assert call("GET", "/swagger.json?version=7", headers={}).status_code == 404


@pytest.mark.parametrize(("place", "name", "rows"), [(score, "answer", 2), (QuickModel, "answer_one", 1)])
def test_an_unforeseen_failure_is_a_500_with_an_id(
    call: Call, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, place: object, name: str, rows: int
) -> None:
    """An exception nobody foresaw gives 500 and an id; the log has class and place under that id, but no value."""

    def fail(*_: object, **__: object) -> None:
        raise KeyError(CANARY)

    monkeypatch.setattr(place, name, fail)
    answer = call(json={"data": [TYPED_SAMPLE] * rows})
    assert answer.status_code == 500
    assert answer.headers["x-ms-run-function-failed"] == "True"
    record = next(r for r in caplog.records if r.exc_info)
    written = ValueFreeFormatter().format(record)
    assert answer.json()["request_id"] in written
    assert "KeyError" in written
    assert "in fail" in written
    assert CANARY not in written + answer.text


def test_no_value_and_no_key_reaches_log_or_answer(call: Call, caplog: pytest.LogCaptureFixture) -> None:
    """Patient values and keys sent in bodies, queries, paths, headers and names appear in no log line and no refusal."""
    caplog.set_level(logging.DEBUG)
    key = {"authorization": f"Bearer {PRIMARY}", "content-type": "application/json"}
    row = TYPED_SAMPLE | {"age": CANARY}
    answers = [
        call(json={"data": [row]}),
        call(json={"data": [TYPED_SAMPLE | {f"{CANARY} x": 1}]}),
        call(json={"data": [[CANARY] * 12], "method": f"{CANARY}!"}),
        call(json={"data": [TYPED_SAMPLE], "method": f"{CANARY}!"}),
        call(json=BODY, path=f"/score?name={CANARY}"),
        call(path=f"/score/{CANARY}", json=BODY),
        call("GET", f"/{CANARY}"),
        call(content=CANARY.encode(), headers=key),
        call(content=b"x", headers=key | {"content-type": f"text/{CANARY}"}),
        call(json=BODY, headers=key | {"x-ms-client-request-id": f"{CANARY} y"}),
        call(json=BODY, headers={"authorization": f"Bearer {CANARY}"}),
        call(CANARY.upper(), "/score"),
        call("PUT", f"/score?{CANARY}"),
    ]
    assert {a.status_code for a in answers} == {200, 400, 403, 404, 405, 415, 422}
    told = "".join(a.text + repr(a.headers) for a in answers)
    logged = "\n".join(ValueFreeFormatter().format(r) for r in caplog.records if r.name == "inference")
    assert logged.count("id=") == len(answers)
    for secret in (CANARY, CANARY.upper(), PRIMARY):
        assert secret not in told
        assert secret not in logged
