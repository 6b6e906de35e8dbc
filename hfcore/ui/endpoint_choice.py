"""Which endpoint scores; its name lives in the page's address."""

from __future__ import annotations

import math

import streamlit as st

from hfcore.records import Endpoint
from hfcore.scoring.health import answer_ms
from hfcore.states import EndpointState
from hfcore.ui import navigation, session
from hfcore.ui.states import inline
from hfcore.ui.words import literal
from hfcore.workspace import Workspace

FRESH_S = 10.0
_KEY = "predict-endpoint"


def draw(ws: Workspace) -> Endpoint | None:
    """Return the endpoint in the address, else the first healthy one; say what is missing when there is none.

    A chooser is drawn when more than one is healthy.
    """
    endpoints = {e.name: e for e in ws.endpoints()}
    healthy = [e.name for e in endpoints.values() if e.state is EndpointState.HEALTHY]
    wanted = session.chosen("endpoint")
    if wanted and wanted not in healthy:
        _explain(wanted, endpoints.get(wanted))
    if not healthy:
        return None
    name = healthy[0] if len(healthy) == 1 else _choose(healthy, endpoints, wanted)
    _state(endpoints[name], [e for e in endpoints.values() if e.state is not EndpointState.HEALTHY])
    return endpoints[name]


def _choose(healthy: list[str], endpoints: dict[str, Endpoint], wanted: str | None) -> str:
    st.session_state[_KEY] = wanted if wanted in healthy else healthy[0]  # the address rules
    return str(
        st.selectbox("Endpoint", healthy, key=_KEY, format_func=lambda n: _written(endpoints[n]), on_change=_remember, width=420)
    )


def _state(endpoint: Endpoint, others: list[Endpoint]) -> None:
    """Say how the endpoint stands and how quickly it answers, and which others cannot score now."""
    took = _answer_ms(str(endpoint.scoring_uri))
    said = [f"{literal(endpoint.name)}: {inline(endpoint.state)}{speed(took)}"]
    said += [f"{literal(e.name)}: {inline(e.state)}" for e in others]
    st.caption(" \u2002 ".join(said), help="Endpoints elsewhere: choose where the work is done in the sidebar.")
    if took is None:
        navigation.link("deploy", "Look at the endpoint's state and log", ":material/arrow_forward:")


@st.cache_data(show_spinner=False, ttl=FRESH_S, max_entries=50)
def _answer_ms(uri: str) -> float | None:
    return answer_ms(uri)


def speed(took: float | None) -> str:
    """Write how quickly an endpoint answers, "" where it was not asked."""
    if took is None:
        return ", but it does not answer just now"
    return "" if math.isnan(took) else f", answers in {max(took, 1):.0f} ms"


def _remember() -> None:
    session.choose("endpoint", st.session_state[_KEY])


def _explain(name: str, endpoint: Endpoint | None) -> None:
    state = f"is {inline(endpoint.state)}" if endpoint else "does not exist"
    st.warning(f"The endpoint {literal(name)} {state} and cannot score.", icon=":material/warning:")
    navigation.link("deploy", "See what is in service", ":material/arrow_forward:")


def _written(endpoint: Endpoint) -> str:
    return f"{endpoint.name}, serves {endpoint.model_name}:{endpoint.model_version}"
