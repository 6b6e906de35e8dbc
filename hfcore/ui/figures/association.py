"""Which variables go together: how strongly, for every pair, as a matrix whose cells can be clicked."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

from hfcore.datasets.association import Associations
from hfcore.datasets.schema import Schema
from hfcore.ui import chart
from hfcore.ui.palette import Palette

if TYPE_CHECKING:
    import plotly.graph_objects as go

HEIGHT = 460


def build(found: Associations, schema: Schema, colours: Palette) -> go.Figure:
    """Draw the matrix; purple runs against each other, green rises together, the diagonal is left empty."""
    import plotly.graph_objects as go

    titles = [html.escape(_title(schema, name), quote=False) for name in found.names]
    values = [[None if i == j else v for j, v in enumerate(row)] for i, row in enumerate(found.values)]
    figure = go.Figure()
    figure.add_heatmap(
        z=values,
        x=titles,
        y=titles,
        zmin=-0.6,
        zmax=0.6,
        colorscale=[[0, colours.negative], [0.5, colours.surface], [1, colours.positive]],
        xgap=1,
        ygap=1,
        hoverinfo="skip",
        colorbar={"thickness": 10, "outlinewidth": 0, "tickvals": [-0.6, -0.3, 0, 0.3, 0.6], "ticktext": _TICKS},
    )
    _places_to_click(figure, found, titles)
    chart.layout(figure, colours, "", "", HEIGHT)
    figure.update_xaxes(showgrid=False, tickangle=-45, ticks="", showline=False)
    figure.update_yaxes(showgrid=False, autorange="reversed", ticks="", showline=False)
    return figure


def _places_to_click(figure: go.Figure, found: Associations, titles: list[str]) -> None:
    """Lay an unseen dot on each cell, because plotly lets people click dots only; it also says what the cell holds."""
    size = len(titles)
    cells = [(i, j) for i in range(size) for j in range(size) if i != j]
    unseen = {"marker": {"opacity": 0}}
    figure.add_scatter(
        x=[titles[j] for _, j in cells],
        y=[titles[i] for i, _ in cells],
        mode="markers",
        marker={"symbol": "square", "size": max(8, 320 // size), "opacity": 0},
        selected=unseen,
        unselected=unseen,
        customdata=[[found.names[j], found.names[i]] for i, j in cells],
        text=[_sentence(found, titles, i, j) for i, j in cells],
        hovertemplate="%{text}<extra></extra>",
    )


def _sentence(found: Associations, titles: list[str], i: int, j: int) -> str:
    value, measure = found.values[i][j], found.measures[i][j]
    strength = "one of them does not vary" if value is None else f"{measure} {value:.2f}".replace("-", "−")
    return f"{titles[i]} and {titles[j]}:<br>{strength}"


_TICKS = ["−0.6 or less", "−0.3", "0", "0.3", "0.6 or more"]


def _title(schema: Schema, name: str) -> str:
    return schema[name].title if name in schema else name
