"""Deploy: what is in service?"""

from __future__ import annotations

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from hfcore.ui import deployment, deployment_form, endpoint_cards, endpoint_deletion, frame, key_rotation
from hfcore.workspace import Workspace


def draw(ws: Workspace, action: DeltaGenerator) -> None:
    """Draw what is in service, and under it the form of a new deployment."""
    endpoint_deletion.ask_if_wanted(ws)
    key_rotation.ask_if_wanted(ws)
    endpoints = ws.endpoints()
    endpoint_cards.draw(ws, endpoints)
    models = ws.models()
    if not models:
        frame.empty("There is no registered model to deploy. Register one first.", "model", "See the best model")
        return
    st.subheader("New deployment", anchor=False)
    wish = deployment_form.draw(ws, models, endpoints)
    deployment.button(ws, action, wish)
    deployment.code(ws, wish)


frame.show("deploy", "What is in service?", draw)
