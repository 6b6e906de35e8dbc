"""The frame every page stands in: page set-up, sidebar, heading, guard and footer."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from hfcore.errors import HfError
from hfcore.settings import NOTICE
from hfcore.ui import backend_choice, journey, navigation, session, waiting
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
        waiting.reserve()
        with st.sidebar:
            st.markdown(f"#### {PRODUCT}")
            backend_choice.switch()
            state = st.empty()
        with guard():
            ws = _workspace(state)
            _sidebar(ws)
            body(ws, action)
            waiting.over()
        st.divider()
        st.caption(NOTICE)


def empty(sentence: str, page: str, label: str) -> None:
    """Draw an empty state: what is missing and the one thing to do about it."""
    with st.container(border=True, key="empty"):
        st.markdown(sentence)
        navigation.link(page, label, ":material/arrow_forward:")


def _workspace(state: DeltaGenerator) -> Workspace:
    """Open the workspace and show in the sidebar how the connection stands. Raises HfError."""
    try:
        ws = session.workspace()
    except HfError:
        waiting.over()
        with state.container(gap="xxsmall"):
            backend_choice.failed()
        raise
    with state.container(gap="xxsmall"):
        backend_choice.state(ws)
    return ws


def _sidebar(ws: Workspace) -> None:
    with st.sidebar:
        navigation.link("overview", "Overview", ":material/dashboard:")
        st.caption("The journey")
        journey.draw(ws)
        st.caption("Do")
        navigation.link("train", "Train", ":material/play_arrow:")
        navigation.link("cleanup", "Clean up", ":material/delete_sweep:")
