"""Overview: where do I stand?"""

from __future__ import annotations

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from hfcore.ui import frame, navigation, overview, welcome
from hfcore.workspace import Workspace


def draw(ws: Workspace, action: DeltaGenerator) -> None:
    """Draw how things stand and the last events, or three first steps when nothing has been done yet."""
    if action.button("Start training", key="start-training", type="primary"):
        navigation.go("train")
    now = overview.look(ws)
    if now.is_empty:
        welcome.draw(ws)
        return
    st.fragment(overview.draw, run_every=overview.REFRESH_S if now.is_busy else None)(ws, now.is_busy)


frame.show("overview", "Where do I stand?", draw)
