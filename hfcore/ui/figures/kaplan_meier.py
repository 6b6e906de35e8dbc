"""Kaplan-Meier curves with their 95 % bands, labelled directly, and the numbers at risk underneath."""

from __future__ import annotations

import html
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from hfcore.datasets.survival import SurvivalCurve
from hfcore.ui import chart
from hfcore.ui.palette import Palette

if TYPE_CHECKING:
    import plotly.graph_objects as go

HEIGHT = 460
STEP_DAYS = 50
TITLE = {"font": {"size": 13}, "standoff": 10}


def build(curves: Sequence[SurvivalCurve], colours: Palette) -> go.Figure:
    """Draw one or two curves."""
    from plotly.subplots import make_subplots

    figure = make_subplots(
        rows=2, cols=1, shared_xaxes=True, row_heights=[1 - 0.08 * (len(curves) + 1), 0.08 * (len(curves) + 1)]
    )
    chart.layout(figure, colours, "", "Share alive", HEIGHT)
    shades = (colours.accent, colours.negative)
    for curve, colour, dash in zip(curves, shades, ("solid", "dash"), strict=False):
        _band(figure, curve, colour)
        _line(figure, curve, colour, dash)
    _labels(figure, curves, shades)
    _at_risk(figure, curves, shades, colours)
    figure.update_yaxes(chart.share_axis(0, 1.03), row=1, col=1)
    return figure


def _line(figure: go.Figure, curve: SurvivalCurve, colour: str, dash: str) -> None:
    name = html.escape(curve.name, quote=False)
    figure.add_scatter(
        x=curve.times,
        y=curve.survival,
        mode="lines",
        line={"color": colour, "width": 2, "shape": "hv", "dash": dash},
        hovertemplate=f"{name}: %{{y:.0%}} alive after %{{x:.0f}} days<extra></extra>",
        row=1,
        col=1,
    )


def _band(figure: go.Figure, curve: SurvivalCurve, colour: str) -> None:
    known = [i for i, low in enumerate(curve.low) if not math.isnan(low)]
    times = [curve.times[i] for i in known]
    edge = {"width": 0, "shape": "hv"}
    figure.add_scatter(x=times, y=[curve.low[i] for i in known], mode="lines", line=edge, hoverinfo="skip", row=1, col=1)
    figure.add_scatter(
        x=times,
        y=[curve.high[i] for i in known],
        mode="lines",
        line=edge,
        fill="tonexty",
        fillcolor=chart.faint(colour),
        hoverinfo="skip",
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


def _alive_at(curve: SurvivalCurve, days: float) -> float:
    return [s for t, s in zip(curve.times, curve.survival, strict=True) if t <= days][-1]


def _at_risk(figure: go.Figure, curves: Sequence[SurvivalCurve], shades: Sequence[str], colours: Palette) -> None:
    last = max((c.times[-1] for c in curves), default=0.0)
    moments = [float(d) for d in range(0, int(last) + 1, STEP_DAYS)]
    for line, (curve, colour) in enumerate(zip(curves, shades, strict=False)):
        figure.add_scatter(
            x=moments,
            y=[-line] * len(moments),
            mode="text",
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
