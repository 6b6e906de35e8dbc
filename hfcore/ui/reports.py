"""Reading a child run's report once and keeping it, with the figures drawn from it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from hfcore.records import ChildRun, Run
from hfcore.reporting.report import ModelReport
from hfcore.ui import chart
from hfcore.ui.figures import calibration, decision, gains, groups, growth, precision_recall, risk_bins, roc
from hfcore.ui.outcome import Outcome
from hfcore.ui.palette import palette
from hfcore.workspace import Workspace

if TYPE_CHECKING:
    import plotly.graph_objects as go

_BUILDERS = {
    "roc": roc.build,
    "precision-recall": precision_recall.build,
    "gains": gains.gains,
    "lift": gains.lifted,
    "risks": risk_bins.build,
    "learning-curve": growth.build,
    "calibration": calibration.build,
    "net-benefit": decision.build,
    "subgroups": groups.build,
}


def read(ws: Workspace, run: Run, child: ChildRun) -> ModelReport:
    """Return the report of a child run.

    Raises:
        ReportNotAvailable: the child run holds nothing to report on.
    """
    return _read(ws.name, run.id, child.id, run.state.value, run.best_child_id == child.id, _ws=ws)


def read_best(ws: Workspace, run: Run) -> ModelReport:
    """Return the report of a run's best child run.

    Raises:
        ReportNotAvailable: there is none yet, or it holds nothing to report on.
    """
    return _read(ws.name, run.id, run.best_child_id, run.state.value, True, _ws=ws)


@st.cache_resource(show_spinner="Reading the report", max_entries=50)
def _read(workspace: str, run_id: str, child_id: str | None, state: str, is_best: bool, _ws: Workspace) -> ModelReport:
    return _ws.report(run_id, child_id)  # frozen, so that every session may have the same object


@chart.kept(200)
def figure(
    workspace: str, run_id: str, child_id: str, kind: str, outcome: Outcome, dark: bool, _report: ModelReport
) -> go.Figure:
    """Build one of the figures of a report, or return the one built before: the same object, which nobody changes."""
    return _BUILDERS[kind](_report, outcome, palette(dark))
