"""Bodies in crumbs and in gzip: what may be read is read whole, what may not costs next to nothing."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator

import pytest

from inference import exchange
from inference.connection import Connection
from inference.exchange import HttpRefused, Request
from inference.gunzip import Gunzip, NotGzip
from tests.fakes.small_model import records
from tests.inference.serving import BODY, KEY, Serving

MB = 1024 * 1024
HEAD = b"POST /score HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"


class Desk:
    """Stands in for the desk: admits what may be unpacked, counts what is kept, and takes down what it is handed."""

    closing = False

    def __init__(self) -> None:
        self.connections: set[Connection] = set()
        self.kept, self.taken = 0, list[Request]()

    def now(self) -> float:
        return 0.0

    def admit(self, request: Request, earlier: Request | None) -> None:
        exchange.choose_unpacking(request)

    def keep(self, size: int) -> bool:
        self.kept += size
        return True

    def let_go(self, size: int) -> None:
        self.kept -= size

    def take(self, connection: Connection, request: Request) -> None:
        self.taken.append(request)


class Wire:
    """Stands in for the transport, which here only has to be there."""

    def pause_reading(self) -> None: ...

    def get_extra_info(self, name: str) -> None: ...


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def connection(desk: Desk) -> Connection:
    made = Connection(desk)  # type: ignore[arg-type]
    made.connection_made(Wire())  # type: ignore[arg-type]
    return made


def _chunks(body: bytes, size: int) -> Iterator[bytes]:
    for at in range(0, len(body), size):
        piece = body[at : at + size]
        yield b"%x\r\n%b\r\n" % (len(piece), piece)


@pytest.mark.parametrize("size", [1, 63])
def test_a_body_in_crumbs_is_refused_after_a_few_thousand(connection: Connection, desk: Desk, size: int) -> None:
    """Chunks of a few bytes are refused with 413 and a sentence after 2,048 of them, and nothing of them is kept."""
    connection.data_received(CHUNKED)
    sent = 0
    for chunk in _chunks(b" " * MB, size):
        connection.data_received(chunk)
        sent += 1
        if desk.taken:
            break
    (request,) = desk.taken
    assert request.refused is not None
    assert (request.refused.status, request.refused.code) == (413, "body_in_crumbs")
    assert "in pieces of 64 bytes or more" in request.refused.message
    assert sent == exchange.MOST_PIECES + 1
    assert desk.kept == 0


@pytest.mark.parametrize(("size", "body"), [(1, 2_000), (64, 2 * MB), (65_536, 2 * MB)])
def test_a_body_in_pieces_is_read_whole(connection: Connection, desk: Desk, size: int, body: int) -> None:
    """A short body may come byte by byte, and one of 2 MB in pieces of 64 bytes."""
    connection.data_received(CHUNKED)
    for chunk in _chunks(b"x" * body, size):
        connection.data_received(chunk)
    connection.data_received(b"0\r\n\r\n")
    (request,) = desk.taken
    assert request.refused is None
    assert request.body() == b"x" * body


def test_what_was_refused_gives_its_room_back(connection: Connection, desk: Desk) -> None:
    """The room for bodies is neither lost nor won by one that grows beyond the limit."""
    connection.data_received(CHUNKED)
    for chunk in _chunks(b" " * (3 * MB), 65_536):
        connection.data_received(chunk)
    assert [r.refused.status for r in desk.taken if r.refused] == [413]
    assert desk.kept == 0


@pytest.mark.parametrize("step", [1, 7, 100_000])
def test_gzip_is_unpacked_as_it_comes(connection: Connection, desk: Desk, step: int) -> None:
    """A gzip body is the same to the service as the body that was packed, however it was cut."""
    body = json.dumps(BODY).encode()
    packed = gzip.compress(body)
    connection.data_received(HEAD + b"Content-Encoding: GZIP\r\nContent-Length: %d\r\n\r\n" % len(packed))
    for at in range(0, len(packed), step):
        connection.data_received(packed[at : at + step])
    (request,) = desk.taken
    assert (request.refused, request.body(), request.size, desk.kept) == (None, body, len(body), len(body))


SMALL = gzip.compress(b'{"data": []}')


@pytest.mark.parametrize(
    "sent", [b"", b'{"data": []}', SMALL[:-1], SMALL[:-4] + b"\0\0\0\0", SMALL + SMALL, SMALL + b"{", b"\x1f\x8b" + b"\0" * 500]
)
def test_what_is_no_whole_gzip_stream_is_400(connection: Connection, desk: Desk, sent: bytes) -> None:
    """Plain JSON, a stream that was cut off or spoilt, and one with something behind it are refused with a sentence."""
    connection.data_received(HEAD + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(sent) + sent)
    (request,) = desk.taken
    assert request.refused is not None
    assert (request.refused.status, request.refused.code) == (400, "not_gzip")


def test_a_bomb_is_never_unpacked_beyond_the_limit() -> None:
    """Of 64 MB in 64 KB no more than one byte over the limit is ever unpacked; exactly 2 MB are read."""
    packed = gzip.compress(b" " * (64 * MB))
    request = Request(gunzip=Gunzip())
    with pytest.raises(HttpRefused) as caught:
        request.unpacked(packed)
    assert caught.value.status == 413
    assert len(Gunzip().take(packed, 1_000)) == 1_000
    exact = Request(gunzip=Gunzip())
    assert len(exact.unpacked(gzip.compress(b" " * (2 * MB)))) == 2 * MB
    exact.check_end()
    with pytest.raises(NotGzip, match="follows"):
        Gunzip().take(SMALL + b"x", 1_000)


def test_a_client_may_send_gzip(serving: Serving) -> None:
    """Scores of a packed body are those of the plain one; another encoding is told which ones work."""
    serving.start()
    body = {"data": records(), "method": "predict_proba"}
    packed = gzip.compress(json.dumps(body).encode())
    head = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json", "Content-Encoding": "gzip"}
    answer = serving.post(packed, head)
    assert answer.status_code == 200
    assert answer.json() == serving.score(body=body).json()
    refused = serving.post(packed, head | {"Content-Encoding": "br"})
    assert (refused.status_code, refused.headers["Accept-Encoding"]) == (415, "gzip, identity")
