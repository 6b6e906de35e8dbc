"""The tabs Discrimination and Calibration of the Model page."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import streamlit as st

from hfcore.reporting.report import Curve, ModelReport
from hfcore.ui import chart, reports
from hfcore.ui.outcome import Outcome
from hfcore.ui.palette import is_dark
from hfcore.ui.words import metric, percent

if TYPE_CHECKING:
    import pandas as pd


def discrimination(workspace: str, report: ModelReport, outcome: Outcome) -> None:
    """Draw the ROC and the precision-recall curve side by side, one below the other where it is narrow."""
    words = outcome.for_markdown()
    with st.grid(2, min_column_width=360, key="discrimination"):
        with st.container():
            st.markdown("**ROC curve**")
            _draw(
                workspace,
                report,
                "roc",
                outcome,
                f"How to read this: the further the line bends to the upper left, the more of those {words.who_event} are "
                f"found before those {words.who_other} are flagged.",
                f"ROC curve, AUC {metric(report.metrics.get('AUC_weighted'))}",
                report.roc,
            )
        with st.container():
            st.markdown("**Precision-recall curve**")
            _draw(
                workspace,
                report,
                "precision-recall",
                outcome,
                f"How to read this: moving right, more of those {words.who_event} are found; the height is the share of "
                "those flagged that is flagged rightly.",
                "Precision-recall curve, average precision " + metric(report.metrics.get("average_precision_score_weighted")),
                report.precision_recall,
            )


def calibration(workspace: str, report: ModelReport, outcome: Outcome) -> None:
    """Draw predicted against observed risk, and the Brier score beside that of knowing nothing."""
    prevalence = report.events / report.rows
    words = outcome.for_markdown()
    st.markdown(
        f"Brier score **{metric(report.brier)}**; giving every patient the same {percent(prevalence)} would score "
        f"{metric(prevalence * (1 - prevalence))}.",
        help="Mean squared distance between the predicted risk and what happened (0 or 1). 0 is perfect, lower is better.",
    )
    figure = reports.figure(workspace, report.run_id, report.child_id, "calibration", outcome, is_dark(), _report=report)
    chart.draw(
        figure,
        "calibration",
        f"How to read this: each point is a group of patients given a similar risk; the bar is the 95 % interval (Wilson) of "
        f"the share that {words.event}. Points above the dotted line: the model promised too little risk.",
        "Calibration: predicted against observed risk",
        lambda: _groups(report),
    )


def _draw(workspace: str, report: ModelReport, kind: str, outcome: Outcome, how_to_read: str, alt: str, curve: Curve) -> None:
    figure = reports.figure(workspace, report.run_id, report.child_id, kind, outcome, is_dark(), _report=report)
    chart.draw(figure, kind, how_to_read, alt, lambda: _points(curve))


def _points(curve: Curve) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame({"x": curve.x, "y": curve.y, "threshold": curve.thresholds or [None] * len(curve.x)})


def _groups(report: ModelReport) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame([asdict(group) for group in report.calibration])
