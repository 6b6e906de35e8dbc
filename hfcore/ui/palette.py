"""The colours of the app, for light and dark, and which of the two the reader sees."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st


@dataclass(frozen=True)
class Palette:
    """Colours of one theme: the two outcomes, the accent, a pair for opposites, greys for structure."""

    survived: str
    died: str
    accent: str
    ink: str
    muted: str
    grid: str
    surface: str
    negative: str
    positive: str


LIGHT = Palette("#2b6c8f", "#b3541e", "#1f5f80", "#1d2733", "#5b6672", "#e3e8ec", "#ffffff", "#7a5195", "#4d7c0f")
DARK = Palette("#6fb1d3", "#e39a63", "#7fb8d6", "#e4e9ee", "#a3acb8", "#2c3640", "#12171d", "#b69acb", "#9dc35b")


def is_dark() -> bool:
    """Tell whether the reader's theme is dark."""
    return st.context.theme.type == "dark"


def palette(dark: bool) -> Palette:
    """Return the colours for a dark or a light page."""
    return DARK if dark else LIGHT
