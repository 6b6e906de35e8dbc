"""The tabs of an endpoint's card; only the open one is drawn."""

from __future__ import annotations

import streamlit as st

from hfcore.records import Endpoint
from hfcore.scoring.snippets import KEY_VARIABLE, consume_code
from hfcore.ui import endpoint_keys, endpoint_test, endpoint_versions, script
from hfcore.ui.azure import is_azure
from hfcore.workspace import Workspace

LOG_LINES = 200
LOG_HEIGHT = 260
_TABS = ("Test", "Consume", "Log", "Versions & traffic", "Keys")
_LANGUAGES = {"curl": "bash", "R": "r"}


def draw(ws: Workspace, endpoint: Endpoint) -> None:
    """Draw the tabs."""
    tabs = st.tabs(_TABS, key=f"endpoint-tab-{endpoint.name}", on_change="rerun")
    contents = (endpoint_test.draw, _consume, _log, endpoint_versions.draw, endpoint_keys.draw)
    for tab, content in zip(tabs, contents, strict=True):
        with tab:
            if tab.open:
                content(ws, endpoint)


def _log(ws: Workspace, endpoint: Endpoint) -> None:
    text = ws.endpoint_logs(endpoint.name, LOG_LINES)
    st.code(text or "The log is still empty.", language=None, height=LOG_HEIGHT)


def _consume(ws: Workspace, endpoint: Endpoint) -> None:
    if not endpoint.scoring_uri:
        st.markdown("The code to call this endpoint shows up here when it has an address.")
        return
    code = consume_code(endpoint, workspace=script.opened(ws))
    key, first = f"language-{endpoint.name}", next(iter(code))
    language = st.segmented_control("Language", list(code), default=first, required=True, key=key, label_visibility="collapsed")
    if endpoint.auth and KEY_VARIABLE in code[language]:
        st.caption(f"Put the key into the environment variable `{KEY_VARIABLE}` first; it is under Keys.")
    elif language == "SDK":
        where = "Wherever you are signed in to Azure" if is_azure(ws) else "On this machine"
        st.caption(f"{where}, with this project's `hfcore`: it finds the address and the key by itself.")
    st.code(code[language], language=_LANGUAGES.get(language, "python"))
