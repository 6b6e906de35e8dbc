"""The threshold that this browser session has chosen for a child run, from the tab Threshold to the registration."""

from __future__ import annotations

import streamlit as st

from hfcore.reporting.report import ModelReport
from hfcore.reporting.threshold_choice import ThresholdChoice, by_hand

STANDARD = 0.5
_CHOICE = "threshold-choice"


def remember(report: ModelReport, choice: ThresholdChoice) -> None:
    """Keep what was chosen for a child run; the last choice of the session counts."""
    st.session_state[_CHOICE] = (report.child_id, choice)


def chosen(report: ModelReport) -> ThresholdChoice | None:
    """Return what was chosen for a child run, None when nobody has chosen."""
    child_id, choice = st.session_state.get(_CHOICE, ("", None))
    return choice if child_id == report.child_id else None


def as_asked(report: ModelReport, value: float) -> ThresholdChoice | None:
    """Return the choice behind a cut that stands in a form: the one made before, one by hand, None for the standard cut."""
    before = chosen(report)
    if before is not None and abs(before.value - value) < 5e-5:
        return before
    return None if value == STANDARD else by_hand(value)
