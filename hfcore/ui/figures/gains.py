"""Cumulative gains and lift: how many of those with the outcome are found when only the patients of highest risk are flagged."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hfcore.reporting.curves import lift
from hfcore.reporting.report import ModelReport
from hfcore.ui import chart
from hfcore.ui.outcome import Outcome
from hfcore.ui.palette import Palette

if TYPE_CHECKING:
    import plotly.graph_objects as go

_LEAST_SHARE = 0.02  # below that share of the patients, lift is that of a handful of them


def gains(report: ModelReport, outcome: Outcome, colours: Palette) -> go.Figure:
    """Draw the gains curve between the lines of chance and of a perfect order."""
    import plotly.graph_objects as go

    outcome, share = outcome.for_figure(), report.events / report.rows
    figure = go.Figure()
    chart.reference(figure, colours, (0, 1), (0, 1))
    chart.reference(figure, colours, (0, share, 1), (0, 1, 1))
    figure.add_scatter(
        x=report.gains.x,
        y=report.gains.y,
        mode="lines",
        line={"color": colours.accent, "width": 2.5},
        hovertemplate=f"Flag the %{{x:.0%}} of highest risk: %{{y:.0%}} of those {outcome.who_event} are found<extra></extra>",
    )
    chart.layout(figure, colours, "Flagged among all patients", f"Found among those {outcome.who_event}")
    figure.update_xaxes(chart.share_axis())
    figure.update_yaxes(chart.share_axis())
    chart.label(figure, 0.98, 0.12, "the model", colours.accent, "right")
    chart.label(figure, 0.98, 0.04, "dotted: chance, and a perfect order", colours.muted, "right")
    return figure


def lifted(report: ModelReport, outcome: Outcome, colours: Palette) -> go.Figure:
    """Draw how many times more are found than by drawing lots, and the line of chance at 1."""
    import plotly.graph_objects as go

    outcome, curve = outcome.for_figure(), lift(report.gains)
    kept = [i for i, x in enumerate(curve.x) if x >= _LEAST_SHARE]
    most = report.rows / report.events if report.events else 1.0
    figure = go.Figure()
    chart.reference(figure, colours, (0, 1), (1, 1))
    figure.add_scatter(
        x=[curve.x[i] for i in kept],
        y=[curve.y[i] for i in kept],
        mode="lines",
        line={"color": colours.accent, "width": 2.5},
        hovertemplate=(
            f"Among the %{{x:.0%}} of highest risk, %{{y:.2f}} times as many {outcome.did} as among all<extra></extra>"
        ),
    )
    chart.layout(figure, colours, "Flagged among all patients", f"Times as many {outcome.did} as among all")
    figure.update_xaxes(chart.share_axis())
    figure.update_yaxes(range=[0.8, most + 0.2], nticks=6)
    chart.label(figure, 0.98, 0.9, "dotted: chance, 1", colours.muted, "right")
    return figure
