"""From the average risk to one patient's, bar by bar."""

from __future__ import annotations

import html
from collections.abc import Sequence
from itertools import accumulate
from typing import TYPE_CHECKING, NamedTuple

from hfcore.ui import chart
from hfcore.ui.palette import Palette

if TYPE_CHECKING:
    import plotly.graph_objects as go

ROW_HEIGHT = 30


class Step(NamedTuple):
    """One bar: what it is, and what it adds to the risk as a difference in probability."""

    name: str
    amount: float


def build(base: float, steps: Sequence[Step], colours: Palette) -> go.Figure:
    """Draw a bar per step, each beginning where the one above it ends; raising and lowering differ in colour and sign."""
    import plotly.graph_objects as go

    starts = list(accumulate((s.amount for s in steps), initial=base))
    names = [f"{_capital(s.name)}" for s in steps]
    figure = go.Figure()
    figure.add_bar(
        y=names,
        x=[s.amount for s in steps],
        base=starts[:-1],
        orientation="h",
        width=0.62,
        marker={"color": [colours.died if s.amount > 0 else colours.survived for s in steps]},
        text=[_points(s.amount) for s in steps],
        textposition="outside",
        textfont={"color": colours.ink},
        cliponaxis=False,
        hovertemplate="%{y}: %{text} percentage points<extra></extra>",
    )
    chart.layout(figure, colours, "Risk", "", ROW_HEIGHT * (len(steps) + 3))
    low, high = min(starts), max(starts)
    room = max(0.18 * (high - low), 0.03)
    figure.update_xaxes(range=[max(low - room, -0.05), high + room], tickformat=".0%")
    figure.update_yaxes(autorange="reversed", showgrid=False)
    ends = sorted(((base, "average"), (starts[-1], "this patient")))
    for (value, word), anchor in zip(ends, ("right", "left"), strict=True):
        figure.add_vline(x=value, line={"color": colours.muted, "width": 1, "dash": "dot"})
        font = {"color": colours.muted, "size": 12}
        place = {"yref": "paper", "y": 1.0, "yanchor": "bottom", "xanchor": anchor}
        figure.add_annotation(x=value, text=f" {word} {100 * value:.0f} % ", showarrow=False, font=font, **place)
    figure.update_layout(margin={"t": 34, "b": 8})
    return figure


def _capital(name: str) -> str:
    return html.escape(name[:1].upper() + name[1:], quote=False)


def _points(amount: float) -> str:
    """Write a difference in percentage points with its sign: +4.2."""
    return f"{100 * amount:+.1f}".replace("-", "−")
