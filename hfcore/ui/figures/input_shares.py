"""How one variable is spread among the rows that were scored and among the training patients, bin by bin."""

from __future__ import annotations

import html
from itertools import pairwise
from typing import TYPE_CHECKING

from hfcore.datasets.schema import Column
from hfcore.scoring.drift import Drift
from hfcore.ui import chart
from hfcore.ui.palette import Palette

if TYPE_CHECKING:
    import plotly.graph_objects as go

HEIGHT = 260


def build(drift: Drift, column: Column | None, colours: Palette) -> go.Figure:
    """Draw two bars per bin: the share of the training patients and of the scored rows."""
    import plotly.graph_objects as go

    names = bin_names(drift, column)
    figure = go.Figure()
    for word, counts, colour in (
        ("training patients", drift.training, colours.muted),
        ("scored rows", drift.live, colours.accent),
    ):
        total = max(sum(counts), 1)
        figure.add_bar(
            x=names,
            y=[c / total for c in counts],
            name=word,
            marker={"color": colour},
            customdata=list(counts),
            hovertemplate=f"%{{x}}: %{{customdata}} {word}, %{{y:.0%}}<extra></extra>",
        )
    chart.layout(figure, colours, "", "Share", HEIGHT)
    figure.update_layout(barmode="group", bargap=0.25, showlegend=True, legend={"orientation": "h", "y": 1.15, "x": 0})
    figure.update_yaxes(tickformat=".0%", rangemode="tozero")
    figure.update_xaxes(type="category")
    return figure


def bin_names(drift: Drift, column: Column | None) -> list[str]:
    """Write what each bin holds: no and yes, texts, or from where to where."""
    if column is not None and column.kind == "boolean" and len(drift.edges) == 1:
        return [html.escape(word, quote=False) for word in column.choices or ("no", "yes")]
    if column is not None and column.kind == "category" and len(column.levels) == len(drift.edges):
        return ["missing", *(html.escape(level, quote=False) for level in column.levels)]
    edges = [f"{e:,.6g}" for e in drift.edges]
    if not edges:
        return ["all"]
    between = [f"{low} to {high}" for low, high in pairwise(edges)]
    return [f"below {edges[0]}", *between, f"{edges[-1]} and above"]
