"""Train: what shall be tried?"""

from __future__ import annotations

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from hfcore.ui import frame, launch, train_form, train_summary
from hfcore.workspace import Workspace


def draw(ws: Workspace, action: DeltaGenerator) -> None:
    """Draw the form and, beside it, what it means; start the run when asked."""
    launch.follow_one_just_made()
    with st.grid(2, min_column_width=330, key="train", gap="medium"):
        with st.container():
            wish = train_form.draw(ws)
        beside = st.container()
    settings, wrong = wish.settings()
    wrong = {**wrong, **(ws.cannot(settings) if settings else {})}
    settings = None if wrong else settings
    wrong = {**wrong, **launch.button(ws, action, wish, settings, len(wrong))}
    train_form.show_wrong(wish, wrong)
    with beside:
        train_summary.draw(ws, wish, None if wrong else settings, wrong)


frame.show("train", "What shall be tried?", draw)
