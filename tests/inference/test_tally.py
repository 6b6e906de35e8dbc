"""The account of what a service was asked to score: counts per bin, for who holds a key, never a value."""

from __future__ import annotations

import asyncio
import json
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from inference import score
from inference.access import KeyRing, hash_key
from inference.board import INPUT_CELLS, Board
from inference.exchange import HttpRefused, Request
from inference.service import Service
from inference.tally import LEAST_REQUESTS, MOST_KEPT, Tally, bins_of, told
from tests.fakes.small_model import TYPED_SAMPLE, write_model

EDGES = {"age": [50.0, 60.0, 70.0], "anaemia": [0.5], "ejection_fraction": [30.0, 38.0, 45.0]}
KEY = "primary-key-1"


def manifest(names: tuple[str, ...]) -> dict[str, Any]:
    """A manifest with these features, those in EDGES with bins."""
    bins = {name: {"edges": e, "rows": [10] * (len(e) + 1)} for name, e in EDGES.items()}
    return {"features": [{"name": name} for name in names], "input_bins": bins}


@pytest.fixture
def service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Service:
    """A service with a model that knows the bins of its training rows, behind a key."""
    folder = write_model(tmp_path)
    path = next(folder.rglob("model.json"))
    told_so_far = json.loads(path.read_text())
    path.write_text(json.dumps(told_so_far | {"input_bins": manifest(())["input_bins"]}))
    monkeypatch.setenv("AZUREML_MODEL_DIR", str(folder))
    monkeypatch.setattr(score, "_model", None)
    opened = Service(KeyRing([hash_key(KEY)]))
    asyncio.run(opened.open())
    return opened


def ask(service: Service, url: bytes, body: object = None, **headers: str) -> Any:
    """Let the service judge and answer one request; return what it says as JSON."""
    told_headers = {b"authorization": f"Bearer {KEY}".encode(), b"content-type": b"application/json"}
    told_headers |= {name.replace("_", "-").encode(): value.encode() for name, value in headers.items()}
    request = Request(url=url, method="GET" if body is None else "POST", headers=told_headers)
    request.parts = [json.dumps(body).encode()] if body is not None else []
    service.admit(request)
    answer = service.answer(request)
    assert answer.status == 200, answer.body
    return json.loads(answer.body)


def test_one_row_and_many_are_counted_alike() -> None:
    """Rows counted one by one and all at once fall into the same bins, those that numpy's histogram gives."""
    rng = np.random.default_rng(3)
    matrix = np.column_stack([rng.integers(40, 96, 500), rng.integers(0, 2, 500), rng.normal(size=500)]).astype(float)
    listed = manifest(("age", "anaemia", "other"))
    boards = [Board(1), Board(1), Board(1)]
    many, few, mixed = (Tally(b.rows[0].inputs, listed) for b in boards)
    many.count(matrix)
    for number, row in enumerate(matrix):
        few.count(row[None, :])
        mixed.count((int(row[0]), bool(row[1]), 10**25)) if number % 2 else mixed.count(row[None, :])
    few.settle()
    mixed.settle()
    counted = [board.inputs()[1:7] for board in boards]
    expected = [*np.histogram(matrix[:, 0], [0, 50, 60, 70, 200])[0], *np.bincount(matrix[:, 1].astype(int))]
    assert counted[0] == counted[1] == counted[2] == expected
    assert [board.inputs()[0] for board in boards] == [1, 500, 500]


def test_workers_add_up_and_counts_outlive_a_worker() -> None:
    """The account is the sum over all workers, and a worker that takes over a dead one's row counts on."""
    listed, board = manifest(("age",)), Board(2)
    for number in (0, 1, 1):
        board.rows[number].enter()
        tally = Tally(board.rows[number].inputs, listed)
        tally.count(np.array([[65.0]] * 10))
    assert board.inputs()[:5] == [3, 0, 0, 30, 0]
    assert board.statuses() == dict.fromkeys(board.statuses(), 0)


def test_features_without_room_are_left_out() -> None:
    """A model with more bins than there is room for is counted as far as the room goes, and nothing is written beyond it."""
    names = [f"x{i}" for i in range(40)]
    bins = {name: {"edges": list(range(99)), "rows": [1] * 100} for name in names}
    wide = {"features": [{"name": name} for name in names], "input_bins": bins}
    assert len(bins_of(wide)) == (INPUT_CELLS - 1) // 100
    board = Board(2)
    tally = Tally(board.rows[0].inputs, wide)
    tally.count(np.full((1, 40), 1e9))
    tally.settle()
    assert sum(board.inputs()) == 1 + len(bins_of(wide))
    assert [f["name"] for f in told(board, wide)["features"]] == [b.name for b in bins_of(wide)]


def test_what_was_scored_is_told_once_enough_was(service: Service) -> None:
    """Before 50 requests no count is told, then all of them; rows that explain or check are not among them."""
    for number in range(LEAST_REQUESTS):
        assert [f["live"] for f in ask(service, b"/inputs")["features"]] == [[], [], []]
        ask(service, b"/score", {"data": [{**TYPED_SAMPLE, "age": 41 + number}]})
        ask(service, b"/score", {"data": [TYPED_SAMPLE] * 7}, x_hf_no_patients="1")
    account = ask(service, b"/inputs")
    assert account["requests"] == LEAST_REQUESTS
    ages = account["features"][0]
    assert (ages["name"], ages["live"], ages["training"]) == ("age", [9, 10, 10, 21], [10] * 4)


def test_a_full_store_is_counted_without_being_asked() -> None:
    """What is kept stays small: the 200th small request counts them all."""
    board = Board(1)
    tally = Tally(board.rows[0].inputs, manifest(("age",)))
    for _ in range(MOST_KEPT - 1):
        tally.count(np.array([[65.0]]))
    assert board.inputs()[0] == 0
    tally.count((65.0,))
    assert board.inputs()[0] == MOST_KEPT


def test_what_was_refused_is_not_counted(service: Service) -> None:
    """A request with a value that cannot be used leaves no trace in the account."""
    request = Request(url=b"/score", method="POST", headers={b"authorization": f"Bearer {KEY}".encode()}, route="/score")
    request.parts = [json.dumps({"data": [TYPED_SAMPLE, {**TYPED_SAMPLE, "age": 300}]}).encode()]
    assert service.answer(request).status == 422
    assert ask(service, b"/inputs")["requests"] == 0


@pytest.mark.parametrize(("header", "status"), [({}, 401), ({b"authorization": b"Bearer wrong"}, 403)])
def test_the_account_wants_a_key(service: Service, header: dict[bytes, bytes], status: int) -> None:
    """Who may not score may not read what was scored either."""
    with pytest.raises(HttpRefused) as caught:
        service.admit(Request(url=b"/inputs", method="GET", headers=header))
    assert caught.value.status == status


def test_counting_costs_little(service: Service) -> None:
    """Counting a row takes less than a tenth of scoring it: measured as processor time of 2,000 repeats, side by side."""
    body = json.dumps({"data": [TYPED_SAMPLE]}).encode()
    matrix = score.answer(body).inputs
    tally = Tally(Board(1).rows[0].inputs, service.model.manifest)
    spent = []
    for work in (lambda: tally.count(matrix), lambda: score.answer(body)):
        started = time.thread_time()
        for _ in range(2_000):
            work()
        spent.append(time.thread_time() - started)
    assert spent[0] < spent[1] / 10
    print(f"{1e6 * spent[0] / 2_000:.1f} µs of {1e6 * spent[1] / 2_000:.1f} µs")
