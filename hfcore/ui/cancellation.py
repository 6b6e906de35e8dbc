"""Cancelling a run: asked once, in words that name the run."""

from __future__ import annotations

import streamlit as st

from hfcore.records import Run
from hfcore.ui.guard import guard
from hfcore.ui.run_words import children_done, elapsed_words
from hfcore.ui.words import literal
from hfcore.workspace import Workspace


@st.dialog("Cancel this run?")
def ask(ws: Workspace, run: Run) -> None:
    """Say what is lost and what stays, and cancel when the reader says so."""
    st.markdown(
        f"The run in **{literal(run.experiment)}** has been going for {elapsed_words(run)}; {children_done(run)}. "
        "What is finished stays; the rest is not tried."
    )
    with st.container(horizontal=True, horizontal_alignment="right"):
        if st.button("Let it go on", key="keep-run"):
            st.rerun()
        if st.button("Cancel the run", key="confirm-cancel", type="primary"):
            with guard():
                ws.cancel(run.id)
                st.rerun()
