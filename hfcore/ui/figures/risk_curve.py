"""The risk over the values of one variable, with the patient's own value and another one marked."""

from __future__ import annotations

import html
from collections.abc import Sequence
from typing import TYPE_CHECKING

from hfcore.ui import chart
from hfcore.ui.palette import Palette

if TYPE_CHECKING:
    import plotly.graph_objects as go

HEIGHT = 280
Point = tuple[float, float]


def build(title: str, xs: Sequence[float], risks: Sequence[float], own: Point, other: Point, colours: Palette) -> go.Figure:
    """Draw the curve, a ring at the patient's own value and a dot at the chosen one."""
    import plotly.graph_objects as go

    name = html.escape(title, quote=False)
    figure = go.Figure()
    hover = f"{name} %{{x:,.6g}}: risk %{{y:.0%}}<extra></extra>"
    figure.add_scatter(x=list(xs), y=list(risks), mode="lines", line={"color": colours.accent, "width": 2}, hovertemplate=hover)
    ring = {"color": colours.surface, "size": 11, "line": {"color": colours.ink, "width": 2}}
    figure.add_scatter(x=[own[0]], y=[own[1]], mode="markers", marker=ring, hovertemplate=f"in the form: {hover}")
    if other != own:
        dot = {"color": colours.accent, "size": 11}
        figure.add_scatter(x=[other[0]], y=[other[1]], mode="markers", marker=dot, hovertemplate=hover)
    chart.layout(figure, colours, name, "Risk", HEIGHT)
    figure.update_yaxes(chart.share_axis(0, max(0.25, min(1.0, 1.15 * max(risks)))))
    return figure
