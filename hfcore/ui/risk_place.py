"""Where one risk lies among the risks of the patients the model was trained on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from hfcore.reporting.patients_alike import risk_bars, share_below
from hfcore.reporting.report import ModelReport
from hfcore.ui import chart
from hfcore.ui.figures import risk_spread
from hfcore.ui.outcome import Outcome
from hfcore.ui.palette import is_dark, palette
from hfcore.ui.scoring import Answer
from hfcore.ui.served_model import Origin
from hfcore.ui.words import percent

if TYPE_CHECKING:
    import plotly.graph_objects as go


def draw(found: Origin, answer: Answer, outcome: Outcome) -> None:
    """Say how many had a lower risk, and draw how the risks are spread among both outcomes."""
    report = found.report
    below = share_below(report, answer.risk)
    if below is None:
        st.markdown("This model's report holds no predictions of single patients, so the risk cannot be set beside theirs.")
        return
    said = sentence(below, report.rows)
    st.markdown(said)
    words = outcome.for_markdown()
    chart.draw(
        _figure(found.model.sha256, report.child_id, answer.risk, outcome, is_dark(), _report=report),
        "risk-spread",
        f"How to read this: each bar counts the patients with such a risk, those {words.who_event} on top of those "
        f"{words.who_other}. Each was scored by a model that had not seen them.",
        said,
    )


@chart.kept(100)
def _figure(sha256: str, child_id: str, risk: float, outcome: Outcome, dark: bool, _report: ModelReport) -> go.Figure:
    return risk_spread.build(risk_bars(_report), risk, outcome, palette(dark))


def sentence(below: float, rows: int) -> str:
    """Say how many of the training patients had a lower risk."""
    if below < 0.005:
        return f"None or almost none of the {rows:,} training patients had a lower risk."
    if below >= 0.995:
        return f"All or almost all of the {rows:,} training patients had a lower risk."
    return f"The risk is higher than that of {percent(below)} of the {rows:,} training patients."
