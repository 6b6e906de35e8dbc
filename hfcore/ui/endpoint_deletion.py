"""Taking an endpoint out of service: asked once, in words that name it."""

from __future__ import annotations

import streamlit as st

from hfcore.errors import EndpointNotFound
from hfcore.ui.guard import guard
from hfcore.ui.words import literal
from hfcore.workspace import Workspace

_WANTED = "endpoint-to-delete"


def want(name: str) -> None:
    """Remember which endpoint the reader wants to delete; the page asks about it when it is drawn next."""
    st.session_state[_WANTED] = name


def ask_if_wanted(ws: Workspace) -> None:
    """Open the question when somebody has pressed Delete."""
    name = st.session_state.pop(_WANTED, None)
    if name is not None and any(e.name == name for e in ws.endpoints()):
        _dialog(ws, name)


@st.dialog("Delete this endpoint?")
def _dialog(ws: Workspace, name: str) -> None:
    with guard():
        question(ws, name)


def question(ws: Workspace, name: str) -> None:
    """Say what goes and what stays, and delete when the reader says so."""
    st.markdown(
        f"**{literal(name)}** goes out of service at once: callers get no answer any more, and its keys and log are gone. "
        "The registered model stays."
    )
    with st.container(horizontal=True, horizontal_alignment="right"):
        if st.button("Keep it", key="keep-endpoint"):
            st.rerun()
        if st.button(f"Delete {literal(name)}", key="confirm-delete-endpoint", type="primary"):
            with st.spinner("Ending its processes"):
                _delete(ws, name)
            st.rerun()


def _delete(ws: Workspace, name: str) -> None:
    try:
        ws.delete_endpoint(name)
    except EndpointNotFound:
        return  # somebody else was quicker, which is what was wanted
