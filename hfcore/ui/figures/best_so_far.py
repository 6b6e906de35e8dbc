"""The search as a step chart: every child run's score in the order they ended, and the best so far."""

from __future__ import annotations

import html
import math
from collections.abc import Sequence
from itertools import accumulate
from typing import TYPE_CHECKING

from hfcore.records import ChildRun
from hfcore.ui import chart
from hfcore.ui.palette import Palette
from hfcore.ui.words import metric

if TYPE_CHECKING:
    import plotly.graph_objects as go

HEIGHT = 260
_MIN_SPAN = 0.02
_LEAST = 6


def scored(children: Sequence[ChildRun]) -> list[ChildRun]:
    """Return the child runs that have a score, in the order they ended."""
    done = [c for c in children if c.score is not None and math.isfinite(c.score)]
    return sorted(done, key=lambda c: (c.ended_at.timestamp() if c.ended_at else 0.0, c.number))


def build(children: Sequence[ChildRun], metric_name: str, planned: int | None, colours: Palette) -> go.Figure:
    """Draw a point per child run and the best so far as a line; empty axes while nothing has ended."""
    import plotly.graph_objects as go

    done = scored(children)
    scores = [float(c.score or 0.0) for c in done]
    best = list(accumulate(scores, max))
    order = list(range(1, len(done) + 1))
    dots = [colours.accent if s == b else colours.muted for s, b in zip(scores, best, strict=True)]
    hover = f"Child run %{{customdata[1]}}, %{{customdata[0]}}:<br>{html.escape(metric_name)} %{{y:.3f}}<extra></extra>"
    figure = go.Figure()
    figure.add_scatter(x=order, y=best, mode="lines", line={"color": colours.accent, "width": 2, "shape": "hv"}, hoverinfo="skip")
    figure.add_scatter(
        x=order,
        y=scores,
        mode="markers",
        marker={"color": dots, "size": 7},
        customdata=[[html.escape(c.algorithm, quote=False), c.number] for c in done],
        hovertemplate=hover,
    )
    chart.layout(figure, colours, "Child runs done", metric_name, HEIGHT)
    figure.update_xaxes(range=[0.5, max(planned or 0, len(done), _LEAST) + 0.5], tickformat="d")
    figure.update_yaxes(range=_span(scores), tickformat=".3f", nticks=6)
    if best:
        _label(figure, order[-1], best[-1], colours)
    return figure


def _span(scores: Sequence[float]) -> list[float]:
    """Return the range of the score axis: what was scored with some air, not squeezed by one hopeless child run."""
    if not scores:
        return [0.5, 1.0]
    high, ordered = max(scores), sorted(scores)
    low = ordered[len(ordered) // 10]
    air = max(0.15 * (high - low), _MIN_SPAN)
    return [low - air, high + 1.5 * air]


def _label(figure: go.Figure, x: int, best: float, colours: Palette) -> None:
    """Write the best score above the end of the line."""
    figure.add_annotation(
        x=x,
        y=best,
        text=f"best so far {metric(best)}",
        showarrow=False,
        font={"color": colours.accent, "size": 13},
        xanchor="right" if x > 2 else "left",
        yanchor="bottom",
    )
