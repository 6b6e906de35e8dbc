"""Making a cluster in Azure: the lesson's by default, with what it costs said before it is made."""

from __future__ import annotations

import streamlit as st

from hfcore.errors import HfError
from hfcore.records import ComputeSpec
from hfcore.ui import guard
from hfcore.ui.words import literal
from hfcore.workspace import Workspace

NAME = "heart-f-cluster"
SIZES = ("Standard_D2_v2", "Standard_DS3_v2", "Standard_DS11_v2", "Standard_F4s_v2")


def draw(ws: Workspace) -> None:
    """Draw the form in a fold; the cluster is got when it exists and made when not."""
    with st.expander("Get or make a cluster", key="cluster", icon=":material/add_circle:"):
        name = st.text_input("Cluster name", NAME, key="cluster-name", help="2 to 24 letters, digits or hyphens.")
        size = st.selectbox("Machine", SIZES, key="cluster-size", accept_new_options=True, help="vm_size in Azure.")
        low = st.number_input("Least nodes", 0, 100, 1, key="cluster-min", help="min_nodes: 0 costs nothing while idle.")
        high = st.number_input("Most nodes", 1, 100, 3, key="cluster-max", help="max_nodes: child runs at a time.")
        spec = ComputeSpec((name or "").strip(), str(size), int(low), int(high))
        st.markdown(cost_words(spec))
        wrong = ws.cannot(spec)
        for sentence in wrong.values():
            st.markdown(f":red[:material/error: {literal(sentence)}]")
        if st.button("Get or make it", key="cluster-make", disabled=bool(wrong)):
            _make(ws, spec)


def cost_words(spec: ComputeSpec) -> str:
    """Say in markdown what a cluster costs while nothing runs, and how to avoid it."""
    if spec.min_nodes:
        nodes = "1 node is" if spec.min_nodes == 1 else f"{spec.min_nodes} nodes are"
        return (
            f":orange[:material/payments: {nodes} billed all the time as {literal(spec.vm_size)}], also while nothing runs. "
            "With 0 it costs nothing then, and a run waits a few minutes for its first node."
        )
    return f":material/payments: Costs nothing while nothing runs; up to {spec.max_nodes} nodes while a run is at work."


def _make(ws: Workspace, spec: ComputeSpec) -> None:
    try:
        with st.spinner("Azure is making the cluster, up to two minutes"):
            made = ws.ensure_compute(spec)
    except HfError as error:
        guard.show(error)
        return
    st.session_state["train-compute"] = made.name
    st.rerun()
