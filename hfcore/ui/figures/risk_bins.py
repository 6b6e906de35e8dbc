"""How the predicted risks are spread: those who died upwards, those who survived downwards, by risk."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hfcore.reporting.report import ModelReport
from hfcore.ui import chart
from hfcore.ui.outcome import Outcome
from hfcore.ui.palette import Palette

if TYPE_CHECKING:
    import plotly.graph_objects as go

_STEPS = tuple(n * 10**power for power in range(6) for n in (1, 2, 5))


def build(report: ModelReport, outcome: Outcome, colours: Palette) -> go.Figure:
    """Draw a bar up and a bar down for each twentieth of the risk."""
    import plotly.graph_objects as go

    outcome, bins = outcome.for_figure(), report.distribution
    middles = [(b.start + b.end) / 2 for b in bins]
    spans = [f"{b.start:.0%} to {b.end:.0%}".replace("%", " %") for b in bins]
    figure = go.Figure()
    sides = (
        (1, [b.events for b in bins], colours.died, outcome.event),
        (-1, [b.others for b in bins], colours.survived, outcome.other),
    )
    for side, counts, colour, name in sides:
        figure.add_bar(
            x=middles,
            y=[side * n for n in counts],
            width=[0.9 * (b.end - b.start) for b in bins],
            marker={"color": colour},
            customdata=list(zip(spans, counts, strict=True)),
            hovertemplate=f"Given %{{customdata[0]}}: %{{customdata[1]}} {name}<extra></extra>",
        )
    chart.layout(figure, colours, "Predicted risk", "Patients")
    most = max((max(b.events, b.others) for b in bins), default=1)
    step = next(n for n in _STEPS if 3 * n >= most) if most <= 3 * _STEPS[-1] else most // 3
    ticks = [n for n in range(-3 * step, 3 * step + 1, step) if abs(n) <= 1.15 * most]
    figure.update_layout(barmode="relative", bargap=0)
    figure.update_xaxes(chart.share_axis())
    figure.update_yaxes(range=[-1.15 * most, 1.15 * most], tickvals=ticks, ticktext=[str(abs(n)) for n in ticks])
    chart.label(figure, 0.98, 0.85 * most, outcome.event, colours.died, "right")
    chart.label(figure, 0.98, -0.85 * most, outcome.other, colours.survived, "right")
    return figure
