"""Scoring the patient of the form at a live endpoint, and remembering the answer with what it was given for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import streamlit as st

from hfcore.errors import HfError
from hfcore.records import Endpoint
from hfcore.scoring.client import ScoringClient
from hfcore.ui import guard, navigation, script, sdk_script, show_code
from hfcore.ui.patient_form import Value
from hfcore.workspace import Workspace

_ANSWER = "predict-answer"


@dataclass(frozen=True)
class Answer:
    """What an endpoint said about one patient, for which values, and when.

    `risk` is the probability of the positive outcome; `called` whether it reaches `threshold`, the cut that the
    endpoint told (None when it told none).
    """

    endpoint: str
    model: str
    values: Mapping[str, Value]
    risk: float
    called: bool
    threshold: float | None
    latency_ms: float
    moment: datetime

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
            st.session_state[_ANSWER] = score(ws, endpoint, values)
    except HfError as error:
        guard.show(error)
        navigation.link("deploy", "Look at the endpoint's state and log", ":material/arrow_forward:")


def code(ws: Workspace, endpoint: Endpoint, values: Mapping[str, Value]) -> None:
    """Show what scores this patient, as code."""
    ours = (
        f"client = hfcore.ScoringClient(ws.endpoint({endpoint.name!r}), ws.endpoint_keys({endpoint.name!r})[0])\n"
        if endpoint.auth
        else f"client = hfcore.ScoringClient(ws.endpoint({endpoint.name!r}))\n"
    ) + f"print(client.predict_proba([{dict(values)!r}]))\n"
    show_code.draw(ws, "predict", script.step(ws, ours), sdk_script.score(endpoint.name, values, endpoint.auth))


def score(ws: Workspace, endpoint: Endpoint, values: Mapping[str, Value]) -> Answer:
    """Score one patient.

    Raises:
        ScoringFailed: the endpoint refused the values, or its answer cannot be read.
        Unauthorized: the endpoint does not accept its key.
        EndpointUnreachable: no answer.
    """
    key = endpoint.primary_key or (ws.endpoint_keys(endpoint.name)[0] if endpoint.auth else None)
    client = ScoringClient(endpoint, key)
    try:
        scored = client.score([dict(values)])
    finally:
        client.close()
    positive = scored.labels.index(scored.positive_label) if scored.positive_label in scored.labels else len(scored.labels) - 1
    return Answer(
        endpoint=endpoint.name,
        model=scored.model_version or served_model(endpoint),
        values=dict(values),
        risk=scored.probabilities[0][positive],
        called=bool(scored.predictions[0] == scored.labels[positive]),
        threshold=scored.threshold,
        latency_ms=scored.latency_ms,
        moment=datetime.now(UTC),
    )
