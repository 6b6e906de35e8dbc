"""Predict: what is this patient's risk?"""

from __future__ import annotations

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from hfcore.ui import endpoint_choice, frame, predict_tabs
from hfcore.ui.predict_place import Place
from hfcore.workspace import Workspace


def draw(ws: Workspace, action: DeltaGenerator) -> None:
    """Draw the tabs for the endpoint that scores."""
    endpoint = endpoint_choice.draw(ws)
    if endpoint is None:
        frame.empty(
            "No endpoint is healthy, so nobody can be scored. Put a model into service first.", "deploy", "Deploy a model"
        )
        return
    predict_tabs.draw(Place(ws, endpoint, st.container(), action))


frame.show("predict", "What is this patient's risk?", draw)
