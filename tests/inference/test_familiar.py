"""A header that is known is not parsed again, and what it leads to is what parsing leads to."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from inference import connection, score
from inference.access import KeyFile, key_file
from inference.connection import Connection
from inference.desk import KEYS_S, Desk
from inference.exchange import Request
from inference.familiar import Familiar, get_to_know
from inference.service import Service
from tests.fakes.small_model import TYPED_SAMPLE

KEY = "key-of-a-program"
HEAD = f"POST /score HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {KEY}\r\nContent-Type: application/json\r\n"
_TURNS = 3  # of the loop, until every request of a chunk is answered
OWN = re.compile(rb"\r\n(date|x-ms-request-id|x-ms-run-fn-exec-ms): [^\r]*|\"request_id\":\"[0-9a-f]*\"|under [0-9a-f]{32}")


def _asked(body: bytes, more: str = "", length: str | None = None) -> bytes:
    told = str(len(body)) if length is None else length
    return f"{HEAD}Content-Length: {told}\r\n{more}\r\n".encode() + body


def _body(age: float) -> bytes:
    return json.dumps({"data": [TYPED_SAMPLE | {"age": age}], "method": "predict_proba"}).encode()


class Wire:
    """Stands in for the transport: keeps what is written, and whether it was closed."""

    def __init__(self) -> None:
        self.written, self.closed = b"", False

    def get_extra_info(self, name: str) -> tuple[str, int]:
        return "127.0.0.1", 1

    def write(self, data: bytes) -> None:
        self.written += data

    def close(self) -> None:
        self.closed = True

    def can_write_eof(self) -> bool:
        return False

    def pause_reading(self) -> None: ...

    def resume_reading(self) -> None: ...

    def abort(self) -> None: ...


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    """The file with the accepted keys."""
    path = tmp_path / "keys"
    path.write_bytes(key_file([KEY]))
    return path


@pytest.fixture(scope="module")
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    """A loop that turns when a line lets it."""
    made = asyncio.new_event_loop()
    yield made
    made.close()


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch, integer_model: Path, keys: Path) -> Service:
    """A ready service."""
    monkeypatch.setenv("AZUREML_MODEL_DIR", str(integer_model))
    monkeypatch.setattr(score, "_model", None)
    made = Service(KeyFile(keys))
    asyncio.run(made.open())
    return made


class Line:
    """A client's connection to a service, without a network."""

    def __init__(self, service: Service, loop: asyncio.AbstractEventLoop) -> None:
        self.desk, self._loop = Desk(service, service.board.rows[0], loop), loop
        self.wire, self.judged = Wire(), 0
        self._judge = self.desk.admit
        self.desk.admit = self._counted  # type: ignore[method-assign]
        self._connection = Connection(self.desk)
        self._connection.connection_made(self.wire)  # type: ignore[arg-type]

    def _counted(self, request: Request, earlier: Request | None) -> None:
        self.judged += 1
        self._judge(request, earlier)

    def send(self, *chunks: bytes) -> bytes:
        """Send bytes and return all that has been answered so far, without what differs every time."""
        for chunk in chunks:
            self._connection.data_received(chunk)
            for _ in range(_TURNS):
                self._loop.call_soon(self._loop.stop)
                self._loop.run_forever()
        return OWN.sub(b"", self.wire.written)

    def end(self) -> None:
        self.desk.end()


def test_a_program_is_judged_once(service: Service, loop: asyncio.AbstractEventLoop) -> None:
    """The second and third request are answered without their header being read, whatever the length of the body."""
    line = Line(service, loop)
    for age in (60, 101, 61.25):
        line.send(_asked(_body(age)))
    assert line.wire.written.count(b"HTTP/1.1 200 OK\r\n") == 3
    assert line.judged == 1
    assert len(set(re.findall(rb"x-ms-request-id: ([0-9a-f]{32})", line.wire.written))) == 3
    assert line.desk._kept == 0
    line.end()


def test_another_key_file_is_heeded(service: Service, loop: asyncio.AbstractEventLoop, keys: Path) -> None:
    """A key that is not accepted any more is refused a millisecond later, also on a connection that was welcome."""
    line = Line(service, loop)
    line.send(_asked(_body(60)), _asked(_body(61)))
    fresh = keys.with_suffix(".new")
    fresh.write_bytes(key_file(["another-key"]))
    fresh.replace(keys)
    line.desk.now = lambda: time.monotonic() + 1.5 * KEYS_S
    assert line.send(_asked(_body(60))).count(b"HTTP/1.1 403 ") == 1
    line.end()


@pytest.mark.parametrize("more", ["Expect: 100-continue\r\n", "Content-Encoding: gzip\r\n", "Transfer-Encoding: chunked\r\n"])
def test_what_needs_a_second_look_is_never_familiar(service: Service, loop: asyncio.AbstractEventLoop, more: str) -> None:
    """A body to wait for, to unpack or in chunks is parsed every time."""
    line = Line(service, loop)
    line.send(_asked(_body(60), more))
    assert line._connection._familiar is None
    line.end()


@pytest.mark.parametrize("length", ["", "+5", " 5", "5 ", "0x5", "5_0", "6", "4", "99999999999"])
def test_only_the_exact_length_counts(length: str) -> None:
    """Anything but the digits of the body's length is left to the parser."""
    request = Request(headers={b"content-length": b"2"})
    known = get_to_know(_asked(b"{}"), request)
    assert known is not None
    assert known.again(_asked(b"{    ", length=length)) is None
    again = known.again(_asked(b"{ }  ", length="5"))
    assert again is not None
    assert (again.parts, again.size, again.id != request.id) == ([b"{ }  "], 5, True)


def test_only_a_request_that_was_there_whole_and_alone_is_known() -> None:
    """Two requests in one piece, or one without its end, tell nothing."""
    request = Request(headers={b"content-length": b"2"})
    assert get_to_know(_asked(b"{}") * 2, request) is None
    assert get_to_know(_asked(b"{}")[:-1], request) is None
    assert get_to_know(b"\r\n\r\n" + _asked(b"{}"), request) is None
    assert get_to_know(HEAD.encode() + b"\r\n{}", request) is None


pieces = st.sampled_from(
    [b"\r\n", b"\r\n\r\n", b"1", b"0", b" ", b"\x00", b":", b"{}", b"Content-Length: 3\r\n", b"chunked", b"GET "]
)
changes = st.lists(st.tuples(st.floats(0, 1), st.integers(0, 3), pieces), max_size=2)


Sent = tuple[int, list[tuple[float, int, bytes]], int]


def _changed(data: bytes, told: list[tuple[float, int, bytes]]) -> bytes:
    """Return bytes with some pieces put in, each in the place of a few others."""
    for place, taken, piece in told:
        at = int(place * len(data))
        data = data[:at] + piece + data[at + taken :]
    return data


@settings(max_examples=1_500, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(40, 95), changes, st.integers(0, 3)), min_size=2, max_size=4))
def test_what_is_recognised_is_answered_as_what_is_parsed(
    service: Service, loop: asyncio.AbstractEventLoop, monkeypatch: pytest.MonkeyPatch, sent: list[Sent]
) -> None:
    """Requests that are changed, joined and cut anywhere get the same answers whether headers are remembered or not."""
    chunks = [_asked(_body(60))]
    for age, told, way in sent:
        data = _changed(_asked(_body(age)), told)
        middle = len(data) // 2
        chunks += {1: [data[:middle], data[middle:]], 2: [data * 2]}.get(way, [data])
    recognising = Line(service, loop)
    found = recognising.send(*chunks)
    with monkeypatch.context() as without:
        without.setattr(connection, "get_to_know", lambda data, request: None)
        parsing = Line(service, loop)
        assert parsing.send(*chunks) == found
    assert (parsing.wire.closed, parsing.desk._kept) == (recognising.wire.closed, recognising.desk._kept)
    assert parsing.judged >= recognising.judged
    parsing.end()
    recognising.end()


def test_a_head_that_never_ends_is_not_known() -> None:
    """Bytes that only begin like a known header are left to the parser."""
    known = Familiar(Request(), b"POST /score HTTP/1.1\r\nContent-Length: ", b"\r\n\r\n")
    assert known.again(b"POST /score HTTP/1.1\r\nContent-Length: 12") is None
    assert known.again(b"") is None
