"""An endpoint's two keys: masked, shown once when somebody asks, and replaced one at a time."""

from __future__ import annotations

import streamlit as st

from hfcore.records import Endpoint
from hfcore.ui import key_rotation
from hfcore.ui.azure import is_azure
from hfcore.workspace import Workspace

_WHERE = " The service itself knows only their hashes; for the Predict page they stand in one file that only this user may read."
MASK = "•" * 24
KINDS = ("primary", "secondary")


def draw(ws: Workspace, endpoint: Endpoint) -> None:
    """Draw the keys masked; a button shows them, and a new one is shown, until anything else on the page is touched."""
    if not endpoint.auth:
        st.markdown("This endpoint asks for no key." + ("" if is_azure(ws) else " Only this machine can reach it."))
        return
    asked = st.button("Show the keys once", key=f"reveal-{endpoint.name}", icon=":material/visibility:")
    keys = dict(zip(KINDS, ws.endpoint_keys(endpoint.name) if asked else (MASK, MASK), strict=True))
    new = key_rotation.made(endpoint.name)
    if new is not None:
        keys[new[0]] = new[1]
        st.success(f"The {new[0]} key was replaced. Copy the new one now; it is masked with your next step.")
    for kind, key in keys.items():
        _key(endpoint, kind, key)
    where = "" if is_azure(ws) else _WHERE
    st.caption(f"Either key opens the endpoint. Whoever holds one may score patients; treat it like a password.{where}")


def _key(endpoint: Endpoint, kind: str, key: str) -> None:
    with st.container(horizontal=True, vertical_alignment="center", key=f"key-{kind}-{endpoint.name}"):
        st.caption(f"{kind.capitalize()} key", width=110)
        st.code(key, language=None, width="stretch")
        if st.button("Replace", key=f"rotate-{kind}-{endpoint.name}", icon=":material/autorenew:", type="tertiary"):
            key_rotation.want(endpoint.name, kind)
            st.rerun()
