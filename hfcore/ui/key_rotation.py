"""Replacing one of an endpoint's keys: asked once, in words that say who is cut off."""

from __future__ import annotations

import streamlit as st

from hfcore.ui.guard import guard
from hfcore.ui.words import literal
from hfcore.workspace import Workspace

_WANTED = "key-to-rotate"


def want(name: str, which: str) -> None:
    """Remember which key the reader wants to replace; the page asks about it when it is drawn next."""
    st.session_state[_WANTED] = (name, which)


def ask_if_wanted(ws: Workspace) -> None:
    """Open the question when somebody has pressed Rotate."""
    wanted = st.session_state.pop(_WANTED, None)
    if wanted is not None and any(e.name == wanted[0] for e in ws.endpoints()):
        _dialog(ws, *wanted)


@st.dialog("Replace this key?")
def _dialog(ws: Workspace, name: str, which: str) -> None:
    with guard():
        question(ws, name, which)


def question(ws: Workspace, name: str, which: str) -> None:
    """Say who is cut off and who is not, and replace the key when the reader says so."""
    other = "secondary" if which == "primary" else "primary"
    st.markdown(
        f"The {which} key of **{literal(name)}** stops working at once. Whoever uses it is refused until they have the new one; "
        f"whoever uses the {other} key notices nothing."
    )
    with st.container(horizontal=True, horizontal_alignment="right"):
        if st.button("Keep it", key="keep-key"):
            st.rerun()
        if st.button(f"Replace the {which} key", key="confirm-rotate-key", type="primary"):
            st.session_state[_made(name)] = (which, ws.rotate_key(name, which))
            st.rerun()


def made(name: str) -> tuple[str, str] | None:
    """Return which key of an endpoint was just replaced and the new one, once."""
    found: tuple[str, str] | None = st.session_state.pop(_made(name), None)
    return found


def _made(name: str) -> str:
    return f"rotated-{name}"
