"""ScoringClient reads every answer of the scoring contract and says plainly what went wrong."""

from __future__ import annotations

import gzip
import json
import socket
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from hfcore.errors import EndpointUnreachable, InvalidSettings, ScoringCanceled, ScoringFailed, Unauthorized
from hfcore.records import Endpoint
from hfcore.scoring.batch import MOST_BODY_BYTES, ROWS_PER_REQUEST, batches
from hfcore.scoring.client import ScoringClient
from hfcore.states import EndpointState
from tests.fakes.scoring_service import CannedService, canned_service

PATIENT = {"age": 60, "sex": False}
KEY = "a-secret-key"
CANARY = "Zebra-4711"


@pytest.fixture
def service() -> Iterator[CannedService]:
    """A service that answers what the test says."""
    with canned_service() as running:
        yield running


@pytest.fixture
def client(service: CannedService) -> Iterator[ScoringClient]:
    """A client of that service, with a key."""
    made = ScoringClient(service.uri, key=KEY, timeout_s=5)
    yield made
    made.close()


def v1(value: object) -> bytes:
    return json.dumps(json.dumps({"result": value})).encode()


def v2(value: object) -> bytes:
    return json.dumps({"Results": value}).encode()


@pytest.mark.parametrize("body", [v1([[0.8, 0.2]]), v2([[0.8, 0.2]]), b'{"result": [[0.8, 0.2]]}'])
def test_every_form_of_probabilities_is_read(client: ScoringClient, service: CannedService, body: bytes) -> None:
    """Version 1 (decoded twice), version 2 and a plain object give the same probabilities."""
    service.body = body
    assert client.predict_proba([PATIENT]) == [[0.8, 0.2]]


@pytest.mark.parametrize("label", [False, 0, "survived"])
@pytest.mark.parametrize("form", [v1, v2])
def test_every_type_of_label_is_read(client: ScoringClient, service: CannedService, form: Any, label: object) -> None:
    """Predictions keep the type of the label: Boolean, integer or text."""
    service.body = form([label])
    (found,) = client.predict([PATIENT])
    assert found == label
    assert type(found) is type(label)


def test_the_request_is_typed_json_with_the_key_in_the_header(client: ScoringClient, service: CannedService) -> None:
    """What is sent is version 1 with numbers and true/false, the method, and the key as a bearer token."""
    service.body = v1([[0.8, 0.2]])
    client.predict_proba([{"age": "60", "sex": "false", "serum_creatinine": "1.40"}])
    (sent,) = service.requests
    expected = {"data": [{"age": 60, "sex": False, "serum_creatinine": 1.4}], "method": "predict_proba"}
    assert json.loads(sent.body) == expected
    assert sent.headers["authorization"] == f"Bearer {KEY}"
    assert sent.headers["content-type"] == "application/json"


def test_version_2_can_be_sent(service: CannedService) -> None:
    """For a service of version 2 the rows go as Inputs and the method as GlobalParameters."""
    service.body = v2([0])
    assert ScoringClient(service.uri, request_version=2).predict([PATIENT]) == [0]
    assert json.loads(service.requests[0].body) == {"Inputs": {"data": [PATIENT]}, "GlobalParameters": {"method": "predict"}}
    assert "authorization" not in service.requests[0].headers


@pytest.mark.parametrize(
    "body",
    [
        json.dumps(json.dumps({"error": f"could not convert string to float: '{CANARY}'"})).encode(),
        json.dumps({"error": CANARY}).encode(),
        b"<html>",
        b"",
        b"7",
        b'{"other": []}',
        b"[" * 100_000,
        v1([[0.8, 0.2], [0.8, 0.2]]),
        v1([[0.8, 1.2]]),
        v1([["x"]]),
        v1([[]]),
        v1([0.8]),
        b'"{\\"result\\": [[NaN, 0.2]]}"',
    ],
)
def test_an_answer_without_usable_probabilities_is_a_failure(client: ScoringClient, service: CannedService, body: bytes) -> None:
    """An error string sent as 200, another document, another count or an impossible probability is ScoringFailed."""
    service.body = body
    with pytest.raises(ScoringFailed) as caught:
        client.predict_proba([PATIENT])
    assert CANARY not in str(caught.value)


def test_refused_fields_are_listed(client: ScoringClient, service: CannedService) -> None:
    """A 422 becomes ScoringFailed that names every field, with a sentence for each."""
    listed = [
        {"row": 1, "field": "age", "problem": "is out of range", "expected": "a number from 18 to 122 years"},
        {"row": 3, "field": "age", "problem": "is out of range", "expected": "a number from 18 to 122 years"},
        {"row": 1, "field": "sex", "problem": "is missing", "expected": "true or false"},
    ]
    service.status, service.headers = 422, {"x-ms-request-id": "abc"}
    service.body = json.dumps({"error": CANARY, "fields": listed}).encode()
    with pytest.raises(ScoringFailed) as caught:
        client.predict([PATIENT] * 3)
    assert caught.value.fields == {
        "age": "age is out of range in rows 1, 3; expected a number from 18 to 122 years.",
        "sex": "sex is missing; expected true or false.",
    }
    assert all(sentence in str(caught.value) for sentence in caught.value.fields.values())
    assert (caught.value.status, caught.value.request_id) == (422, "abc")
    assert CANARY not in str(caught.value)


@pytest.mark.parametrize("status", [400, 404, 408, 413, 415, 418, 422, 429, 500, 502, 503])
def test_other_refusals_say_what_to_do_and_repeat_nothing(client: ScoringClient, service: CannedService, status: int) -> None:
    """Any other status is ScoringFailed with a sentence and a hint; the answer's own text may hold values and is not repeated."""
    service.status, service.body = status, f"Traceback: {CANARY}".encode()
    with pytest.raises(ScoringFailed) as caught:
        client.predict([PATIENT])
    assert caught.value.status == status
    assert caught.value.hint
    assert CANARY not in str(caught.value)


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_key_is_unauthorized(client: ScoringClient, service: CannedService, status: int) -> None:
    """401 and 403 are Unauthorized, and the message does not hold the key."""
    service.status = status
    with pytest.raises(Unauthorized) as caught:
        client.predict([PATIENT])
    assert KEY not in str(caught.value) + repr(client)


def test_a_redirect_is_not_followed(client: ScoringClient, service: CannedService) -> None:
    """A redirect is a failure: the key goes to no other address."""
    with canned_service() as elsewhere:
        service.status, service.headers = 307, {"location": elsewhere.uri}
        with pytest.raises(ScoringFailed, match="redirect"):
            client.predict([PATIENT])
        assert elsewhere.requests == []


def test_a_netrc_file_does_not_replace_the_key(service: CannedService, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A password for the host in ~/.netrc is left alone, with a key and without."""
    file = tmp_path / "netrc"
    file.write_text("default login someone password other\n")
    monkeypatch.setenv("NETRC", str(file))
    service.body = v1([0])
    ScoringClient(service.uri.replace("127.0.0.1", "localhost"), key=KEY).predict([PATIENT])
    ScoringClient(service.uri).predict([PATIENT])
    assert [s.headers.get("authorization") for s in service.requests] == [f"Bearer {KEY}", None]


def test_nobody_there_is_unreachable() -> None:
    """A refused connection is EndpointUnreachable, which may be tried again."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(EndpointUnreachable) as caught:
        ScoringClient(f"http://127.0.0.1:{port}/score").predict([PATIENT])
    assert caught.value.retryable


def test_a_silent_service_is_given_up(service: CannedService) -> None:
    """A service that accepts and never answers, or answers a byte at a time, is given up after the time limit."""
    leave = threading.Event()

    def trickle(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("content-length", "100000")
        handler.end_headers()
        for _ in range(1000):
            handler.wfile.write(b" ")
            handler.wfile.flush()
            if leave.wait(0.05):
                return

    acts = (lambda _: leave.wait(10), trickle)
    try:
        for act in acts:
            service.act = act  # type: ignore[assignment]
            with pytest.raises(EndpointUnreachable, match=r"0\.3 s"):
                ScoringClient(service.uri, timeout_s=0.3).predict([PATIENT])
    finally:
        leave.set()


def test_an_answer_that_breaks_off_is_unreachable(client: ScoringClient, service: CannedService) -> None:
    """An answer shorter than announced is EndpointUnreachable, not half a result."""

    def half(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("content-length", "1000")
        handler.end_headers()
        handler.wfile.write(b'"{')
        handler.close_connection = True

    service.act = half
    with pytest.raises(EndpointUnreachable, match="broke off"):
        client.predict([PATIENT])


def test_a_compressed_or_chunked_answer_is_read(client: ScoringClient, service: CannedService) -> None:
    """An answer in gzip, and one in chunks without a length, are read like any other."""
    packed = gzip.compress(v1([0]))

    def chunked(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("transfer-encoding", "chunked")
        handler.end_headers()
        for part in (v1([0])[:5], v1([0])[5:], b""):
            handler.wfile.write(f"{len(part):x}\r\n".encode() + part + b"\r\n")

    service.body, service.headers = packed, {"content-encoding": "gzip"}
    assert client.predict([PATIENT]) == [0]
    service.act = chunked
    assert client.predict([PATIENT]) == [0]


def test_a_closed_connection_is_opened_again_once(client: ScoringClient, service: CannedService) -> None:
    """When the service drops a kept connection, the request is sent once more."""
    service.body = v1([0])
    assert client.predict([PATIENT]) == [0]
    dropped: list[int] = []

    def drop_first(handler: BaseHTTPRequestHandler) -> None:
        service.act = None
        dropped.append(1)
        handler.connection.shutdown(socket.SHUT_RDWR)
        handler.close_connection = True

    service.act = drop_first
    assert client.predict([PATIENT]) == [0]
    assert (len(dropped), len(service.requests)) == (1, 3)


def test_score_tells_version_labels_and_time(client: ScoringClient, service: CannedService) -> None:
    """score() gives probabilities, labels and predictions in one request when the service tells its labels."""
    service.body = v1([[0.8, 0.2], [0.4, 0.6], [0.55, 0.45]])
    service.headers = {
        "x-model-version": "heart-failure-risk:3",
        "x-model-labels": "[false, true]",
        "x-model-threshold": "0.45",
        "x-model-positive-label": "true",
        "x-ms-request-id": "abc",
    }
    scored = client.score([PATIENT] * 3)
    assert scored.predictions == [False, True, True]
    assert (scored.labels, scored.model_version, scored.request_id) == ([False, True], "heart-failure-risk:3", "abc")
    assert (scored.positive_label, scored.threshold) == (True, 0.45)
    assert scored.latency_ms > 0
    assert len(service.requests) == 1


def test_score_asks_a_service_that_does_not_tell_its_labels(client: ScoringClient, service: CannedService) -> None:
    """At Azure's own service the predictions are asked for in a second request."""

    def by_method(handler: BaseHTTPRequestHandler) -> None:
        method = json.loads(service.requests[-1].body)["method"]
        body = v1([[0.8, 0.2]] if method == "predict_proba" else [False])
        handler.send_response(200)
        handler.send_header("content-length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    service.act = by_method
    scored = client.score([PATIENT])
    assert (scored.labels, scored.predictions, scored.model_version) == ([False, True], [False], None)


def test_many_rows_go_in_several_requests_in_order(client: ScoringClient, service: CannedService) -> None:
    """More rows than one request may hold are sent in pieces and come back in order."""

    def echo(handler: BaseHTTPRequestHandler) -> None:
        body = v1([row["age"] for row in json.loads(service.requests[-1].body)["data"]])
        handler.send_response(200)
        handler.send_header("content-length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    service.act = echo
    ages = list(range(ROWS_PER_REQUEST * 2 + 1))
    assert client.predict([{"age": a} for a in ages]) == ages
    assert len(service.requests) == 3
    assert client.predict([]) == client.predict_proba([]) == client.score([]).predictions == []


def test_an_endpoint_brings_its_address_key_and_columns(service: CannedService) -> None:
    """From an Endpoint the client takes address and key, and leaves out the follow-up time a model does not use."""
    made = datetime.now(UTC)
    endpoint = Endpoint("risk", EndpointState.HEALTHY, "m", 1, made, service.uri, primary_key=KEY, features=("age", "sex"))
    service.body = v1([0])
    ScoringClient(endpoint).predict([{"age": 60, "sex": 0, "time": 130}])
    assert json.loads(service.requests[0].body)["data"] == [{"age": 60, "sex": 0}]
    assert service.requests[0].headers["authorization"] == f"Bearer {KEY}"
    with pytest.raises(EndpointUnreachable, match="no address"):
        ScoringClient(Endpoint("risk", EndpointState.TRANSITIONING, "m", 1, made))


@pytest.mark.parametrize("uri", ["", "127.0.0.1:80", "ftp://x/score", "http://", "http://me:you@host/score", "http://h:x/"])
def test_an_address_that_is_none_is_refused(uri: str) -> None:
    """Only http and https addresses without user names are taken."""
    with pytest.raises(InvalidSettings, match="scoring address"):
        ScoringClient(uri)


def test_options_that_cannot_work_are_refused() -> None:
    """A broken key, time limit or version is said at once, all of them together, without repeating the key."""
    with pytest.raises(InvalidSettings) as caught:
        ScoringClient("http://127.0.0.1/score", key="a key\n", timeout_s=0, request_version=3)
    assert set(caught.value.fields) == {"key", "timeout_s", "request_version"}
    assert "a key" not in str(caught.value)


def test_progress_is_told_and_scoring_can_be_stopped(client: ScoringClient, service: CannedService) -> None:
    """After every request the rows done and all rows are told; returning False stops before the next request."""
    rows = [PATIENT] * (ROWS_PER_REQUEST * 2 + 1)
    service.act = _answer_each_row
    told: list[tuple[int, int]] = []
    assert len(client.predict_proba(rows, lambda done, total: told.append((done, total)))) == len(rows)  # type: ignore[func-returns-value]
    assert told == [(2_000, 4_001), (4_000, 4_001), (4_001, 4_001)]
    service.requests.clear()
    with pytest.raises(ScoringCanceled, match=r"2,000 of 4,001"):
        client.predict_proba(rows, lambda done, total: False)
    assert len(service.requests) == 1


def _answer_each_row(handler: BaseHTTPRequestHandler) -> None:
    """Answer as many probabilities as the request that was read last has rows."""
    _send(handler, 200, v1([[0.8, 0.2]] * len(json.loads(handler.sent)["data"])))  # type: ignore[attr-defined]


def _send(handler: BaseHTTPRequestHandler, status: int, body: bytes, **headers: str) -> None:
    handler.send_response(status)
    for name, value in {"content-length": str(len(body)), **headers}.items():
        handler.send_header(name, value)
    handler.end_headers()
    handler.wfile.write(body)


@pytest.mark.parametrize("header", ["0", "Sun, 06 Nov 1994 08:49:37 GMT"])
def test_a_busy_endpoint_is_asked_again(client: ScoringClient, service: CannedService, header: str) -> None:
    """After 429 the same request is sent again when the endpoint has said, in seconds or as a date, that it may be."""

    def act(handler: BaseHTTPRequestHandler) -> None:
        busy = len(service.requests) < 3
        _send(handler, 429 if busy else 200, b"{}" if busy else v1([[0.8, 0.2]]), **({"Retry-After": header} if busy else {}))

    service.act = act
    assert client.predict_proba([PATIENT]) == [[0.8, 0.2]]
    assert len({sent.body for sent in service.requests}) == 1
    assert len(service.requests) == 3


@pytest.mark.parametrize("header", [None, "6", "soon", "nan"])
def test_a_busy_endpoint_is_not_asked_for_ever(client: ScoringClient, service: CannedService, header: str | None) -> None:
    """Without a time that can be read, or with one beyond the client's own time limit, 429 is a failure at once."""
    service.status, service.headers = 429, {} if header is None else {"Retry-After": header}
    with pytest.raises(ScoringFailed, match="busy"):
        client.predict_proba([PATIENT])
    assert len(service.requests) == 1


def test_a_bad_row_of_a_long_table_has_its_own_number(client: ScoringClient, service: CannedService) -> None:
    """A field that the second request of a table is refused for is named with the row's number in the whole table."""
    bad = {"row": 3, "field": "age", "problem": "is missing", "expected": "a number"}

    def act(handler: BaseHTTPRequestHandler) -> None:
        if len(service.requests) == 1:
            _answer_each_row(handler)
        else:
            _send(handler, 422, json.dumps({"fields": [bad]}).encode())

    service.act = act
    with pytest.raises(ScoringFailed) as caught:
        client.predict_proba([PATIENT] * (ROWS_PER_REQUEST + 5))
    assert caught.value.fields == {"age": "age is missing in row 2003; expected a number."}


def test_wide_rows_go_in_smaller_requests() -> None:
    """No request is larger than a service takes, however wide the rows, and together they hold every row once, in order."""
    rows = [[float(number)] * 2_000 for number in range(500)]
    sent = list(batches(rows, "predict", 1))
    assert len(sent) > 1
    assert max(len(b.body) for b in sent) <= MOST_BODY_BYTES
    assert [row for b in sent for row in json.loads(b.body)["data"]] == rows
    assert [b.first for b in sent] == [sum(x.rows for x in sent[:i]) for i in range(len(sent))]
