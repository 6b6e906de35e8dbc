"""Scoring the patient of the form at a live endpoint, and remembering the answer with what it was given for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

import streamlit as st

from hfcore.errors import HfError
from hfcore.records import Endpoint
from hfcore.scoring.client import ScoringClient
from hfcore.ui import endpoint_trouble, request_history, script, sdk_script, show_code
from hfcore.ui.patient_form import Value
from hfcore.workspace import Workspace

_ANSWER = "predict-answer"
TIMEOUT_S = 10.0


@dataclass(frozen=True)
class Answer:
    """What an endpoint said about one patient, for which values, and when.

    `risk` is the probability of the positive outcome, the one at `place` among the classes; `called` whether it reaches
    `threshold`, the cut that the endpoint told (None when it told none). `likeliest` is the predicted class where there are more
    than two, which no cut decides.
    """

    endpoint: str
    model: str
    values: Mapping[str, Value]
    risk: float
    called: bool
    threshold: float | None
    latency_ms: float
    moment: datetime
    place: int = -1
    likeliest: str | None = None

    def is_for(self, endpoint: Endpoint, values: Mapping[str, Value]) -> bool:
        """Tell whether this is still the answer to what the form says."""
        return (self.endpoint, self.model, dict(self.values)) == (endpoint.name, served_model(endpoint), dict(values))


def served_model(endpoint: Endpoint) -> str:
    """Write the model that an endpoint serves: `name:3`."""
    return f"{endpoint.model_name}:{endpoint.model_version}"


def last() -> Answer | None:
    """Return the last answer of this browser session."""
    answer: Answer | None = st.session_state.get(_ANSWER)
    return answer


def ask(ws: Workspace, endpoint: Endpoint, values: Mapping[str, Value]) -> None:
    """Send the patient to the endpoint over HTTP and keep the answer; say in a sentence what went wrong."""
    try:
        with st.spinner("Waiting for the endpoint"):
            answer = st.session_state[_ANSWER] = score(ws, endpoint, values)
    except HfError as error:
        request_history.note(ws, endpoint, [values], outcome=endpoint_trouble.kind(error))
        endpoint_trouble.draw(error, endpoint)
    else:
        request_history.note(ws, endpoint, [values], model=answer.model, milliseconds=answer.latency_ms)


def code(ws: Workspace, endpoint: Endpoint, values: Mapping[str, Value]) -> None:
    """Show what scores this patient, as code."""
    ours = (
        f"client = hfcore.ScoringClient(ws.endpoint({endpoint.name!r}), ws.endpoint_keys({endpoint.name!r})[0])\n"
        if endpoint.auth
        else f"client = hfcore.ScoringClient(ws.endpoint({endpoint.name!r}))\n"
    ) + f"print(client.predict_proba([{dict(values)!r}]))\n"
    show_code.draw(ws, "predict", script.step(ws, ours), sdk_script.score(endpoint.name, values, endpoint.auth))


@contextmanager
def client(ws: Workspace, endpoint: Endpoint, patients: bool = True) -> Iterator[ScoringClient]:
    """Give a client of an endpoint, with its key where it asks for one; `patients` is False for rows that only explain.

    Raises:
        EndpointUnreachable: the endpoint has no address.
    """
    key = endpoint.primary_key or (ws.endpoint_keys(endpoint.name)[0] if endpoint.auth else None)
    opened = ScoringClient(endpoint, key, TIMEOUT_S, patients=patients)
    try:
        yield opened
    finally:
        opened.close()


def score(ws: Workspace, endpoint: Endpoint, values: Mapping[str, Value]) -> Answer:
    """Score one patient.

    Raises:
        ScoringFailed: the endpoint refused the values, or its answer cannot be read.
        Unauthorized: the endpoint does not accept its key.
        EndpointUnreachable: no answer.
    """
    with client(ws, endpoint) as opened:
        scored = opened.score([dict(values)])
    positive = scored.labels.index(scored.positive_label) if scored.positive_label in scored.labels else len(scored.labels) - 1
    return Answer(
        endpoint=endpoint.name,
        model=scored.model_version or served_model(endpoint),
        values=dict(values),
        risk=scored.probabilities[0][positive],
        called=bool(scored.predictions[0] == scored.labels[positive]),
        threshold=endpoint.threshold if scored.threshold is None else scored.threshold,
        latency_ms=scored.latency_ms,
        moment=datetime.now(UTC),
        place=positive,
        likeliest=str(scored.predictions[0]) if len(scored.labels) > 2 else None,
    )


def risks(ws: Workspace, endpoint: Endpoint, answer: Answer, rows: Sequence[Mapping[str, object]]) -> list[float]:
    """Return the risk of each of several made-up patients, of the same outcome as `answer`'s. Raises as `score` does."""
    with client(ws, endpoint, patients=False) as opened:
        return [probabilities[answer.place] for probabilities in opened.predict_proba([dict(row) for row in rows])]
