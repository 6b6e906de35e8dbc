"""What a backend does not tell about a model: said where it is missed."""

from __future__ import annotations

import streamlit as st

from hfcore.reporting.report import ModelReport
from hfcore.ui.words import literal


def draw(report: ModelReport) -> None:
    """Say what is missing, if anything is."""
    for sentence in report.gaps:
        st.info(literal(sentence), icon=":material/info:")


def has_curves(report: ModelReport) -> bool:
    """Tell whether there are curves and counts to draw; where not, the notice above the tabs says why."""
    return bool(report.thresholds and report.rows)
