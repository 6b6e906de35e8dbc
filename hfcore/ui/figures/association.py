"""Which variables rise and fall together: Spearman's correlation of every pair as a matrix."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

from hfcore.datasets.profile import Correlation
from hfcore.datasets.schema import Schema
from hfcore.ui import chart
from hfcore.ui.palette import Palette

if TYPE_CHECKING:
    import plotly.graph_objects as go

HEIGHT = 460


def build(correlation: Correlation, schema: Schema, colours: Palette) -> go.Figure:
    """Draw the matrix; purple falls together, green rises together, the diagonal is left empty."""
    import plotly.graph_objects as go

    titles = [html.escape(_title(schema, name), quote=False) for name in correlation.names]
    values = [[None if i == j else v for j, v in enumerate(row)] for i, row in enumerate(correlation.values)]
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
        hoverongaps=False,
        hovertemplate="%{y} and %{x}: %{z:.2f}<extra></extra>",
        colorbar={"thickness": 10, "outlinewidth": 0, "tickvals": [-0.6, -0.3, 0, 0.3, 0.6], "ticktext": _TICKS},
    )
    chart.layout(figure, colours, "", "", HEIGHT)
    figure.update_xaxes(showgrid=False, tickangle=-45, ticks="", showline=False)
    figure.update_yaxes(showgrid=False, autorange="reversed", ticks="", showline=False)
    return figure


_TICKS = ["−0.6 or less", "−0.3", "0", "0.3", "0.6 or more"]


def _title(schema: Schema, name: str) -> str:
    return schema[name].title if name in schema else name
