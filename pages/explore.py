"""Explore: who are these patients, and what separates those who died?"""

from __future__ import annotations

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from hfcore.ui import frame, guardrail_list, navigation, patients, relations, selection, survival, variables
from hfcore.workspace import Workspace

TABS = ("Patients", "Variables", "Relations", "Survival", "Guardrails")


def draw(ws: Workspace, action: DeltaGenerator) -> None:
    """Draw the answer in one sentence, the filters, and the evidence in tabs."""
    if action.button("Start training", key="start-training", type="primary"):
        navigation.go("train")
    data = selection.dataset(ws)
    sentence = st.container()
    chosen = selection.bar(ws, data)
    if selection.table(chosen, data).empty:
        st.info("No patient fits this filter. Widen the age range or choose everybody.", icon=":material/filter_alt:")
        return
    checks = patients.guardrails(chosen, data)
    sentence.markdown(f"{patients.opening(chosen, data)} {patients.guardrail_summary(checks) if checks else ''}")
    table, by_outcome, related, alive, guards = st.tabs(TABS, key="explore-tab", on_change="rerun")
    with table:
        if table.open:
            patients.draw(chosen, data)
    with by_outcome:
        if by_outcome.open:
            variables.draw(chosen, data)
    with related:
        if related.open:
            relations.draw(chosen, data)
    with alive:
        if alive.open:
            survival.draw(chosen, data)
    with guards:
        if guards.open:
            guardrail_list.draw(checks)
    selection.code(ws, data)


frame.show("explore", "Who are these patients, and what separates those who died?", draw)
