"""Clean up: what still exists, and what does it cost?"""

from __future__ import annotations

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from hfcore.ui import deletion, deletion_dialog, frame, resource_table
from hfcore.workspace import Workspace


def draw(ws: Workspace, action: DeltaGenerator) -> None:
    """Draw what exists, and delete what is chosen after asking once."""
    resources = ws.resources()
    removable = [r for r in resources if not deletion.is_held(r, resources)]
    told = deletion_dialog.told()
    if told:
        st.success(told)
    st.markdown(resource_table.opening(resources, removable, ws.backend))
    chosen = resource_table.choose(resources, ws.backend)
    label = f"Delete {deletion.by_kind(chosen)}" if chosen else "Delete the ticked rows"
    if action.button(label, key="delete-chosen", type="primary", disabled=not chosen):
        deletion_dialog.ask(ws, chosen)
    if st.button("Delete everything", key="delete-everything", icon=":material/delete_forever:", disabled=not removable):
        deletion_dialog.ask_for_everything(ws, resources)
    deletion.code(ws, removable)


frame.show("cleanup", "What still exists, and what does it cost?", draw)
