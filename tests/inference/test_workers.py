"""Several workers behind one socket: started, counted together, replaced when they die, gone with their parent."""

from __future__ import annotations

import functools
import signal
import socket
from pathlib import Path

import psutil
import pytest
import requests

from inference.listening import open_socket
from inference.server import main
from tests.fakes.small_model import write_model
from tests.inference.serving import BODY, KEY, SECOND_KEY, Serving, read_metrics, workers_of
from tests.polling import until

AUTHORIZED = {"Authorization": f"Bearer {KEY}"}


def test_cpu_cores_are_workers(serving: Serving) -> None:
    """As many processes serve as were asked for, all of them get work, and /metrics adds them up whoever is asked."""
    process = serving.start("--workers", "3")
    assert len(workers_of(process)) == 3
    until(lambda: serving.metrics()["hf_workers_ready"] == 3)
    answers = [serving.score() for _ in range(12)] + [serving.score("wrong")]
    assert [a.status_code for a in answers] == [200] * 12 + [403]
    for _ in range(5):
        told = serving.metrics()
        assert told['hf_requests_total{status="200"}'] == told["hf_rows_total"] == 12
        assert told['hf_requests_total{status="403"}'] == 1
        assert told["hf_request_duration_seconds_count"] == 13
        assert told["hf_requests_in_flight"] == told["hf_request_errors_total"] == 0
        assert told['hf_model_info{name="heart-failure-risk",version="3"}'] == 1
    assert serving.stderr == ""


@pytest.mark.fault
@pytest.mark.parametrize("workers", [1, 2])
def test_a_killed_worker_is_replaced(serving: Serving, workers: int) -> None:
    """After kill -9 of a worker as many are there as before, with another pid, and no count is lost."""
    process = serving.start("--workers", str(workers))
    before = {p.pid for p in workers_of(process)}
    assert serving.score().status_code == 200
    victim = before.pop()
    psutil.Process(victim).kill()
    until(lambda: len({p.pid for p in workers_of(process)} - {victim}) == workers, what="the worker is replaced")
    assert serving.score().status_code == 200
    assert serving.metrics()['hf_requests_total{status="200"}'] == 2
    assert serving.metrics()['hf_worker_restarts_total{reason="died"}'] == 1


@pytest.mark.fault
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_no_worker_outlives_its_parent(serving: Serving, number: signal.Signals) -> None:
    """Whether the parent is asked to end or killed, its workers end with it."""
    process = serving.start("--workers", "2")
    workers = workers_of(process)
    process.send_signal(number)
    assert process.wait(10) == -number
    until(lambda: not any(w.is_running() and w.status() != psutil.STATUS_ZOMBIE for w in workers), what="the workers are gone")


def test_keys_change_while_it_runs(serving: Serving) -> None:
    """A replaced key file counts from the next request on: the old key is valid until then, the kept one throughout."""
    serving.start("--workers", "2")
    assert [serving.score(k).status_code for k in (KEY, SECOND_KEY, "third")] == [200, 200, 403]
    serving.write_keys("third", SECOND_KEY)
    for _ in range(6):
        assert [serving.score(k).status_code for k in (KEY, SECOND_KEY, "third")] == [403, 200, 200]
    serving.keys.write_text("no json")
    assert [serving.score(k).status_code for k in (KEY, SECOND_KEY, "third")] == [403, 200, 200]
    assert "cannot be read" in serving.log.read_text()


def test_no_two_requests_have_one_id(serving: Serving) -> None:
    """Workers are forked from one process, and still none of them gives an id that another one has given."""
    serving.start("--workers", "2")
    seen: list[str] = []

    def both_have_answered() -> bool:
        seen.extend(serving.score().headers["x-ms-request-id"] for _ in range(5))
        return len({told[:16] for told in seen}) == 2

    until(both_have_answered, 30, what="each of the two workers has answered")
    assert len(set(seen)) == len(seen)


def test_keys_change_on_a_kept_connection(serving: Serving) -> None:
    """A connection that has scored is judged anew as soon as the keys change, and whenever its next header is another one."""
    serving.start()
    with requests.Session() as kept:
        kept.headers.update(AUTHORIZED)
        ask = functools.partial(kept.post, serving.uri(), json=BODY, timeout=20)
        assert [ask().status_code for _ in range(3)] == [200, 200, 200]
        assert ask(headers={"Authorization": "Bearer third"}).status_code == 403
        assert ask(headers={"Content-Type": "text/csv"}).status_code == 415
        assert kept.get(serving.uri(), timeout=20).status_code == 405
        told = [kept.get(serving.uri("/inputs"), timeout=20) for _ in range(3)]
        assert [(t.status_code, t.json()["requests"]) for t in told] == [(200, 3)] * 3
        assert kept.post(serving.uri("/elsewhere"), json=BODY, timeout=20).status_code == 404
        assert ask().status_code == 200
        serving.write_keys("third", SECOND_KEY)
        assert ask().status_code == 403
        assert ask(headers={"Authorization": "Bearer third"}).status_code == 200


def test_two_servers_take_turns_on_one_socket(serving: Serving) -> None:
    """A held server answers its own private socket only; two signals exchange it with the one in service, either way."""
    with open_socket("127.0.0.1", 0) as blue_check, open_socket("127.0.0.1", 0) as green_check:
        blue = serving.start("--check-fd", str(blue_check.fileno()), inherit=[blue_check])
        green = serving.start("--check-fd", str(green_check.fileno()), "--hold", inherit=[green_check], ready=False)
        until(lambda: _private(green_check, "/readyz").status_code == 200, 30)
        with requests.Session() as kept:
            kept.headers.update(AUTHORIZED)
            for new, old, check in ((green, blue, green_check), (blue, green, blue_check), (green, blue, green_check)):
                before = _scored(check)
                new.send_signal(signal.SIGUSR1)
                old.send_signal(signal.SIGUSR2)
                until(lambda before=before, check=check: _ask_twice(serving, kept) and _scored(check) >= before + 3)  # type: ignore[misc]
    assert _statuses(serving) == {"200"}


def _private(listener: socket.socket, path: str) -> requests.Response:
    return requests.get(f"http://127.0.0.1:{listener.getsockname()[1]}{path}", timeout=10)


def _scored(listener: socket.socket) -> float:
    return read_metrics(_private(listener, "/metrics").text).get("hf_rows_total", 0.0)


def _ask_twice(serving: Serving, kept: requests.Session) -> bool:
    """Score over a new and over a kept connection; both must succeed."""
    return serving.score().status_code == kept.post(serving.uri(), json=BODY, timeout=10).status_code == 200


def _statuses(serving: Serving) -> set[str]:
    return {line.split()[4] for line in serving.log.read_text().splitlines() if " POST /score " in line}


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--host", "0.0.0.0", "--keyless"], "loopback only"),
        (["--workers", "0"], "--workers must be from 1"),
        (["--memory-gb", "0"], "--memory-gb must be above 0"),
        (["--keys", "/nowhere/keys"], "cannot start"),
    ],
)
def test_what_cannot_be_served_is_not_started(tmp_path: Path, arguments: list[str], sentence: str) -> None:
    """An interface beyond this machine without a key, or a number that makes no sense, ends with code 2 and a sentence."""
    assert main([*arguments, "--log", str(tmp_path / "log")]) == 2
    assert sentence in (tmp_path / "log").read_text()


def test_a_worker_without_room_is_started_again(serving: Serving) -> None:
    """Workers that take more than --memory-gb are ended and started again, which is said; in the end the server gives up."""
    process = serving.start("--memory-gb", "0.02", ready=False)
    assert process.wait(30) == 4
    log = serving.log.read_text()
    assert "more than its 20 MB" in log
    assert "has ended (memory" in log


def test_a_small_memory_is_enough(serving: Serving) -> None:
    """Half a gigabyte carries two workers and a request of 5,000 rows."""
    serving.model = write_model(serving.folder / "m")
    serving.start("--memory-gb", "0.5", "--workers", "2")
    rows = [list(BODY["data"][0].values())] * 5_000
    assert serving.score(body={"data": rows}).status_code == 200
    assert serving.metrics()['hf_worker_restarts_total{reason="memory"}'] == 0
