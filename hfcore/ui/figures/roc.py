"""The ROC curve: how many who died are found against how many survivors are flagged, at every cut."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hfcore.reporting.report import ModelReport
from hfcore.ui import chart
from hfcore.ui.outcome import Outcome
from hfcore.ui.palette import Palette
from hfcore.ui.words import metric

if TYPE_CHECKING:
    import plotly.graph_objects as go


def build(report: ModelReport, outcome: Outcome, colours: Palette) -> go.Figure:
    """Draw the curve with its pointwise 95 % band, where there is one, and the line of chance, labelled on the drawing."""
    import plotly.graph_objects as go

    outcome = outcome.for_figure()
    curve = report.roc
    figure = go.Figure()
    places = [p.x for p in report.roc_band]
    chart.band(figure, places, [p.low for p in report.roc_band], [p.high for p in report.roc_band], colours.accent)
    chart.reference(figure, colours, (0, 1), (0, 1))
    figure.add_scatter(
        x=curve.x,
        y=curve.y,
        mode="lines",
        line={"color": colours.accent, "width": 2.5},
        customdata=curve.thresholds,
        hovertemplate=(
            f"Cut at %{{customdata:.2f}}: %{{y:.0%}} of those {outcome.who_event} are found,"
            f"<br>%{{x:.0%}} of those {outcome.who_other} are flagged<extra></extra>"
        ),
    )
    chart.layout(figure, colours, f"Flagged among those {outcome.who_other}", f"Found among those {outcome.who_event}")
    figure.update_xaxes(chart.share_axis())
    figure.update_yaxes(chart.share_axis())
    late = ", with follow-up time" if report.uses_follow_up_time else ""
    whose = f"{outcome.event} against the rest" if len(report.labels) > 2 else "the model"
    own = f"{whose}: AUC {metric(report.drawn_auc)}{late}"
    chart.label(figure, 0.98, 0.12, own, colours.accent, "right")
    chart.label(figure, 0.98, 0.04, "dotted: chance, AUC 0.500", colours.muted, "right")
    return figure
