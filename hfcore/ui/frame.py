"""The frame every page stands in: page set-up, sidebar, heading, guard and footer."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from hfcore.settings import NOTICE
from hfcore.ui import journey, navigation, session
from hfcore.ui.guard import guard
from hfcore.workspace import Workspace

PRODUCT = "Heart Failure Studio"
CONTENT_WIDTH = 1100
SIDEBAR_WIDTH = 240
ICON = Path(__file__).parent / "static" / "icon.png"

Body = Callable[[Workspace, DeltaGenerator], None]


def show(name: str, question: str, body: Body) -> None:
    """Draw a page.

    Args:
        name: The page's key in `navigation.PAGES`.
        question: The one question the page answers.
        body: Draws the content; gets the workspace and the place of the primary action, top right.
    """
    title = navigation.PAGES[name]
    st.set_page_config(page_title=f"{title} · {PRODUCT}", page_icon=str(ICON), layout="wide", initial_sidebar_state=SIDEBAR_WIDTH)
    with st.container(width=CONTENT_WIDTH, key="content"):
        with st.container(horizontal=True, vertical_alignment="center", key="heading"):
            with st.container(gap=None):
                st.title(title, anchor=False)
                st.caption(question)
            action = st.container(width="content", key="primary-action")
        with guard():
            ws = session.workspace()
            _sidebar(ws)
            body(ws, action)
        st.divider()
        st.caption(NOTICE)


def empty(sentence: str, page: str, label: str) -> None:
    """Draw an empty state: what is missing and the one thing to do about it."""
    with st.container(border=True, key="empty"):
        st.markdown(sentence)
        navigation.link(page, label, ":material/arrow_forward:")


def _sidebar(ws: Workspace) -> None:
    with st.sidebar:
        st.markdown(f"#### {PRODUCT}")
        st.caption(f":green[:material/check_circle:] {backend_words(ws)}")
        navigation.link("overview", "Overview", ":material/dashboard:")
        st.caption("The journey")
        journey.draw(ws)
        st.caption("Do")
        navigation.link("train", "Train", ":material/play_arrow:")
        navigation.link("cleanup", "Clean up", ":material/delete_sweep:")


def backend_words(ws: Workspace) -> str:
    """Say in words where the work is done."""
    return "Local: this machine, no account, no network" if ws.backend == "local" else ws.name
