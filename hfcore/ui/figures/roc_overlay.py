"""The ROC curves of several models in one drawing, each with its own colour and dash."""

from __future__ import annotations

import html
from collections.abc import Sequence
from typing import TYPE_CHECKING

from hfcore.reporting.report import Curve
from hfcore.ui import chart
from hfcore.ui.outcome import Outcome
from hfcore.ui.palette import Palette

if TYPE_CHECKING:
    import plotly.graph_objects as go

DASHES = ("solid", "dash", "dot", "dashdot")
HEIGHT = 400


def build(curves: Sequence[tuple[str, Curve]], outcome: Outcome, colours: Palette) -> go.Figure:
    """Draw up to four named curves and the line of chance; the names stand in the lower right, each beside its line."""
    import plotly.graph_objects as go

    outcome = outcome.for_figure()
    figure = go.Figure()
    chart.reference(figure, colours, (0, 1), (0, 1))
    figure.data[0].showlegend = False
    inks = (colours.accent, colours.died, colours.negative, colours.positive)
    for (name, curve), ink, dash in zip(curves, inks, DASHES, strict=False):
        figure.add_scatter(
            x=curve.x,
            y=curve.y,
            mode="lines",
            name=html.escape(name, quote=False),
            line={"color": ink, "width": 2.2, "dash": dash},
            hovertemplate=(
                f"{html.escape(name, quote=False)}: %{{y:.0%}} of those {outcome.who_event} are found,"
                f"<br>%{{x:.0%}} of those {outcome.who_other} are flagged<extra></extra>"
            ),
        )
    chart.layout(figure, colours, f"Flagged among those {outcome.who_other}", f"Found among those {outcome.who_event}", HEIGHT)
    figure.update_layout(
        showlegend=True, legend={"x": 0.99, "y": 0.02, "xanchor": "right", "yanchor": "bottom", "bgcolor": "rgba(0,0,0,0)"}
    )
    figure.update_xaxes(chart.share_axis())
    figure.update_yaxes(chart.share_axis())
    return figure
