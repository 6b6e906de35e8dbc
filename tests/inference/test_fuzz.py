"""Ten thousand payloads, valid, nearly valid and hostile, over HTTP: no failure, no value repeated, every bad field named."""

from __future__ import annotations

import json
import math
import time
from collections import Counter
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fakes.small_model import FEATURES, TYPED_SAMPLE, manifest, onnx_bytes
from tests.inference.serving import KEY, Serving

CANARY = "Zebra4711"
TOGETHER, TIMES, FORMS = 25, 100, 4  # 10,000 payloads
FIELDS = {f["name"]: f for f in manifest(onnx_bytes())["features"]}


def _value(field: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Values of one field that must be accepted, typed or as the lesson spells them."""
    if field["kind"] == "boolean":
        return st.sampled_from([True, False, 0, 1, "true", "false"])
    if field["kind"] == "integer":
        low, high = math.ceil(field["low"]), math.floor(field["high"])
        return st.integers(low, high) | st.integers(low, high).map(str)
    number = st.floats(field["low"], field["high"], allow_nan=False)
    return number | st.integers(math.ceil(field["low"]), math.floor(field["high"]))


ROW = st.fixed_dictionaries({name: _value(field) for name, field in FIELDS.items()})
UNUSABLE = st.sampled_from(
    [
        None,
        CANARY,
        f"{CANARY}<script>",
        [CANARY],
        {CANARY: 1},
        1e308,
        -1e308,
        10**400,
        math.nan,
        math.inf,
        "",
        " ",
        "1e999",
        "0x10",
        "١٢",
    ]
)


Case = tuple[Any, set[str] | None]


def _in_every_form(rows: Any) -> list[Any]:
    """Return the rows as requests of both versions with both methods."""
    first = [{"data": rows, "method": method} for method in ("predict", "predict_proba")]
    return first + [{"Inputs": {"data": r["data"]}, "GlobalParameters": {"method": r["method"]}} for r in first]


@st.composite
def _valid(draw: st.DrawFn) -> list[Case]:
    rows = draw(st.lists(ROW, max_size=2))
    sent = [[row[name] for name in FEATURES] for row in rows] if draw(st.booleans()) else rows
    return [(request, set()) for request in _in_every_form(sent)]


@st.composite
def _near_miss(draw: st.DrawFn) -> list[Case]:
    """A valid row in which some fields are missing, cannot be used, or are unknown; which ones is known."""
    row = dict(draw(ROW))
    wrong = draw(st.lists(st.sampled_from(FEATURES), min_size=1, max_size=4, unique=True))
    for name in wrong:
        if draw(st.booleans()):
            row[name] = draw(UNUSABLE)
        else:
            del row[name]
    if draw(st.booleans()):
        row["surplus"], wrong = CANARY, [*wrong, "surplus"]
    return [(request, set(wrong)) for request in _in_every_form([row])]


def _hostile(value: Any) -> list[Case]:
    return [
        (request, None) for request in (value, {"data": value}, {"data": [value]}, {"Inputs": value, "GlobalParameters": value})
    ]


def _broken(raw: bytes) -> list[Case]:
    return [(request, None) for request in (raw, raw + raw, b'{"data": ' + raw + b"}", b'{"data": [[' + raw + b"]]}")]


LEAF = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.just(CANARY)
ANYTHING = st.recursive(
    LEAF, lambda x: st.lists(x, max_size=4) | st.dictionaries(st.text(max_size=8), x, max_size=4), max_leaves=12
)
HOSTILE = ANYTHING.map(_hostile)
BROKEN = st.sampled_from([b"", b"[" * 30_000, b"9" * 5_000, b'\xef\xbb\xbf{"data": []}', b'{"a":1}{', b'"\\ud800"'])
RAW = (st.binary(max_size=60) | BROKEN).map(_broken)
PAYLOADS = st.lists(_valid() | _near_miss() | HOSTILE | RAW, min_size=TOGETHER, max_size=TOGETHER)


class Judge:
    """Sends payloads over one connection and judges every answer."""

    def __init__(self, port: int) -> None:
        self.connection = HTTPConnection("127.0.0.1", port, timeout=20)
        self.statuses: Counter[int] = Counter()
        self.longest = 0.0

    def judge(self, payload: Any, wrong: set[str] | None) -> None:
        """Fail unless the answer to one payload keeps the promises."""
        body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        started = time.perf_counter()
        self.connection.request("POST", "/score", body, {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"})
        response = self.connection.getresponse()
        told = response.read()
        self.longest = max(self.longest, time.perf_counter() - started)
        self.statuses[response.status] += 1
        assert response.status in (200, 400, 413, 422), (response.status, body)
        if response.status == 200:
            assert not wrong, (wrong, body)
            _check_results(told)
        else:
            assert wrong is None or wrong, (told, body)
            _check_refusal(response.status, told, wrong)


def _check_results(told: bytes) -> None:
    answer = json.loads(told)
    answer = json.loads(answer) if isinstance(answer, str) else answer
    for result in answer.get("result", answer.get("Results", [])):
        if isinstance(result, list):
            assert all(0 <= p <= 1 for p in result)
            assert math.isclose(sum(result), 1, abs_tol=1e-5)
        else:
            assert result in (0, 1)


def _check_refusal(status: int, told: bytes, wrong: set[str] | None) -> None:
    assert CANARY.encode() not in told
    answer = json.loads(told)
    assert answer["error"]
    assert len(answer["request_id"]) == 32
    if status == 422:
        assert answer["fields"]
        assert answer["total_fields"] >= len(answer["fields"])
    if wrong:
        assert status == 422
        assert {field["field"] for field in answer["fields"]} == wrong


@pytest.mark.fault
@pytest.mark.timeout(900)
def test_ten_thousand_payloads(serving: Serving) -> None:
    """Whatever is sent, the answer is a probability or names every field that cannot be used, and never its value."""
    serving.start()
    judge = Judge(serving.listener.getsockname()[1])

    @settings(
        max_examples=TIMES,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
        print_blob=False,
    )
    @given(PAYLOADS)
    def send_all(drawn: list[list[Case]]) -> None:
        for cases in drawn:
            for payload, wrong in cases:
                judge.judge(payload, wrong)

    send_all()
    judge.connection.close()
    print(f"{judge.statuses.total()} payloads: {dict(judge.statuses)}, the slowest answer after {judge.longest * 1e3:.0f} ms")
    assert judge.statuses.total() >= TOGETHER * TIMES * FORMS
    assert min(judge.statuses[status] for status in (200, 400, 422)) > 500
    log = Path(serving.log).read_text()
    assert CANARY not in log + serving.stderr
    assert "Traceback" not in log
    assert serving.score(body={"data": [TYPED_SAMPLE]}).status_code == 200
