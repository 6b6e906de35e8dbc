"""Which endpoint scores; its name lives in the page's address."""

from __future__ import annotations

import streamlit as st

from hfcore.records import Endpoint
from hfcore.states import EndpointState
from hfcore.ui import navigation, session
from hfcore.ui.states import inline
from hfcore.ui.words import literal
from hfcore.workspace import Workspace

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
    if len(healthy) == 1:
        return endpoints[healthy[0]]
    st.session_state[_KEY] = wanted if wanted in healthy else healthy[0]  # the address rules
    name = st.selectbox(
        "Endpoint", healthy, key=_KEY, format_func=lambda n: _written(endpoints[n]), on_change=_remember, width=420
    )
    return endpoints[str(name)]


def _remember() -> None:
    session.choose("endpoint", st.session_state[_KEY])


def _explain(name: str, endpoint: Endpoint | None) -> None:
    state = f"is {inline(endpoint.state)}" if endpoint else "does not exist"
    st.warning(f"The endpoint {literal(name)} {state} and cannot score.", icon=":material/warning:")
    navigation.link("deploy", "See what is in service", ":material/arrow_forward:")


def _written(endpoint: Endpoint) -> str:
    return f"{endpoint.name}, serves {endpoint.model_name}:{endpoint.model_version}"
