"""One number, so large that it is the first thing seen."""

from __future__ import annotations

import html

import streamlit as st

_STYLE = "font-size: 3.4rem; font-weight: 600; line-height: 1.1; font-variant-numeric: tabular-nums"


def draw(text: str) -> None:
    """Draw a short text large; whatever it holds is shown literally."""
    st.html(f'<div style="{_STYLE}">{html.escape(text)}</div>')
