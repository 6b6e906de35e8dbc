"""What an endpoint's own counters say: how many requests, how quick, how many failed."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from urllib.parse import urlsplit

MOST_BYTES = 262_144
_SAMPLE = re.compile(r"^(hf_\w+?)(?:\{([^}]*)\})? ([0-9.eE+-]+|\+Inf|NaN)$", re.MULTILINE)
_LABEL = re.compile(r'(\w+)="([^"]*)"')


@dataclass(frozen=True)
class Counts:
    """An endpoint's counters since its server was started (`started`, seconds since the epoch), read at `moment` (monotonic).

    `buckets` hold, per upper bound in seconds, how many requests took at most that long.
    """

    moment: float
    started: float
    requests: int
    errors: int
    restarts: int
    buckets: Mapping[float, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Traffic:
    """What happened at an endpoint between two looks: requests a minute, latency in ms, errors (status 500 or above)."""

    per_minute: float
    requests: int
    errors: int
    p50_ms: float | None
    p99_ms: float | None


def read_counts(uri: str, timeout_s: float = 1.0) -> Counts | None:
    """Return the counters of the endpoint with this scoring address, None when it offers none."""
    where = urlsplit(uri)
    if where.scheme != "http":
        return None
    connection = HTTPConnection(where.hostname or "", where.port or 80, timeout=timeout_s)
    try:
        connection.request("GET", "/metrics")
        answer = connection.getresponse()
        text = answer.read(MOST_BYTES).decode("utf-8", "replace")
        return parse_counts(text) if answer.status == 200 else None
    except (OSError, HTTPException, ValueError):
        return None
    finally:
        connection.close()


def parse_counts(text: str) -> Counts:
    """Read the counters out of Prometheus' text format. Raises ValueError when there are none."""
    requests = errors = restarts = 0
    started, buckets = 0.0, {}
    samples = _SAMPLE.findall(text)
    if not samples:
        raise ValueError("There are no counters of a scoring service.")
    for name, labels, value in samples:
        told = dict(_LABEL.findall(labels))
        if name == "hf_requests_total":
            requests += int(float(value))
            errors += int(float(value)) if told["status"] >= "500" else 0
        elif name == "hf_worker_restarts_total":
            restarts += int(float(value))
        elif name == "hf_start_time_seconds":
            started = float(value)
        elif name == "hf_request_duration_seconds_bucket":
            buckets[float(told["le"])] = int(float(value))
    return Counts(time.monotonic(), started, requests, errors, restarts, buckets)


def traffic_between(before: Counts, after: Counts) -> Traffic:
    """Return what happened between two looks; a server that was started in between counts from its start."""
    same = before.started == after.started and before.requests <= after.requests
    earlier = before if same else Counts(before.moment, after.started, 0, 0, 0)
    seconds = max(after.moment - before.moment, 1e-3)
    requests = after.requests - earlier.requests
    buckets = {bound: count - earlier.buckets.get(bound, 0) for bound, count in sorted(after.buckets.items())}
    return Traffic(
        per_minute=60 * requests / seconds,
        requests=requests,
        errors=after.errors - earlier.errors,
        p50_ms=_quantile(buckets, 0.5),
        p99_ms=_quantile(buckets, 0.99),
    )


def _quantile(buckets: Mapping[float, int], share: float) -> float | None:
    """Return the latency in milliseconds that a share of the requests stayed under, interpolated inside its bucket."""
    total = max(buckets.values(), default=0)
    if total <= 0:
        return None
    wanted, low, below = share * total, 0.0, 0
    for bound, count in buckets.items():
        if count >= wanted:
            high = bound if bound != float("inf") else low
            return 1e3 * (low + (high - low) * (wanted - below) / max(count - below, 1))
        low, below = bound, count
    return None
