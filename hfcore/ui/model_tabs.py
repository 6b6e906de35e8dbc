"""The tabs of the Model page, in their order; only the open one is drawn."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from hfcore.datasets.heart_failure import HEART_FAILURE_SHA256
from hfcore.records import ChildRun, Run
from hfcore.reporting.report import ModelReport
from hfcore.ui import (
    benefit,
    compare,
    compare_choice,
    curves,
    endpoint_explanation,
    explanation,
    gaps,
    metrics_table,
    model_card,
    model_versions,
    pipeline,
    published,
    subgroup_table,
    threshold,
)
from hfcore.ui.outcome import Outcome
from hfcore.workspace import Workspace


@dataclass(frozen=True)
class Judged:
    """What the page is about: a child run of a run, its report, and the words for what is predicted."""

    workspace: Workspace
    run: Run
    child: ChildRun
    report: ModelReport
    outcome: Outcome


def draw(judged: Judged) -> None:
    """Draw the tabs; an address that names models to compare opens that tab first."""
    if compare_choice.is_asked_for() and "model-tab" not in st.session_state:
        st.session_state["model-tab"] = "Compare"
    for tab, content in zip(st.tabs(list(TABS), key="model-tab", on_change="rerun"), TABS.values(), strict=True):
        with tab:
            if tab.open:
                content(judged)


def _discrimination(judged: Judged) -> None:
    if gaps.has_curves(judged.report):
        curves.draw(judged.workspace.name, judged.report, judged.outcome)


def _calibration(judged: Judged) -> None:
    if gaps.has_curves(judged.report):
        benefit.draw(judged.workspace.name, judged.report, judged.outcome)


def _threshold(judged: Judged) -> None:
    if gaps.has_curves(judged.report):
        threshold.draw(judged.report, judged.outcome)


def _subgroups(judged: Judged) -> None:
    if gaps.has_curves(judged.report):
        subgroup_table.draw(judged.workspace.name, judged.report, judged.outcome)


def _metrics(judged: Judged) -> None:
    metrics_table.draw(judged.workspace.name, judged.report, judged.outcome)
    dataset = judged.workspace.dataset(judged.run.dataset, judged.run.dataset_version)
    if dataset.sha256 == HEART_FAILURE_SHA256 and judged.report.label_column == "DEATH_EVENT":
        published.draw(judged.report)


def _pipeline(judged: Judged) -> None:
    pipeline.draw(judged.report)


def _why(judged: Judged) -> None:
    ws, run, report = judged.workspace, judged.run, judged.report
    explained = explanation.of_report(ws.name, report) or endpoint_explanation.ask(ws, run, judged.child, report)
    if explained is not None:
        columns = {c.name: c for c in ws.dataset(run.dataset, run.dataset_version).schema}
        explanation.draw(explained, columns, judged.outcome)


def _compare(judged: Judged) -> None:
    compare.draw(judged.workspace, judged.run, judged.child, judged.outcome)


def _versions(judged: Judged) -> None:
    model_versions.draw(judged.workspace)


def _model_card(judged: Judged) -> None:
    model_card.draw(judged.workspace, judged.run, judged.report, judged.outcome)


TABS: dict[str, Callable[[Judged], None]] = {
    "Discrimination": _discrimination,
    "Calibration & benefit": _calibration,
    "Threshold": _threshold,
    "Subgroups": _subgroups,
    "Why": _why,
    "Compare": _compare,
    "All metrics": _metrics,
    "Pipeline": _pipeline,
    "Versions": _versions,
    "Model card": _model_card,
}
