"""How the risks are spread among those with and without the outcome, and where one patient lies."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from hfcore.reporting.patients_alike import RiskBar
from hfcore.ui import chart
from hfcore.ui.outcome import Outcome
from hfcore.ui.palette import Palette

if TYPE_CHECKING:
    import plotly.graph_objects as go

HEIGHT = 300


def build(bars: Sequence[RiskBar], risk: float, outcome: Outcome, colours: Palette) -> go.Figure:
    """Draw stacked bars of counts, and a line at this patient's risk."""
    import plotly.graph_objects as go

    words = outcome.for_figure()
    figure = go.Figure()
    groups = ((words.other, colours.survived, [b.others for b in bars]), (words.event, colours.died, [b.events for b in bars]))
    for name, colour, counts in groups:
        figure.add_bar(
            x=[(b.low + b.high) / 2 for b in bars],
            y=counts,
            width=[0.9 * (b.high - b.low) for b in bars],
            marker={"color": colour},
            customdata=[(b.low, b.high) for b in bars],
            hovertemplate=f"%{{y}} who were given %{{customdata[0]:.0%}} to %{{customdata[1]:.0%}}: {name}<extra></extra>",
        )
    figure.update_layout(barmode="stack")
    chart.layout(figure, colours, "Predicted risk", "Patients", HEIGHT)
    figure.update_xaxes(chart.share_axis())
    figure.add_vline(x=risk, line={"color": colours.ink, "width": 2})
    top = max((b.events + b.others for b in bars), default=1)
    figure.update_yaxes(range=[0, 1.25 * top])
    chart.label(figure, risk, 1.18 * top, " this patient ", colours.ink, "left" if risk < 0.7 else "right")
    chart.label(figure, 0.98, 1.02 * top, words.event, colours.died, "right")
    chart.label(figure, 0.98, 0.90 * top, words.other, colours.survived, "right")
    return figure
