"""What an endpoint's counters say about the last while."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hfcore.scoring.traffic import Counts, parse_counts, read_counts, traffic_between
from tests.fakes.scoring_service import CannedService, canned_service

TEXT = """# HELP hf_requests_total Answers, health checks aside, by status.
# TYPE hf_requests_total counter
hf_requests_total{status="200"} 90.0
hf_requests_total{status="422"} 6.0
hf_requests_total{status="500"} 3.0
hf_requests_total{status="504"} 1.0
hf_request_duration_seconds_bucket{le="0.001"} 50.0
hf_request_duration_seconds_bucket{le="0.01"} 98.0
hf_request_duration_seconds_bucket{le="+Inf"} 100.0
hf_worker_restarts_total{reason="died"} 2.0
hf_start_time_seconds 1.7e+09
"""


def counts(moment: float, started: float = 1.0, requests: int = 0, errors: int = 0, **buckets: int) -> Counts:
    return Counts(moment, started, requests, errors, 0, {float(k.removeprefix("le_")) / 1000: v for k, v in buckets.items()})


def test_counters_are_read() -> None:
    """Requests are summed over statuses, those from 500 on are errors, what callers did wrong is none."""
    found = parse_counts(TEXT)
    assert (found.requests, found.errors, found.restarts, found.started) == (100, 4, 2, 1.7e9)
    assert found.buckets == {0.001: 50, 0.01: 98, float("inf"): 100}


def test_other_text_holds_no_counters() -> None:
    """A text without the service's counters is refused."""
    with pytest.raises(ValueError, match="no counters"):
        parse_counts("Healthy")


@pytest.mark.parametrize("body", [b"Healthy", TEXT.encode()])
def test_a_service_is_asked(body: bytes) -> None:
    """A service with counters tells them, any other one tells nothing; neither does one that is not there."""
    with canned_service() as service:
        service.body = body
        assert (read_counts(service.uri) is not None) == (body == TEXT.encode())
        assert service.requests[0].path == "/metrics"
        service.status = 404
        assert read_counts(service.uri) is None
    assert isinstance(service, CannedService)
    assert read_counts(service.uri) is None


def test_two_looks_make_a_rate() -> None:
    """Thirty requests in ten seconds are 180 a minute; latencies are those of the while in between."""
    before = counts(0.0, requests=100, errors=1, le_1=100, le_2=100, le_4=100)
    after = counts(10.0, requests=130, errors=3, le_1=115, le_2=130, le_4=130)
    found = traffic_between(before, after)
    assert (found.per_minute, found.requests, found.errors) == (180, 30, 2)
    assert found.p50_ms == pytest.approx(1.0)
    assert found.p99_ms == pytest.approx(1 + 14.7 / 15)


def test_a_new_server_counts_from_its_start() -> None:
    """When the server was started in between, what it has counted is all there is."""
    before = counts(0.0, requests=100, errors=5, le_1=100)
    found = traffic_between(before, counts(60.0, started=2.0, requests=6, errors=1, le_1=6))
    assert (found.per_minute, found.requests, found.errors) == (6, 6, 1)


def test_silence_has_no_latency() -> None:
    """Without a request there is a rate of nothing and no latency."""
    found = traffic_between(counts(0.0, requests=7, le_1=7), counts(5.0, requests=7, le_1=7))
    assert (found.per_minute, found.p50_ms, found.p99_ms) == (0, None, None)
    assert traffic_between(replace(counts(0.0)), counts(0.0)).per_minute == 0
