"""Model: how good is it, honestly?"""

from __future__ import annotations

from streamlit.delta_generator import DeltaGenerator

from hfcore.ui import frame, gaps, model_tabs, outcome, registration, reports, run_choice, simpler_models, verdict, without_time
from hfcore.workspace import Workspace


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
    without_time.draw(ws, run, report)
    registration.notice(ws, report)
    run_choice.draw(ws, run, child)
    verdict.figures(report)
    simpler_models.draw(ws.name, report)
    gaps.draw(report)
    model_tabs.draw(model_tabs.Judged(ws, run, child, report, words))
    registration.code(ws, run, child)


frame.show("model", "How good is it, honestly?", draw)
