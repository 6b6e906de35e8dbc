"""The open workspace of this app, and the ids that a browser session holds."""

from __future__ import annotations

import streamlit as st

from hfcore.settings import Settings
from hfcore.workspace import Workspace, connect


def workspace() -> Workspace:
    """Return the workspace that the settings name; opened once, shared by every session."""
    settings = Settings.from_env()
    return _open(settings.backend, str(settings.home), settings.store_url)


@st.cache_resource(show_spinner=False)
def _open(backend: str, home: str, store_url: str | None) -> Workspace:
    options = {"home": home, "store_url": store_url} if backend == "local" else {}
    return connect(backend, **options)


def chosen(name: str) -> str | None:
    """Return an id from the address (`?run=...`), so that a page can be linked to and reloaded."""
    return st.query_params.get(name) or None


def choose(name: str, value: str | None) -> None:
    """Put an id into the address, or take it out."""
    if value:
        st.query_params[name] = value
    elif name in st.query_params:
        del st.query_params[name]
