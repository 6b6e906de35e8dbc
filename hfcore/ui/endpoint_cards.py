"""What is in service: one card per endpoint, live while a deployment is under way."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import streamlit as st

from hfcore.records import Endpoint
from hfcore.states import EndpointState
from hfcore.ui import endpoint_deletion, endpoint_tabs, endpoint_traffic, navigation, version_words
from hfcore.ui.azure import is_azure
from hfcore.ui.guard import guard
from hfcore.ui.states import inline
from hfcore.ui.words import ago, count, duration, exact, literal
from hfcore.workspace import Workspace

REFRESH_S = 1.0
REFRESH_AFAR_S = 3.0
_UNSETTLED = (EndpointState.TRANSITIONING, EndpointState.UNHEALTHY)
_STEPS = ("Checking the model file", "Starting the server", "Smoke test", "In service")


def sentence(endpoints: Sequence[Endpoint]) -> str:
    """Say in markdown what is in service and what is not."""
    if not endpoints:
        return "Nothing is in service yet."
    return " ".join(_standing(e) for e in endpoints)


def _standing(endpoint: Endpoint) -> str:
    name, model = f"**{literal(endpoint.name)}**", literal(endpoint.label)
    return {
        EndpointState.HEALTHY: f"{name} is healthy and serves {model}.",
        EndpointState.TRANSITIONING: f"{name} is going into service with {model}.",
        EndpointState.UNHEALTHY: f"{name} does not answer at present.",
        EndpointState.FAILED: f"{name} has failed and is not in service.",
    }[endpoint.state]


def _is_busy(endpoint: Endpoint) -> bool:
    return endpoint.state in _UNSETTLED or endpoint.update is not None


def draw(ws: Workspace, endpoints: Sequence[Endpoint]) -> None:
    """Draw the sentence and the cards; they refresh themselves until every deployment has ended."""
    busy = any(_is_busy(e) for e in endpoints)
    every = REFRESH_AFAR_S if is_azure(ws) else REFRESH_S
    st.fragment(_live, run_every=every if busy else None)(ws, busy, [endpoints])


def _live(ws: Workspace, was_busy: bool, just_read: list[Sequence[Endpoint]]) -> None:
    """Draw what there is now; only the first drawing takes what the page has just read."""
    with guard():
        endpoints = just_read.pop() if just_read else ws.endpoints()
        if was_busy and not any(_is_busy(e) for e in endpoints):
            st.rerun()
        st.markdown(sentence(endpoints))
        for endpoint in endpoints:
            with st.container(border=True, key=f"endpoint-{endpoint.name}"):
                _card(ws, endpoint)


def _card(ws: Workspace, endpoint: Endpoint) -> None:
    _heading(endpoint)
    size = f"{cores_words(endpoint.cpu_cores)}, {endpoint.memory_gb:g} GB"
    access = "asks for a key" if endpoint.auth else f"open to everybody {_reach(ws)}"
    variables = count(len(endpoint.features), "variable") if endpoint.features else ""
    parts = [
        f"Model **{literal(endpoint.label)}**",
        variables,
        _threshold(ws, endpoint),
        size,
        access,
        f"deployed {ago(endpoint.created_at)}",
    ]
    st.markdown(" · ".join(part for part in parts if part), help=exact(endpoint.created_at))
    _extras(endpoint)
    if is_azure(ws):
        st.caption(":orange[:material/payments:] Billed per second until it is deleted.")
    _under_way(endpoint)
    if endpoint.scoring_uri:
        if not is_azure(ws):
            endpoint_traffic.draw(endpoint)
        st.caption("Scoring URI")
        st.code(endpoint.scoring_uri, language=None)
    endpoint_tabs.draw(ws, endpoint)


def _threshold(ws: Workspace, endpoint: Endpoint) -> str:
    if endpoint.threshold is not None:
        return f"threshold {version_words.cut(endpoint.threshold)}"
    return "threshold of AutoML's own script" if is_azure(ws) else ""


def _reach(ws: Workspace) -> str:
    return "who knows its address" if is_azure(ws) else "on this machine"


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


def _under_way(endpoint: Endpoint) -> None:
    """Say what a deployment is doing and for how long, else what went wrong."""
    update = endpoint.update
    if endpoint.state is EndpointState.TRANSITIONING:
        newest = endpoint.deployments[0].created_at if endpoint.deployments else endpoint.created_at
        _busy(endpoint.phase or "Starting", newest, "")
    elif update is not None:
        _busy(endpoint.phase, update.created_at, f"{literal(endpoint.label)} goes on serving. ")
    elif endpoint.message:
        show = st.error if endpoint.state is EndpointState.FAILED else st.warning
        show(literal(endpoint.message), icon=":material/error:")


def _busy(phase: str, since: datetime, meanwhile: str) -> None:
    spent = (datetime.now(UTC) - since).total_seconds()
    st.info(
        f"{literal(phase)}, {duration(spent, whole=True)} so far. {meanwhile}You may close this page.{_steps(phase)}",
        icon="spinner",
    )


def _steps(phase: str) -> str:
    """Return the steps of a deployment, those that are done ticked, the present one in bold; nothing where it goes otherwise."""
    found = [i for i, step in enumerate(_STEPS) if step.lower() in phase.lower()]
    if not found and phase != "Starting":
        return ""
    at = found[0] if found else -1
    marks = [f"✓ {s}" if i < at else f"**{s}**" if i == at else f":gray[{s}]" for i, s in enumerate(_STEPS)]
    return "  \n:small[" + " → ".join(marks) + "]"
