"""Hazard ratios as a forest: one line per term with its 95 % interval, against the line of no difference."""

from __future__ import annotations

import html
import math
from typing import TYPE_CHECKING

from hfcore.datasets.cox_model import CoxModel, HazardRatio
from hfcore.datasets.schema import Schema
from hfcore.ui import chart
from hfcore.ui.palette import Palette

if TYPE_CHECKING:
    import plotly.graph_objects as go

LINE = 30
CLEAR = 0.05
TICKS = (0.1, 0.2, 0.3, 0.5, 0.7, 1, 1.5, 2, 3, 5, 10)
WIDEST = 20.0


def build(model: CoxModel, schema: Schema, colours: Palette) -> go.Figure:
    """Draw the terms in their order; those that chance may explain are grey."""
    import plotly.graph_objects as go

    terms = model.terms
    names = [_label(t, schema) for t in terms]
    figure = go.Figure()
    for clear, colour in ((True, colours.accent), (False, colours.muted)):
        drawn = [(name, t) for name, t in zip(names, terms, strict=True) if (t.p < CLEAR) == clear]
        figure.add_scatter(
            x=[t.ratio for _, t in drawn],
            y=[name for name, _ in drawn],
            mode="markers",
            marker={"color": colour, "size": 9, "symbol": "square"},
            error_x={
                "array": [min(t.high, WIDEST * t.ratio) - t.ratio for _, t in drawn],
                "arrayminus": [t.ratio - max(t.low, t.ratio / WIDEST) for _, t in drawn],
                "thickness": 1.5,
                "width": 0,
                "color": colour,
            },
            hovertext=[_sentence(name, t) for name, t in drawn],
            hovertemplate="%{hovertext}<extra></extra>",
        )
    chart.layout(figure, colours, "Hazard ratio (logarithmic)", "", 90 + LINE * len(terms))
    _axes(figure, names, terms, colours)
    for name, term in zip(names, terms, strict=True):
        _figures(figure, name, term, colours)
    return figure


def _axes(figure: go.Figure, names: list[str], terms: tuple[HazardRatio, ...], colours: Palette) -> None:
    low = min(1 / 1.5, *(max(t.low, t.ratio / WIDEST) for t in terms))
    high = max(1.5, *(min(t.high, WIDEST * t.ratio) for t in terms))
    span = [math.log10(low) - 0.03, math.log10(high) + 0.03]
    ticks = [t for t in TICKS if low <= t <= high]
    figure.update_xaxes(type="log", range=span, tickvals=ticks, ticktext=[f"{t:g}" for t in ticks], domain=[0, 0.78])
    figure.update_yaxes(
        categoryorder="array", categoryarray=names, autorange="reversed", showgrid=False, ticks="", ticklabelstandoff=8
    )
    figure.add_vline(x=1, line={"color": colours.muted, "width": 1, "dash": "dot"})


def _figures(figure: go.Figure, name: str, term: HazardRatio, colours: Palette) -> None:
    """Write ratio and interval at the right of a line."""
    figure.add_annotation(
        x=1,
        xref="paper",
        y=name,
        text=f"{_number(term.ratio)} ({_number(term.low)} to {_number(term.high)})",
        showarrow=False,
        xanchor="right",
        font={"size": 12, "color": colours.ink if term.p < CLEAR else colours.muted},
    )


def _number(ratio: float) -> str:
    return f"{ratio:.2f}" if ratio < 100 else "over 100"


def _label(term: HazardRatio, schema: Schema) -> str:
    contrast = "" if term.contrast == "yes against no" else f", {term.contrast}"
    return html.escape(f"{schema[term.column].title}{contrast}", quote=False)


def _sentence(name: str, term: HazardRatio) -> str:
    p = "below 0.001" if term.p < 0.001 else f"{term.p:.3f}"
    return f"{name}:<br>hazard ratio {_number(term.ratio)} (95 % {_number(term.low)} to {_number(term.high)}), p {p}"
