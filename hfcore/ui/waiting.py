"""Waiting for a backend that is far away: the page says so, and a click elsewhere ends the waiting."""

from __future__ import annotations

import threading

import streamlit as st
from streamlit.delta_generator import DeltaGenerator
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.scriptrunner_utils.script_run_context import in_cached_function

QUIET_S = 1.0
_here = threading.local()


def reserve() -> None:
    """Keep a place on the page for the sentence about waiting; to be called where it shall stand."""
    _here.place = st.empty()


def tell(doing: str, seconds: float) -> None:
    """Say what is waited for; outside a page do nothing. A click elsewhere makes Streamlit stop the script here.

    Inside a cached function nothing is drawn, since Streamlit would draw it again each time the result is taken from the cache.
    """
    if get_script_run_ctx(suppress_warning=True) is None:
        return
    place: DeltaGenerator | None = getattr(_here, "place", None)
    if place is not None and seconds >= QUIET_S and not in_cached_function.get():
        place.info(f"Waiting for Azure: {doing}, {seconds:.0f} s so far. You may go elsewhere meanwhile.", icon="spinner")
    else:
        _yield_to_clicks()


def _yield_to_clicks() -> None:
    """Touch the session's state, where Streamlit stops a script that nobody waits for any more."""
    st.session_state.get("waiting")


def over() -> None:
    """Take the sentence away: the answer is there."""
    place: DeltaGenerator | None = getattr(_here, "place", None)
    if place is not None:
        place.empty()
