"""The precision-recall curve: of those flagged, how many died, against how many who died are found."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hfcore.reporting.report import ModelReport
from hfcore.ui import chart
from hfcore.ui.outcome import Outcome
from hfcore.ui.palette import Palette
from hfcore.ui.words import percent

if TYPE_CHECKING:
    import plotly.graph_objects as go


def build(report: ModelReport, outcome: Outcome, colours: Palette) -> go.Figure:
    """Draw the curve and the line of prevalence, both labelled on the drawing."""
    import plotly.graph_objects as go

    outcome = outcome.for_figure()
    curve, prevalence = report.precision_recall, report.events / report.rows
    figure = go.Figure()
    chart.reference(figure, colours, (0, 1), (prevalence, prevalence))
    figure.add_scatter(
        x=curve.x,
        y=curve.y,
        mode="lines",
        line={"color": colours.accent, "width": 2.5},
        customdata=curve.thresholds,
        hovertemplate=(
            f"Cut at %{{customdata:.2f}}: %{{x:.0%}} of those {outcome.who_event} are found,"
            f"<br>%{{y:.0%}} of those flagged {outcome.did}<extra></extra>"
        ),
    )
    chart.layout(figure, colours, f"Found among those {outcome.who_event}", f"{outcome.event.capitalize()} among those flagged")
    figure.update_xaxes(chart.share_axis())
    figure.update_yaxes(chart.share_axis())
    chart.label(figure, 0.02, prevalence - 0.05, f"dotted: flag everybody, {percent(prevalence)}", colours.muted)
    return figure
