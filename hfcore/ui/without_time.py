"""A run that uses follow-up time beside the same run without it, or the button that starts that one."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import streamlit as st

from hfcore.automl.settings import AutoMLSettings
from hfcore.datasets.schema import Schema
from hfcore.errors import ReportNotAvailable
from hfcore.records import Run
from hfcore.reporting.report import Estimate, ModelReport
from hfcore.ui import follow_up, launch, navigation, reports
from hfcore.ui.words import literal, metric
from hfcore.workspace import Workspace

_RUNS = 200
_WHERE = ("compute_target", "max_concurrent_iterations", "path", "debug_log", "excluded_columns")


def draw(ws: Workspace, run: Run, report: ModelReport) -> None:
    """Draw both runs side by side; nothing for a model that does not use follow-up time."""
    if not report.uses_follow_up_time:
        return
    left_out = excluded(ws.dataset(run.dataset, run.dataset_version).schema, run)
    other = twin(ws, run, left_out)
    with st.container(border=True, key="without-time"):
        if other is None:
            _offer(ws, run, left_out)
        elif other.state.is_active:
            st.markdown("The same run without follow-up time is under way.")
            navigation.link("runs", "Watch it", ":material/visibility:", run=other.id)
        else:
            _side_by_side(ws, report, other)


def excluded(schema: Schema, run: Run) -> tuple[str, ...]:
    """Return the columns that the run leaves out, and those that nobody knows when a new patient is scored."""
    late = [c for c in follow_up.late_columns(schema) if c not in run.excluded_columns]
    return (*run.excluded_columns, *late)


def twin(ws: Workspace, run: Run, left_out: tuple[str, ...]) -> Run | None:
    """Return the newest run on the same table and settings that leaves these columns out and has, or may get, a result."""
    for other in ws.runs(limit=_RUNS):
        same_table = (other.dataset, other.dataset_version) == (run.dataset, run.dataset_version)
        alike = set(other.excluded_columns) == set(left_out) and _asked(other.settings) == _asked(run.settings)
        if other.id != run.id and same_table and alike and (other.best_child_id is not None or other.state.is_active):
            return other
    return None


def _asked(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings that change what comes out, as one object writes them."""
    whole = AutoMLSettings.from_dict(dict(settings)).to_dict()
    return {name: value for name, value in whole.items() if name not in _WHERE}


def _offer(ws: Workspace, run: Run, left_out: tuple[str, ...]) -> None:
    """Draw the button that starts the same run without follow-up time, once however often it is pressed."""
    st.markdown("How good is it without follow-up time? The same run without it can tell: same table, settings and folds.")
    start = launch.last()
    if st.button("Train the same without follow-up time", key="train-without-time", icon=":material/play_arrow:"):
        if not start.just_made:
            settings = replace(AutoMLSettings.from_dict(dict(run.settings)), excluded_columns=left_out)
            with st.spinner("Starting the run"):
                start.run_id, start.moment = ws.submit(run.experiment, settings, run.dataset).id, time.monotonic()
        navigation.go("runs", run=start.run_id)


def _side_by_side(ws: Workspace, report: ModelReport, other: Run) -> None:
    try:
        without = reports.read_best(ws, other)
    except ReportNotAvailable as error:
        st.markdown(literal(f"The same run without follow-up time has no report. {error}"))
        return
    st.markdown("**The same run with and without follow-up time**")
    st.table(_table(report, without), border="horizontal", hide_index=True, alt="The same run with and without follow-up time")
    st.caption("Only the figures without follow-up time can be had for a new patient. " + follow_up.WHY)
    navigation.link("model", "Judge the run without follow-up time", ":material/analytics:", run=other.id)


def _table(report: ModelReport, without: ModelReport) -> dict[str, list[str]]:
    """Return the cells of both, in markdown: figures with their intervals, corrected for the picking where that was done."""
    both = (report, without)
    return {
        "": [":orange[:material/warning: with follow-up time]", "without follow-up time"],
        "Best model": [literal(r.algorithm) for r in both],
        "AUC": [_cell(r.honest or r.intervals.get("AUC_weighted"), r.metrics.get("AUC_weighted")) for r in both],
        "Brier score": [_cell(r.honest_brier or r.intervals.get("brier"), r.brier) for r in both],
        "Log loss": [_cell(r.honest_log_loss or r.intervals.get("log_loss"), r.metrics.get("log_loss")) for r in both],
    }


def _cell(found: Estimate | None, plain: float | None) -> str:
    if found is None or found.low is None or found.high is None:
        return metric(plain)
    return f"{metric(found.value)}  \n:small[{metric(found.low)} to {metric(found.high)}]"
