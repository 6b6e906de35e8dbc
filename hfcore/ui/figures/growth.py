"""The learning curve: AUC by the number of patients that a pipeline learned from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hfcore.reporting.report import Estimate, ModelReport
from hfcore.ui import chart
from hfcore.ui.outcome import Outcome
from hfcore.ui.palette import Palette
from hfcore.ui.words import metric

if TYPE_CHECKING:
    import plotly.graph_objects as go


def build(report: ModelReport, outcome: Outcome, colours: Palette) -> go.Figure:
    """Draw a point with its interval for each number of patients, the last one labelled."""
    import plotly.graph_objects as go

    points = report.learning_curve
    x, y = [p.rows for p in points], [p.auc.value for p in points]
    ends = [_ends(p.auc) for p in points]
    figure = go.Figure()
    chart.band(figure, x, [low for low, _ in ends], [high for _, high in ends], colours.accent)
    figure.add_scatter(
        x=x,
        y=y,
        mode="lines+markers",
        line={"color": colours.accent, "width": 2},
        marker={"color": colours.accent, "size": 8},
        customdata=[(low, high, p.log_loss.value) for p, (low, high) in zip(points, ends, strict=True)],
        hovertemplate=(
            "Learned from %{x} patients: AUC %{y:.3f} (95 % %{customdata[0]:.3f} to %{customdata[1]:.3f}),"
            "<br>log loss %{customdata[2]:.3f}<extra></extra>"
        ),
    )
    chart.layout(figure, colours, "Patients learned from", "AUC on patients held out")
    figure.update_xaxes(range=[0, 1.08 * x[-1]], nticks=6)
    figure.update_yaxes(range=[min(low for low, _ in ends) - 0.03, max(high for _, high in ends) + 0.03], tickformat=".2f")
    chart.label(figure, x[-1], max(high for _, high in ends) + 0.015, f"AUC {metric(y[-1])}", colours.accent, "right")
    return figure


def _ends(estimate: Estimate) -> tuple[float, float]:
    low, high = estimate.low, estimate.high
    return (estimate.value if low is None else low, estimate.value if high is None else high)
