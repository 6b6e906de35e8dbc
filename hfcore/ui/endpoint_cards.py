"""What is in service: one card per endpoint, live while a deployment is under way."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import streamlit as st

from hfcore.records import Endpoint
from hfcore.scoring.snippets import KEY_VARIABLE, consume_code
from hfcore.states import EndpointState
from hfcore.ui import endpoint_deletion, endpoint_keys, navigation
from hfcore.ui.guard import guard
from hfcore.ui.states import inline
from hfcore.ui.words import ago, count, duration, exact, literal
from hfcore.workspace import Workspace

REFRESH_S = 1.0
LOG_LINES = 200
LOG_HEIGHT = 260
_UNSETTLED = (EndpointState.TRANSITIONING, EndpointState.UNHEALTHY)


def sentence(endpoints: Sequence[Endpoint]) -> str:
    """Say in markdown what is in service and what is not."""
    if not endpoints:
        return "Nothing is in service yet."
    return " ".join(_standing(e) for e in endpoints)


def _standing(endpoint: Endpoint) -> str:
    name, model = f"**{literal(endpoint.name)}**", literal(f"{endpoint.model_name}:{endpoint.model_version}")
    return {
        EndpointState.HEALTHY: f"{name} is healthy and serves {model}.",
        EndpointState.TRANSITIONING: f"{name} is going into service with {model}.",
        EndpointState.UNHEALTHY: f"{name} does not answer at present.",
        EndpointState.FAILED: f"{name} has failed and is not in service.",
    }[endpoint.state]


def draw(ws: Workspace) -> None:
    """Draw the sentence and the cards; they refresh themselves until every deployment has ended."""
    busy = any(e.state in _UNSETTLED for e in ws.endpoints())
    st.fragment(_live, run_every=REFRESH_S if busy else None)(ws, busy)


def _live(ws: Workspace, was_busy: bool) -> None:
    with guard():
        endpoints = ws.endpoints()
        if was_busy and not any(e.state in _UNSETTLED for e in endpoints):
            st.rerun()
        st.markdown(sentence(endpoints))
        for endpoint in endpoints:
            with st.container(border=True, key=f"endpoint-{endpoint.name}"):
                _card(ws, endpoint)


def _card(ws: Workspace, endpoint: Endpoint) -> None:
    _heading(endpoint)
    served = literal(f"{endpoint.model_name}:{endpoint.model_version}")
    size = f"{cores_words(endpoint.cpu_cores)}, {endpoint.memory_gb:g} GB"
    access = "asks for a key" if endpoint.auth else "open to everybody on this machine"
    facts = f"Model **{served}** · {size} · {access} · deployed {ago(endpoint.created_at)}"
    st.markdown(facts, help=exact(endpoint.created_at))
    _extras(endpoint)
    if endpoint.state is EndpointState.TRANSITIONING:
        spent = (datetime.now(UTC) - endpoint.created_at).total_seconds()
        phase = literal(endpoint.phase or "Starting")
        st.info(f"{phase}, {duration(spent, whole=True)} so far. You may close this page.", icon="spinner")
    elif endpoint.message:
        show = st.error if endpoint.state is EndpointState.FAILED else st.warning
        show(literal(endpoint.message), icon=":material/error:")
    if endpoint.scoring_uri:
        st.caption("Scoring URI")
        st.code(endpoint.scoring_uri, language=None)
    _tabs(ws, endpoint)


def _heading(endpoint: Endpoint) -> None:
    with st.container(horizontal=True, vertical_alignment="center", key=f"endpoint-heading-{endpoint.name}"):
        st.markdown(f"**{literal(endpoint.name)}** \u2002{inline(endpoint.state)}", width="content")
        st.space("stretch")
        if endpoint.state is EndpointState.HEALTHY:
            navigation.link("predict", "Score a patient", ":material/person_search:", endpoint=endpoint.name)
        if st.button("Delete", key=f"delete-{endpoint.name}", icon=":material/delete:", type="tertiary"):
            endpoint_deletion.want(endpoint.name)
            st.rerun()


def cores_words(cores: float) -> str:
    """Write a number of processor cores: 1 core, 0.5 cores."""
    return count(int(cores), "core") if cores == int(cores) else f"{cores:g} cores"


def _extras(endpoint: Endpoint) -> None:
    tags = " · ".join(f"{literal(k)} = {literal(v)}" for k, v in endpoint.tags.items())
    parts = [part for part in (literal(endpoint.description), tags) if part]
    if parts:
        st.caption("  \n".join(parts))
    if endpoint.uses_follow_up_time:
        st.caption(":orange[:material/warning: This model wants the follow-up time, which nobody knows for a new patient.]")


def _tabs(ws: Workspace, endpoint: Endpoint) -> None:
    consume, keys, log = st.tabs(("Consume", "Keys", "Log"), key=f"endpoint-tab-{endpoint.name}", on_change="rerun")
    with consume:
        if consume.open:
            _consume(endpoint)
    with keys:
        if keys.open:
            endpoint_keys.draw(ws, endpoint)
    with log:
        if log.open:
            text = ws.endpoint_logs(endpoint.name, LOG_LINES)
            st.code(text or "The log is still empty.", language=None, height=LOG_HEIGHT)


def _consume(endpoint: Endpoint) -> None:
    if not endpoint.scoring_uri:
        st.markdown("The code to call this endpoint shows up here when it has an address.")
        return
    if endpoint.auth:
        st.caption(f"Put the key into the environment variable `{KEY_VARIABLE}` first; it is under Keys.")
    code = consume_code(endpoint)
    key, first = f"language-{endpoint.name}", next(iter(code))
    language = st.segmented_control("Language", list(code), default=first, required=True, key=key, label_visibility="collapsed")
    st.code(code[language], language="bash" if language == "curl" else language.lower())
