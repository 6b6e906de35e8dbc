"""The switch between backends in the sidebar, with the state of the connection: where, who, and whether it answers."""

from __future__ import annotations

import streamlit as st

from hfcore.ui import session
from hfcore.ui.words import literal
from hfcore.workspace import BACKENDS, Workspace

TITLES = {"local": "This machine", "azureml": "Azure ML"}
SUPPORT = (
    "Azure ML's SDK v1 has been out of support since 2026-06-30, and deploying to container instances (ACI) with it is "
    "deprecated. What exists goes on working, at your own risk."
)
_KEY = "backend-choice"


def switch() -> None:
    """Draw the switch; it stands there whether or not the chosen backend can be reached."""
    st.session_state[_KEY] = session.backend()
    st.selectbox(
        "Where the work is done",
        list(BACKENDS),
        key=_KEY,
        format_func=lambda name: TITLES.get(name, name),
        on_change=lambda: session.choose_backend(st.session_state[_KEY]),
        help=f"This machine needs no account. {SUPPORT}",
    )


def state(ws: Workspace) -> None:
    """Draw how the connection stands."""
    if ws.backend == "local":
        st.caption(f":green[:material/check_circle:] {words(ws)}")
        return
    place = ws.place
    told = "  \n".join(f"{name.replace('_', ' ').capitalize()}: {literal(value)}" for name, value in place.items())
    st.caption(f"{_sign(ws)} {literal(words(ws))}", help=told or None)
    if place.get("identity"):
        st.caption(f"Signed in: {literal(place['identity'])}")
    st.caption(f":orange[:material/warning:] {SUPPORT}")


def _sign(ws: Workspace) -> str:
    return ":green[:material/check_circle:]" if ws.trouble is None else ":orange[:material/cloud_off:]"


def words(ws: Workspace) -> str:
    """Say in words where the work is done."""
    if ws.backend == "local":
        return "Local: this machine, no account, no network"
    place = ws.place
    if not place:
        return ws.name
    where = f"Azure ML: {place.get('workspace')}, {place.get('region')}"
    return where if ws.trouble is None else f"{where}. {ws.trouble} What is shown is what was known last."


def failed() -> None:
    """Draw that the chosen backend could not be opened, with the way to try again."""
    st.caption(f":red[:material/cloud_off:] {TITLES.get(session.backend(), session.backend())}: not connected")
    if session.backend() == "azureml":
        st.caption(f":orange[:material/warning:] {SUPPORT}")
