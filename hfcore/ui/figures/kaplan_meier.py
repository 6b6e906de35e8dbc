"""Kaplan-Meier curves with their 95 % bands, labelled directly, and the numbers at risk underneath."""

from __future__ import annotations

import html
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from hfcore.datasets.survival import SurvivalCurve
from hfcore.ui import chart
from hfcore.ui.palette import Palette

if TYPE_CHECKING:
    import plotly.graph_objects as go

HEIGHT = 460
LINE = 36
TICKS = 6
DASHES = ("solid", "dash", "dot", "dashdot", "longdash")
MOST_POINTS = 500
TITLE = {"font": {"size": 13}, "standoff": 10}


def build(curves: Sequence[SurvivalCurve], colours: Palette) -> go.Figure:
    """Draw up to five curves."""
    from plotly.subplots import make_subplots

    height = HEIGHT + LINE * max(0, len(curves) - 2)
    below = LINE * (len(curves) + 1) / height
    figure = make_subplots(rows=2, cols=1, shared_xaxes=True, row_heights=[1 - below, below])
    chart.layout(figure, colours, "", "Share alive", height)
    shades = (colours.accent, colours.negative, colours.positive, colours.died, colours.muted)
    for curve, colour, dash in zip(curves, shades, DASHES, strict=False):
        _band(figure, curve, colour)
        _line(figure, curve, colour, dash)
    if len(curves) <= 2:
        _labels(figure, curves, shades)
    else:
        figure.update_layout(showlegend=True, legend={"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"})
    _at_risk(figure, curves, shades, colours)
    figure.update_yaxes(chart.share_axis(0, 1.03), row=1, col=1)
    return figure


def _line(figure: go.Figure, curve: SurvivalCurve, colour: str, dash: str) -> None:
    name = html.escape(curve.name, quote=False)
    shown = _shown(curve)
    figure.add_scatter(
        x=[curve.times[i] for i in shown],
        y=[curve.survival[i] for i in shown],
        mode="lines",
        name=name,
        line={"color": colour, "width": 2, "shape": "hv", "dash": dash},
        hovertemplate=f"{name}: %{{y:.0%}} alive after %{{x:.0f}} days<extra></extra>",
        row=1,
        col=1,
    )


def _shown(curve: SurvivalCurve) -> list[int]:
    """Return which of the curve's times are drawn: all of them up to 500, else the first after each 500th of the follow-up."""
    if len(curve.times) <= MOST_POINTS:
        return list(range(len(curve.times)))
    places = np.searchsorted(curve.times, np.linspace(0, curve.times[-1], MOST_POINTS))
    return [int(i) for i in np.unique(places)]


def _band(figure: go.Figure, curve: SurvivalCurve, colour: str) -> None:
    known = [i for i in _shown(curve) if not math.isnan(curve.low[i])]
    times = [curve.times[i] for i in known]
    edge = {"width": 0, "shape": "hv"}
    low = [curve.low[i] for i in known]
    figure.add_scatter(x=times, y=low, mode="lines", line=edge, hoverinfo="skip", showlegend=False, row=1, col=1)
    figure.add_scatter(
        x=times,
        y=[curve.high[i] for i in known],
        mode="lines",
        line=edge,
        fill="tonexty",
        fillcolor=chart.faint(colour),
        hoverinfo="skip",
        showlegend=False,
        row=1,
        col=1,
    )


def _labels(figure: go.Figure, curves: Sequence[SurvivalCurve], shades: Sequence[str]) -> None:
    """Write each name at the right end of its line: above the upper one, below the lower one."""
    last = max((c.times[-1] for c in curves), default=0.0)
    highest = max((c.survival[-1] for c in curves), default=0.0)
    for curve, colour in zip(curves, shades, strict=False):
        above = curve.survival[-1] == highest
        at = _alive_at(curve, 0.6 * last) + 0.06 if above else curve.survival[-1] - 0.06
        chart.label(figure, last, min(max(at, 0.04), 0.98), html.escape(curve.name, quote=False), colour, "right", row=1)


def _step(last: float) -> float:
    """Return the distance of ticks: 1, 2 or 5 times a power of ten, so that about six fit."""
    power = 10.0 ** math.floor(math.log10(max(last, 1.0) / TICKS))
    return next((power * m for m in (1, 2, 5, 10) if power * m * TICKS >= last), power * 10)


def _alive_at(curve: SurvivalCurve, days: float) -> float:
    return [s for t, s in zip(curve.times, curve.survival, strict=True) if t <= days][-1]


def _at_risk(figure: go.Figure, curves: Sequence[SurvivalCurve], shades: Sequence[str], colours: Palette) -> None:
    last = max((c.times[-1] for c in curves), default=0.0)
    moments = np.arange(0, last + 1, _step(last)).tolist()
    for line, (curve, colour) in enumerate(zip(curves, shades, strict=False)):
        figure.add_scatter(
            x=moments,
            y=[-line] * len(moments),
            mode="text",
            showlegend=False,
            text=[str(curve.at_risk_after(d)) for d in moments],
            textfont={"color": colour},
            hovertemplate=f"{html.escape(curve.name, quote=False)}: %{{text}} under observation at day %{{x:.0f}}<extra></extra>",
            row=2,
            col=1,
        )
    axis = {"linecolor": colours.muted, "tickcolor": colours.muted, "gridcolor": colours.grid, "zeroline": False}
    across = {**axis, "automargin": True, "tickvals": moments}
    figure.update_xaxes({**across, "range": [-0.03 * last, 1.03 * last], "ticks": ""}, row=1, col=1)
    figure.update_xaxes({**across, "title": {"text": "Days since the start of follow-up", **TITLE}}, row=2, col=1)
    up = {**axis, "automargin": True, "showgrid": False, "tickvals": [], "range": [0.4 - len(curves), 0.6]}
    figure.update_yaxes({**up, "title": {"text": "At risk", **TITLE}}, row=2, col=1)
