"""An endpoint's two keys: masked, and shown once when somebody asks."""

from __future__ import annotations

import streamlit as st

from hfcore.records import Endpoint
from hfcore.workspace import Workspace

MASK = "•" * 24


def draw(ws: Workspace, endpoint: Endpoint) -> None:
    """Draw the keys masked; the button shows them until anything else on the page is touched."""
    if not endpoint.auth:
        st.markdown("This endpoint asks for no key. Only this machine can reach it.")
        return
    asked = st.button("Show the keys once", key=f"reveal-{endpoint.name}", icon=":material/visibility:")
    keys = ws.endpoint_keys(endpoint.name) if asked else (MASK, MASK)
    for title, key in zip(("Primary key", "Secondary key"), keys, strict=True):
        st.caption(title)
        st.code(key, language=None)
    st.caption("Either key opens the endpoint. Whoever holds one may score patients; treat it like a password.")
