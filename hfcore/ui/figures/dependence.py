"""How the risk goes with one variable: the mean over patients, and single patients as thin lines."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

from hfcore.datasets.schema import Column
from hfcore.reporting.report import Dependence
from hfcore.ui import chart
from hfcore.ui.figures.spread import SKEWED, ticks
from hfcore.ui.palette import Palette
from hfcore.ui.words import percent

if TYPE_CHECKING:
    import plotly.graph_objects as go


def build(curve: Dependence, column: Column, risk: str, colours: Palette) -> go.Figure:
    """Draw the lines, the mean over them, and a mark at each value that was tried."""
    import plotly.graph_objects as go

    places = [float(i) for i in range(len(curve.grid))] if curve.shares else [float(v) for v in curve.grid]
    figure = go.Figure()
    figure.add_scatter(
        x=[x for _ in curve.lines for x in (*places, None)],
        y=[y for line in curve.lines for y in (*line, None)],
        mode="lines",
        line={"color": chart.faint(colours.muted, 0.4), "width": 1},
        hoverinfo="skip",
    )
    name = html.escape(column.title, quote=False)
    unit = f" {html.escape(column.unit, quote=False)}" if column.unit else ""
    figure.add_scatter(
        x=places,
        y=curve.mean,
        mode="lines+markers" if curve.shares else "lines",
        line={"color": colours.accent, "width": 3},
        marker={"color": colours.accent, "size": 10},
        customdata=[_named(value, column) for value in curve.grid],
        hovertemplate=f"{name} %{{customdata}}{unit}: mean risk %{{y:.0%}}<extra></extra>",
    )
    title = f"{name} ({html.escape(column.unit, quote=False)})" if column.unit else name
    chart.layout(figure, colours, title, risk)
    figure.update_yaxes(chart.share_axis())
    _axis(figure, curve, column, colours)
    return figure


def is_skewed(curve: Dependence) -> bool:
    """Tell whether the values are drawn on a logarithmic axis: a few of them lie far out."""
    if curve.shares or isinstance(curve.grid[0], str):
        return False
    low, middle, high = (float(curve.grid[i]) for i in (0, len(curve.grid) // 2, -1))
    return low > 0 and high / middle > SKEWED / 2


def _axis(figure: go.Figure, curve: Dependence, column: Column, colours: Palette) -> None:
    if curve.shares:
        named = [f"{_named(v, column)}<br>{percent(s)} of all" for v, s in zip(curve.grid, curve.shares, strict=True)]
        figure.update_xaxes(tickvals=list(range(len(named))), ticktext=named, range=[-0.4, len(named) - 0.6], showgrid=False)
        return
    rug = {"symbol": "line-ns-open", "size": 8, "color": colours.ink}
    figure.add_scatter(x=list(curve.grid), y=[0.0] * len(curve.grid), mode="markers", marker=rug, hoverinfo="skip")
    if is_skewed(curve):
        marks = ticks(float(curve.grid[0]), float(curve.grid[-1]))
        figure.update_xaxes(type="log", tickvals=marks, ticktext=[f"{t:,.6g}" for t in marks])


def _named(value: float | str, column: Column) -> str:
    """Write a value: the word for a yes/no, else the number."""
    if isinstance(value, str):
        return html.escape(value, quote=False)
    if column.kind == "boolean" and value in (0.0, 1.0):
        return html.escape((column.choices or ("no", "yes"))[int(value)], quote=False)
    return f"{value:,.6g}"
