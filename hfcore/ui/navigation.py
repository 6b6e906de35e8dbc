"""The pages of the app by name, and links between them."""

from __future__ import annotations

import streamlit as st
from streamlit.navigation.page import StreamlitPage

PAGES = {
    "overview": ("Overview", "dashboard"),
    "explore": ("Explore", "table_chart"),
    "train": ("Train", "play_arrow"),
    "runs": ("Runs", "format_list_numbered"),
    "model": ("Model", "monitoring"),
    "deploy": ("Deploy", "cloud_upload"),
    "predict": ("Predict", "person_search"),
    "cleanup": ("Clean up", "delete_sweep"),
}


def pages() -> list[StreamlitPage]:
    """Return every page for `st.navigation`, the overview first."""
    return [
        st.Page(
            path(name),
            title=title,
            icon=f":material/{icon}:",
            url_path="" if name == "overview" else name,
            default=name == "overview",
        )
        for name, (title, icon) in PAGES.items()
    ]


def path(name: str) -> str:
    """Return the script of a page."""
    return f"pages/{name}.py"


def link(name: str, label: str, icon: str | None = None, **query: str) -> None:
    """Draw a link to a page, with ids in its address."""
    st.page_link(path(name), label=label, icon=icon, query_params=query or None)


def go(name: str, **query: str) -> None:
    """Leave for another page, with ids in its address."""
    st.switch_page(path(name), query_params=query or None)
