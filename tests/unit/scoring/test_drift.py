"""The population stability index, its chance limit, and an endpoint's account of what it was asked."""

from __future__ import annotations

import json

import numpy as np
import pytest
from scipy.stats import chi2

from hfcore.scoring.drift import chance_limit, drift, inputs_of, read_inputs, stability_index
from tests.fakes.scoring_service import canned_service

TOLD = {
    "requests": 60,
    "least_requests": 50,
    "features": [{"name": "age", "edges": [50, 60], "training": [100, 100, 99], "live": [5, 10, 45]}],
}


def test_the_index_is_the_sum_of_its_definition() -> None:
    """The index of counts equals the sum over the bins of share differences times log ratios; an empty bin is half a row."""
    training, live = np.array([30, 50, 20]), np.array([10, 60, 30])
    p, q = training / 100, live / 100
    assert stability_index(training.tolist(), live.tolist()) == pytest.approx(float(((q - p) * np.log(q / p)).sum()))
    assert stability_index([3, 5, 2], [30, 50, 20]) == pytest.approx(0)
    q = np.array([0.5, 60, 40]) / 100.5
    assert stability_index([30, 50, 20], [0, 60, 40]) == pytest.approx(float(((q - p) * np.log(q / p)).sum()))


@pytest.mark.parametrize("bins", [2, 4, 10, 20])
def test_the_chance_limit_is_chi_squareds(bins: int) -> None:
    """The limit is the 99th percentile of chi-squared over the harmonic number of rows, to 2 %."""
    exact = chi2.ppf(0.99, bins - 1) * (1 / 299 + 1 / 50)
    assert chance_limit(bins, 299, 50) == pytest.approx(exact, rel=0.02)


def test_chance_alone_is_rarely_called_drift() -> None:
    """Of 2,000 columns that have not changed at most 2 % are above the limit; of shifted ones nearly all are called moved."""
    rng = np.random.default_rng(5)
    edges = np.quantile(rng.normal(size=10_000), np.arange(1, 10) / 10)

    def counts(values: np.ndarray) -> list[int]:
        return np.bincount(np.searchsorted(edges, values), minlength=10).tolist()

    same = [drift("x", edges, counts(rng.normal(size=299)), counts(rng.normal(size=200))) for _ in range(2_000)]
    assert np.mean([d.index > d.chance for d in same]) <= 0.02
    moved = [drift("x", edges, counts(rng.normal(size=299)), counts(rng.normal(1, 1, size=200))) for _ in range(200)]
    assert np.mean([d.has_moved for d in moved]) >= 0.98


def test_an_account_is_read() -> None:
    """Requests, least number and every column come as they were told; a column without live counts is left out."""
    found = inputs_of(TOLD)
    assert (found.requests, found.least_requests) == (60, 50)
    [age] = found.columns
    assert (age.column, age.live, age.has_moved) == ("age", (5, 10, 45), True)
    silent = {**TOLD, "features": [{**TOLD["features"][0], "live": []}]}
    assert inputs_of(silent).columns == ()


@pytest.mark.parametrize(
    ("status", "body"), [(404, b"{}"), (401, b"{}"), (200, b"[1"), (200, b"[]"), (200, b'{"requests": 1, "features": [1]}')]
)
def test_a_service_that_tells_nothing_is_no_error(status: int, body: bytes) -> None:
    """Another service, a refused key or an unreadable answer is nothing known."""
    with canned_service() as service:
        service.status, service.body = status, body
        assert read_inputs(service.uri) is None
    assert read_inputs("https://example.test/score") is None
    assert read_inputs("http://127.0.0.1:9/score") is None


def test_the_key_is_sent_to_the_account() -> None:
    """The account is asked for beside the scoring address, with the endpoint's key."""
    with canned_service() as service:
        service.body = json.dumps(TOLD).encode()
        found = read_inputs(service.uri, "a-key")
    assert found == inputs_of(TOLD)
    assert (service.requests[0].path, service.requests[0].headers["authorization"]) == ("/inputs", "Bearer a-key")
