"""The pages of the app by name, and links between them, which stay on the backend that the address names."""

from __future__ import annotations

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from hfcore.ui import session

PAGES = {
    "overview": "Overview",
    "explore": "Explore",
    "train": "Train",
    "runs": "Runs",
    "model": "Model",
    "deploy": "Deploy",
    "predict": "Predict",
    "cleanup": "Clean up",
}


def pages() -> list[StreamlitPage]:
    """Return every page for `st.navigation`, the overview first; without icons, which the browser would fetch from afar."""
    return [
        st.Page(path(name), title=title, url_path="" if name == "overview" else name, default=name == "overview")
        for name, title in PAGES.items()
    ]


def path(name: str) -> str:
    """Return the script of a page."""
    return f"pages/{name}.py"


def link(name: str, label: str, icon: str | None = None, tooltip: str | None = None, **query: str) -> None:
    """Draw a link to a page, with ids in its address and what is shown when the pointer rests on it."""
    st.page_link(path(name), label=label, icon=icon, help=tooltip or "", query_params=session.kept() | query or None)


def go(name: str, **query: str) -> None:
    """Leave for another page, with ids in its address.

    Without ids it is told an empty mapping: None would make Streamlit refuse to leave what a widget has put into the address.
    """
    st.switch_page(path(name), query_params=session.kept() | query)
