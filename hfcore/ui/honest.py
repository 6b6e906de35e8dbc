"""The bias-corrected figure of a run's winner, read once from its report: what every page says of a finished run."""

from __future__ import annotations

import streamlit as st

from hfcore.errors import HfError
from hfcore.records import Run
from hfcore.reporting.headline import interval_words
from hfcore.reporting.report import Estimate
from hfcore.ui.words import metric
from hfcore.workspace import Workspace


def estimate(ws: Workspace, run: Run) -> Estimate | None:
    """Return the winner's AUC with the luck of having been picked taken out; None when the run has no such figure."""
    if not run.state.is_finished or run.best_child_id is None:
        return None
    return _estimate(ws.name, run.id, run.best_child_id, run.state.value, _ws=ws)


@st.cache_data(show_spinner=False, max_entries=500)
def _estimate(workspace: str, run_id: str, child_id: str, state: str, _ws: Workspace) -> Estimate | None:
    try:
        return _ws.report(run_id).honest
    except HfError:  # the run's own score is still worth telling; the Model page says what is wrong with the report
        return None


def words(found: Estimate) -> str:
    """Write the figure with its interval, in markdown: AUC 0.787 (95 % 0.72 to 0.84)."""
    return f"AUC **{metric(found.value)}**{interval_words(found)}"
