"""What takes too long or hangs is ended, and nobody else waits for it; both keys are always compared."""

from __future__ import annotations

import hmac
import signal
from concurrent.futures import ThreadPoolExecutor

import pytest

from inference.access import KeyRing, hash_key
from tests.fakes.heavy_model import write_slow_model
from tests.fakes.small_model import TYPED_SAMPLE
from tests.inference.serving import Serving, workers_of
from tests.polling import until


@pytest.mark.fault
def test_a_request_that_takes_too_long_is_given_up(serving: Serving) -> None:
    """Scoring for 10 s is answered with 504, others are answered meanwhile, and the model's work is stopped."""
    serving.model = write_slow_model(serving.folder / "m")
    (worker,) = workers_of(serving.start())
    many = {"data": [TYPED_SAMPLE] * 2_000}
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(serving.score, body=many)
        until(lambda: serving.metrics()["hf_requests_in_flight"] >= 1, 10, what="the slow request is at work")
        assert [serving.score().status_code for _ in range(20)] == [200] * 20
        answer = slow.result(60)
    assert answer.status_code == 504
    assert "send fewer rows" in answer.text
    before = worker.cpu_times().user
    assert serving.score().status_code == 200
    until(lambda: serving.metrics()["hf_requests_in_flight"] <= 0, 20, what="the model's work has ended")
    assert worker.is_running()
    assert worker.cpu_times().user - before < 5
    assert serving.metrics()['hf_requests_total{status="504"}'] == 1


@pytest.mark.fault
def test_a_worker_that_hangs_is_replaced(serving: Serving) -> None:
    """A worker whose loop stands still is killed as stuck, and another one serves."""
    process = serving.start("--workers", "2")
    victim = workers_of(process)[0]
    victim.send_signal(signal.SIGSTOP)
    until(lambda: victim.pid not in [w.pid for w in workers_of(process)], 60, what="the stuck worker is gone")
    until(lambda: len(workers_of(process)) == 2, 30, what="there are two workers again")
    until(lambda: serving.metrics()['hf_worker_restarts_total{reason="stuck"}'] == 1, 30, what="the restart is counted")
    assert serving.score().status_code == 200


def test_every_key_is_compared_whichever_fits(monkeypatch: pytest.MonkeyPatch) -> None:
    """A key is compared in constant time with both hashes, also when the first one fits, so the time tells nothing."""
    compared: list[str] = []
    true_compare = hmac.compare_digest

    def compare(found: str, known: str) -> bool:
        compared.append(known)
        return true_compare(found, known)

    monkeypatch.setattr(hmac, "compare_digest", compare)
    ring = KeyRing((hash_key(b"one"), hash_key(b"two")))
    for key, fits in ((b"one", True), (b"two", True), (b"three", False)):
        compared.clear()
        assert ring.accepts(key) is fits
        assert compared == list(ring.hashes)


@pytest.mark.fault
def test_whoever_is_refused_for_lack_of_room_is_told_when_to_come_back(serving: Serving) -> None:
    """With more large requests than may wait, each 429 names the seconds in Retry-After."""
    serving.model = write_slow_model(serving.folder / "m")
    serving.start()
    many = {"data": [TYPED_SAMPLE] * 2_000}
    with ThreadPoolExecutor(12) as pool:
        answers = [f.result(60) for f in [pool.submit(serving.score, body=many) for _ in range(12)]]
    refused = [a for a in answers if a.status_code == 429]
    assert refused
    assert all(int(a.headers["Retry-After"]) >= 1 for a in refused)
    assert {a.status_code for a in answers} <= {429, 504}
