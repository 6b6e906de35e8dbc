"""Explore: who are these patients, and what separates those who died?"""

from __future__ import annotations

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from hfcore.ui import explore_tabs, explore_views, frame, navigation, patients, selection
from hfcore.workspace import Workspace


def draw(ws: Workspace, action: DeltaGenerator) -> None:
    """Draw the answer in one sentence, the filters, and the evidence in tabs; or the view that the address names."""
    if explore_views.draw(ws, action):
        return
    training = action.button("Start training", key="start-training", type="primary")
    data = selection.dataset(ws)
    if training:
        st.session_state["train-dataset"] = data.name
        navigation.go("train")
    explore_views.ways(data)
    sentence = st.container()
    chosen = selection.bar(ws, data)
    if not selection.size(chosen, data):
        selection.nobody()
        return
    checks = patients.guardrails(chosen, data)
    sentence.markdown(f"{patients.opening(chosen, data)} {patients.guardrail_summary(checks) if checks else ''}")
    explore_tabs.draw(chosen, data)
    selection.code(ws, data)


frame.show("explore", selection.question(), draw)
