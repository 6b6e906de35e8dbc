"""Runs: what is happening?"""

from __future__ import annotations

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from hfcore.errors import RunNotFound
from hfcore.ui import frame, navigation, run_list, run_view, session
from hfcore.ui.words import literal
from hfcore.workspace import Workspace


def draw(ws: Workspace, action: DeltaGenerator) -> None:
    """Draw the run that the address names, or the list of all runs."""
    run_id = session.chosen("run")
    if run_id is None:
        if action.button("Start training", key="start-training", type="primary"):
            navigation.go("train")
        run_list.draw(ws)
        return
    try:
        run_view.draw(ws, action, run_id)
    except RunNotFound:
        st.markdown(f"There is no run {literal(run_id)} here. It may have been deleted, or the address is incomplete.")
        run_view.back()


frame.show("runs", "What is happening?", draw)
