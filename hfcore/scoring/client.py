"""ScoringClient: scores rows over HTTP at any endpoint, local or in Azure."""

from __future__ import annotations

import ipaddress
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.auth import AuthBase
from urllib3.exceptions import HTTPError, ReadTimeoutError

from hfcore.errors import EndpointUnreachable, InvalidSettings, ScoringCanceled, ScoringFailed
from hfcore.records import Endpoint
from hfcore.scoring.answer import read_probabilities, read_results, refusal
from hfcore.scoring.batch import Batch, Progress, batches, retry_after_s
from hfcore.scoring.payload import typed_rows

MOST_ANSWER_BYTES = 64 * 1024 * 1024
MOST_CONNECT_S = 5.0
SHORTEST_WAIT_S = 0.05


@dataclass(frozen=True)
class Scored:
    """What an endpoint said about some rows.

    `probabilities` hold one list per row in the order of `labels`; `predictions` one label per row;
    `latency_ms` is how long the answer took, in milliseconds; `request_id` finds it in the endpoint's log.
    `positive_label` and `threshold`, the cut that makes the predictions, are known where the endpoint tells them.
    """

    probabilities: list[list[float]]
    labels: list[Any]
    predictions: list[Any]
    model_version: str | None = None
    latency_ms: float = 0.0
    request_id: str | None = None
    positive_label: Any = None
    threshold: float | None = None


@dataclass(frozen=True)
class Reply:
    """One answer with status 200: its results, its headers and how long it took, in milliseconds."""

    results: list[Any]
    headers: requests.structures.CaseInsensitiveDict[str]
    milliseconds: float

    def fact(self, name: str) -> Any:
        """Return what our own service tells in a header as JSON, None when it does not."""
        try:
            return json.loads(self.headers.get(f"x-model-{name}", "null"))
        except ValueError:
            return None


class _Bearer(AuthBase):
    """Adds the key to a request; being there at all keeps requests from looking for passwords in ~/.netrc."""

    def __init__(self, key: str | None) -> None:
        self._key = key

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if self._key:
            request.headers["Authorization"] = f"Bearer {self._key}"
        return request


class ScoringClient:
    """Scores rows at an endpoint.

    Args:
        endpoint: An Endpoint of any workspace, or a scoring address.
        key: Primary or secondary key; an Endpoint usually brings its own.
        timeout_s: Seconds to wait for an answer.
        request_version: 1 sends `data`, 2 sends `Inputs` and `GlobalParameters`.
        patients: Whether the rows are patients; False for rows that check or explain a model, which our own service then leaves
            out of its account of what it was asked.

    Raises:
        EndpointUnreachable: the endpoint has no address yet.
        InvalidSettings: the address, the key or the time limit cannot be used.
    """

    def __init__(
        self,
        endpoint: Endpoint | str,
        key: str | None = None,
        timeout_s: float = 10,
        request_version: int = 1,
        patients: bool = True,
    ) -> None:
        known = endpoint if isinstance(endpoint, Endpoint) else None
        self.uri = _checked_uri(endpoint.scoring_uri if isinstance(endpoint, Endpoint) else endpoint, known)
        self.features: tuple[str, ...] = known.features if known else ()
        self.timeout_s = timeout_s
        self.request_version = request_version
        secret = key or (known.primary_key if known else None)
        _check_options(secret, timeout_s, request_version)
        self._session = requests.Session()
        self._session.auth = _Bearer(secret)
        self._session.trust_env = not _is_loopback(self.uri)
        if not patients:
            self._session.headers["x-hf-no-patients"] = "1"

    def __repr__(self) -> str:
        return f"ScoringClient({self.uri!r})"

    def close(self) -> None:
        """Close the connection that is kept open between calls."""
        self._session.close()

    def predict(self, rows: Any, on_progress: Progress | None = None) -> list[Any]:
        """Return the predicted label of each row.

        Args:
            rows: Records, lists of values in training order, one record, or a DataFrame of any length.
            on_progress: Called with the rows scored so far and all rows; it may return False to stop.

        Raises:
            ScoringCanceled: `on_progress` has returned False.
            ScoringFailed: the endpoint refused the rows (`.fields` says which fields), or its answer cannot be read.
            Unauthorized: the key is missing or not accepted.
            EndpointUnreachable: no answer.
        """
        return [r for reply in self._ask(rows, "predict", on_progress) for r in reply.results]

    def predict_proba(self, rows: Any, on_progress: Progress | None = None) -> list[list[float]]:
        """Return the class probabilities of each row, in class order. Takes and raises what `predict` does."""
        return [p for reply in self._ask(rows, "predict_proba", on_progress) for p in read_probabilities(reply.results)]

    def score(self, rows: Any) -> Scored:
        """Return probabilities, predictions and which model version gave them. Raises as `predict` does."""
        replies = list(self._ask(rows, "predict_proba"))
        probabilities = [p for reply in replies for p in read_probabilities(reply.results)]
        if not replies:
            return Scored([], [], [])
        last = replies[-1]
        labels, predictions = _told_labels(last, probabilities) or self._asked_labels(rows, probabilities)
        return Scored(
            probabilities,
            labels,
            predictions,
            model_version=last.headers.get("x-model-version"),
            latency_ms=sum(r.milliseconds for r in replies),
            request_id=last.headers.get("x-ms-request-id"),
            positive_label=last.fact("positive-label"),
            threshold=last.fact("threshold"),
        )

    def _asked_labels(self, rows: Any, probabilities: list[list[float]]) -> tuple[list[Any], list[Any]]:
        """Ask an endpoint that does not tell its labels for the predicted ones."""
        predictions = self.predict(rows)
        count = len(probabilities[0])
        yes_no = all(isinstance(p, bool) for p in predictions)
        return ([False, True] if yes_no and count == 2 else list(range(count))), predictions

    def _ask(self, rows: Any, method: str, on_progress: Progress | None = None) -> Iterator[Reply]:
        """Send the rows in requests of a size that every service takes, and yield the answers in order."""
        typed = typed_rows(rows, self.features)
        for batch in batches(typed, method, self.request_version):
            yield self._post(batch)
            done = batch.first + batch.rows
            if on_progress is not None and on_progress(done, len(typed)) is False and done < len(typed):
                raise ScoringCanceled(f"Scoring was stopped after {done:,} of {len(typed):,} rows.")

    def _post(self, batch: Batch) -> Reply:
        """Send one request; a busy endpoint is asked again after the time it tells, within the time limit."""
        started = time.perf_counter()
        while True:
            response = self._send(batch.body)
            with response:
                content = self._read(response, started)
            wait = retry_after_s(response.headers.get("retry-after")) if response.status_code == 429 else None
            if wait is None or time.perf_counter() - started + wait > self.timeout_s:
                break
            time.sleep(max(wait, SHORTEST_WAIT_S))
        if response.status_code != 200:
            raise refusal(response.status_code, content, response.headers.get("x-ms-request-id"), batch.first)
        milliseconds = (time.perf_counter() - started) * 1e3
        return Reply(read_results(content, batch.rows), response.headers, milliseconds)

    def _send(self, body: bytes) -> requests.Response:
        """Post the body; a kept connection that the endpoint has closed meanwhile is opened again once."""
        for last in (False, True):
            try:
                return self._session.post(
                    self.uri,
                    data=body,
                    headers={"Content-Type": "application/json", "Accept": "application/json"},
                    timeout=(min(MOST_CONNECT_S, self.timeout_s), self.timeout_s),
                    allow_redirects=False,
                    stream=True,
                )
            except requests.Timeout as error:
                raise self._late() from error
            except requests.ConnectionError as error:
                if last:
                    raise self._unreachable() from error
            except (requests.RequestException, UnicodeError) as error:
                raise ScoringFailed(f"The request could not be sent ({type(error).__name__}).") from error
        raise self._unreachable()

    def _read(self, response: requests.Response, started: float) -> bytes:
        """Return the body of an answer within the time limit, however slowly it trickles in."""
        parts, size = [], 0
        try:
            while part := response.raw.read1(65_536, decode_content=True):
                parts.append(part)
                size += len(part)
                if time.perf_counter() - started > self.timeout_s:
                    raise self._late()
                if size > MOST_ANSWER_BYTES:
                    raise ScoringFailed("The endpoint's answer is larger than 64 MB.", "Check that it is a scoring address.")
        except ReadTimeoutError as error:
            raise self._late() from error
        except HTTPError as error:
            raise self._unreachable("broke off in the middle of its answer") from error
        return b"".join(parts)

    def _late(self) -> EndpointUnreachable:
        hint = "Check that the endpoint is healthy, or allow more time with timeout_s."
        return EndpointUnreachable(f"The endpoint {self.uri} did not answer within {self.timeout_s:g} s.", hint)

    def _unreachable(self, what: str = "does not answer") -> EndpointUnreachable:
        return EndpointUnreachable(f"The endpoint {self.uri} {what}.", "Check that it is deployed and healthy.")


def _told_labels(reply: Reply, probabilities: list[list[float]]) -> tuple[list[Any], list[Any]] | None:
    """Return labels and predictions as the endpoint tells them in its headers, None when it does not."""
    labels, threshold = reply.fact("labels"), reply.fact("threshold")
    if not isinstance(labels, list) or len(labels) != len(probabilities[0]) or not isinstance(threshold, (int, float)):
        return None
    positive = reply.fact("positive-label")
    if len(labels) == 2 and positive in labels:
        at = labels.index(positive)
        return labels, [labels[at if p[at] >= threshold else 1 - at] for p in probabilities]
    return labels, [labels[max(range(len(p)), key=p.__getitem__)] for p in probabilities]


def _checked_uri(uri: str | None, endpoint: Endpoint | None) -> str:
    """Return a scoring address, or say why it is none."""
    if endpoint is not None and not uri:
        state = endpoint.state.value.lower()
        raise EndpointUnreachable(f"The endpoint {endpoint.name!r} has no address; it is {state}.", "Wait until it is healthy.")
    try:
        parts = urlsplit(uri or "")
        plain = parts.scheme in ("http", "https") and parts.hostname and "@" not in parts.netloc and (parts.port or 1)
    except ValueError:
        plain = None
    if not plain:
        raise InvalidSettings(
            {"endpoint": "The scoring address must look like http://127.0.0.1:8601/score, without a user name."}
        )
    return str(uri)


def _check_options(key: str | None, timeout_s: float, version: int) -> None:
    wrong = {}
    if key is not None and (not key.isascii() or not key.isprintable() or " " in key):
        wrong["key"] = "The key holds a character that no key has; copy it again."
    if not 0 < timeout_s <= 3600:
        wrong["timeout_s"] = f"timeout_s is {timeout_s!r}; it must be above 0 and at most 3600 seconds."
    if version not in (1, 2):
        wrong["request_version"] = f"request_version is {version!r}; it must be 1 or 2."
    if wrong:
        raise InvalidSettings(wrong)


def _is_loopback(uri: str) -> bool:
    """Tell whether an address is on this machine, so that no proxy stands between."""
    host = urlsplit(uri).hostname or ""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
