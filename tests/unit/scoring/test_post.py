"""A request sent by hand arrives as it was written, and its answer is shown as it came."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from hfcore.errors import EndpointUnreachable
from hfcore.records import Endpoint
from hfcore.scoring.post import MOST_CHARACTERS, post_json
from hfcore.states import EndpointState
from tests.fakes.scoring_service import canned_service


def endpoint(uri: str) -> Endpoint:
    return Endpoint("risk", EndpointState.HEALTHY, "m", 1, datetime.now(UTC), uri)


def test_what_is_typed_is_sent() -> None:
    """Even what is no JSON goes out byte for byte, with the key; status, body, time and id come back."""
    with canned_service() as service:
        service.status, service.body, service.headers = 400, "größer".encode(), {"x-ms-request-id": "a1"}
        found = post_json(endpoint(service.uri), "{größer", "secret")
    (sent,) = service.requests
    assert (sent.body.decode(), sent.headers["authorization"]) == ("{größer", "Bearer secret")
    assert sent.headers["content-type"] == "application/json"
    assert (found.status, found.text, found.request_id) == (400, "größer", "a1")
    assert found.milliseconds > 0


def test_without_a_key_none_is_sent() -> None:
    """A keyless endpoint gets no key, and a long answer is cut where it would be too long to read."""
    with canned_service() as service:
        service.body = b"x" * (MOST_CHARACTERS + 1)
        found = post_json(endpoint(service.uri), "{}")
    assert "authorization" not in service.requests[0].headers
    assert len(found.text) == MOST_CHARACTERS


def test_silence_is_named() -> None:
    """An endpoint that does not answer is named, with what to do; the values sent are not repeated."""
    with pytest.raises(EndpointUnreachable, match="'risk' did not answer") as caught:
        post_json(endpoint("http://127.0.0.1:9/score"), '{"age": 4711}')
    assert "4711" not in str(caught.value)
