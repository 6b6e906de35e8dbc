"""The decision curve: what acting on the model is worth, against acting on everybody and on nobody."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hfcore.reporting.report import ModelReport
from hfcore.ui import chart
from hfcore.ui.outcome import Outcome
from hfcore.ui.palette import Palette

if TYPE_CHECKING:
    import plotly.graph_objects as go

MOST = 0.8  # above that threshold a false alarm weighs more than four of those found, and few patients are left
_HOVER = "At a threshold of %{x:.0%}: net benefit %{y:.3f} (95 % %{customdata[0]:.3f} to %{customdata[1]:.3f})<extra></extra>"


def build(report: ModelReport, outcome: Outcome, colours: Palette) -> go.Figure:
    """Draw the model with its band, everybody as a dashed line, nobody at 0."""
    import plotly.graph_objects as go

    points = [p for p in report.benefit if p.threshold <= MOST]
    x = [p.threshold for p in points]
    share = report.events / report.rows
    figure = go.Figure()
    chart.band(figure, x, [p.low for p in points], [p.high for p in points], colours.accent)
    chart.reference(figure, colours, (0, MOST), (0, 0))
    figure.add_scatter(
        x=[0.0, *x],
        y=[share, *(p.treat_all for p in points)],
        mode="lines",
        line={"color": colours.muted, "width": 1.5, "dash": "dash"},
        hovertemplate="Acting on everybody, at a threshold of %{x:.0%}: %{y:.3f}<extra></extra>",
    )
    figure.add_scatter(
        x=x,
        y=[p.model for p in points],
        mode="lines",
        line={"color": colours.accent, "width": 2.5},
        customdata=[(p.low, p.high) for p in points],
        hovertemplate=_HOVER,
    )
    chart.layout(figure, colours, "Threshold: the risk from which one acts", "Net benefit, share of all patients")
    figure.update_xaxes(chart.share_axis(0, MOST))
    figure.update_yaxes(range=[-0.25 * share, 1.2 * share], tickformat=".2f", nticks=6)
    chart.label(figure, MOST, 1.02 * share, "the model, with its 95 % band", colours.accent, "right")
    chart.label(figure, MOST, 0.9 * share, "dashed: act on everybody", colours.muted, "right")
    chart.label(figure, MOST, 0.78 * share, "dotted: act on nobody", colours.muted, "right")
    return figure
