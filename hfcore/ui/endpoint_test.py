"""Trying an endpoint out by hand: JSON in, the answer and its time out."""

from __future__ import annotations

import json

import streamlit as st

from hfcore.datasets.heart_failure import SAMPLE_PATIENT
from hfcore.errors import HfError
from hfcore.records import Endpoint
from hfcore.scoring.post import Posted, post_json
from hfcore.ui import typical_patient
from hfcore.ui.guard import show
from hfcore.ui.served_model import Served
from hfcore.ui.words import literal
from hfcore.workspace import Workspace

HEIGHT = 300


def example(ws: Workspace, endpoint: Endpoint) -> str:
    """Return a request that this endpoint answers: the sample patient, or typical values, in the model's columns."""
    names = endpoint.features or tuple(SAMPLE_PATIENT)
    start = typical_patient.of(ws, endpoint, Served(ws, endpoint).table)
    patient = {name: start.get(name, 0) for name in names}
    return json.dumps({"data": [patient], "method": "predict_proba"}, indent=2)


def draw(ws: Workspace, endpoint: Endpoint) -> None:
    """Draw the request and, beside it, what came back."""
    if not endpoint.scoring_uri:
        st.markdown("Requests can be tried out here when the endpoint has an address.")
        return
    with st.grid(2, min_column_width=300, key=f"test-{endpoint.name}"):
        with st.container():
            body = st.text_area("Request", example(ws, endpoint), height=HEIGHT, key=f"test-body-{endpoint.name}")
            pressed = st.button("Send", key=f"test-send-{endpoint.name}", icon=":material/send:")
        with st.container():
            answer = _ask(ws, endpoint, body or "") if pressed else st.session_state.get(_key(endpoint))
            st.session_state[_key(endpoint)] = answer
            _draw(answer)


def _key(endpoint: Endpoint) -> str:
    return f"test-answer-{endpoint.name}"


def _ask(ws: Workspace, endpoint: Endpoint, body: str) -> Posted | HfError:
    try:
        key = ws.endpoint_keys(endpoint.name)[0] if endpoint.auth else None
        return post_json(endpoint, body, key)
    except HfError as error:
        return error


def _draw(answer: Posted | HfError | None) -> None:
    if answer is None:
        st.caption("Answer")
        st.markdown("Press **Send**: the sample patient is scored, and the answer stands here with its time.")
    elif isinstance(answer, HfError):
        show(answer)
    else:
        good = "green[:material/check_circle:" if answer.status < 400 else "red[:material/error:"
        st.caption(f":{good} {answer.status} {literal(answer.reason)}] in {answer.milliseconds:.1f} ms")
        st.code(_readable(answer.text), language="json", height=HEIGHT, wrap_lines=True)
        if answer.request_id:
            st.caption(f"In the log under {literal(answer.request_id)}")


def _readable(text: str) -> str:
    """Return an answer as people read it: version 1 holds JSON inside a JSON string."""
    try:
        value = json.loads(text)
        return json.dumps(json.loads(value) if isinstance(value, str) else value, indent=2)
    except ValueError:
        return text
