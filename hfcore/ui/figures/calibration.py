"""Calibration: the risk that was predicted against the share that died, by groups of similar risk."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hfcore.reporting.report import ModelReport
from hfcore.ui import chart
from hfcore.ui.outcome import Outcome
from hfcore.ui.palette import Palette

if TYPE_CHECKING:
    import plotly.graph_objects as go


def build(report: ModelReport, outcome: Outcome, colours: Palette) -> go.Figure:
    """Draw one point with its 95 % Wilson interval per group, and the line of perfect calibration."""
    import plotly.graph_objects as go

    outcome = outcome.for_figure()
    bins = report.calibration
    figure = go.Figure()
    chart.reference(figure, colours, (0, 1), (0, 1))
    figure.add_scatter(
        x=[b.predicted for b in bins],
        y=[b.observed for b in bins],
        error_y={
            "array": [b.high - b.observed for b in bins],
            "arrayminus": [b.observed - b.low for b in bins],
            "thickness": 1.2,
            "width": 4,
            "color": colours.accent,
        },
        mode="lines+markers",
        line={"color": chart.faint(colours.accent, 0.5), "width": 1},
        marker={"color": colours.accent, "size": 9},
        customdata=[(b.rows, b.low, b.high) for b in bins],
        hovertemplate=(
            f"%{{customdata[0]}} patients given about %{{x:.0%}}: %{{y:.0%}} {outcome.did}"
            "<br>(95 % %{customdata[1]:.0%} to %{customdata[2]:.0%})<extra></extra>"
        ),
    )
    chart.layout(figure, colours, "Predicted risk", f"Share that {outcome.did}")
    figure.update_xaxes(chart.share_axis())
    figure.update_yaxes(chart.share_axis())
    chart.label(figure, 0.98, 0.05, "dotted: predicted = observed", colours.muted, "right")
    return figure
