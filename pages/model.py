"""Model: how good is it, honestly?"""

from __future__ import annotations

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from hfcore.ui import (
    curves,
    frame,
    gaps,
    metrics_table,
    outcome,
    pipeline,
    registration,
    reports,
    run_choice,
    simpler_models,
    threshold,
    verdict,
)
from hfcore.workspace import Workspace

TABS = ("Discrimination", "Calibration", "Threshold", "All metrics", "Pipeline")


def draw(ws: Workspace, action: DeltaGenerator) -> None:
    """Draw the honest sentence, the headline figures, and the evidence in tabs."""
    run = run_choice.run(ws)
    child = run_choice.child(ws, run) if run else None
    if run is None or child is None:
        frame.empty("There is no finished model to judge yet. Train one; the best shows up here.", "train", "Start training")
        return
    report = reports.read(ws, run, child)
    words = outcome.of(ws.dataset(run.dataset, run.dataset_version).schema, report.label_column, report.positive_label)
    registration.button(ws, run, report, action)
    verdict.draw(report)
    registration.notice(ws, report)
    run_choice.draw(ws, run, child)
    verdict.figures(report)
    simpler_models.draw(ws.name, report)
    gaps.draw(report)
    discrimination, calibration, cut, metrics, made_of = st.tabs(TABS, key="model-tab", on_change="rerun")
    with discrimination:
        if discrimination.open and gaps.has_curves(report):
            curves.discrimination(ws.name, report, words)
    with calibration:
        if calibration.open and gaps.has_curves(report):
            curves.calibration(ws.name, report, words)
    with cut:
        if cut.open and gaps.has_curves(report):
            threshold.draw(report, words)
    with metrics:
        if metrics.open:
            metrics_table.draw(ws.name, report)
    with made_of:
        if made_of.open:
            pipeline.draw(report)
    registration.code(ws, run, child)


frame.show("model", "How good is it, honestly?", draw)
