"""A request sent as it was written, and the answer as it came: for trying an endpoint out by hand."""

from __future__ import annotations

import time
from dataclasses import dataclass

import requests

from hfcore.errors import EndpointUnreachable
from hfcore.records import Endpoint
from hfcore.scoring.client import _is_loopback

MOST_CHARACTERS = 20_000


@dataclass(frozen=True)
class Posted:
    """What came back: status, its usual words, the body (at most 20,000 characters), milliseconds, and the id in the log."""

    status: int
    reason: str
    text: str
    milliseconds: float
    request_id: str | None = None


def post_json(endpoint: Endpoint, body: str, key: str | None = None, timeout_s: float = 15.0) -> Posted:
    """Send a body to an endpoint as JSON.

    Args:
        endpoint: Where to send it.
        body: The text, sent as it is.
        key: A key of the endpoint, when it asks for one.
        timeout_s: Seconds to wait for an answer.

    Raises:
        EndpointUnreachable: no answer.
    """
    uri = str(endpoint.scoring_uri)
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {key}"} if key else {})
    with requests.Session() as session:
        session.trust_env = not _is_loopback(uri)
        started = time.perf_counter()
        try:
            answer = session.post(uri, data=body.encode(), headers=headers, timeout=timeout_s, allow_redirects=False)
        except requests.RequestException as error:
            hint = "Check that it is healthy, then send again."
            raise EndpointUnreachable(f"The endpoint {endpoint.name!r} did not answer.", hint) from error
        milliseconds = (time.perf_counter() - started) * 1e3
    answer.encoding = "utf-8"
    text = answer.text[:MOST_CHARACTERS]
    return Posted(answer.status_code, answer.reason or "", text, milliseconds, answer.headers.get("x-ms-request-id"))
