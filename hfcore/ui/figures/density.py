"""Two variables against each other for more patients than dots can show: how many patients there are in each field."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from hfcore.datasets.columns import numbers
from hfcore.datasets.schema import Column
from hfcore.ui import chart
from hfcore.ui.figures.pair import HEIGHT, axis_title
from hfcore.ui.palette import Palette

if TYPE_CHECKING:
    import pandas as pd
    import plotly.graph_objects as go

FIELDS = 40
OUTER = 0.001


def build(rows: pd.DataFrame, across: Column, up: Column, colours: Palette) -> go.Figure:
    """Draw at most 40 x 40 fields; what lies beyond the outermost thousandth of a number is counted in the outermost field."""
    import plotly.graph_objects as go

    (x, x_edges, x_names), (y, y_edges, y_names) = (_placed(rows[c.name], c) for c in (across, up))
    counts = np.histogram2d(y, x, bins=(y_edges, x_edges))[0]
    figure = go.Figure()
    figure.add_heatmap(
        z=np.where(counts > 0, np.log10(np.maximum(counts, 1)), np.nan).tolist(),
        x=_middles(x_edges),
        y=_middles(y_edges),
        text=[[f"{int(n):,}" for n in line] for line in counts],
        colorscale=[[0, chart.faint(colours.accent, 0.15)], [1, colours.accent]],
        showscale=False,
        hoverongaps=False,
        hovertemplate="%{text} patients around %{x:,.4g}, %{y:,.4g}<extra></extra>",
    )
    chart.layout(figure, colours, axis_title(across), axis_title(up), HEIGHT)
    for names, update in ((x_names, figure.update_xaxes), (y_names, figure.update_yaxes)):
        if names:
            update(tickvals=list(range(len(names))), ticktext=[html.escape(n, quote=False) for n in names], showgrid=False)
    return figure


def _placed(values: pd.Series, column: Column) -> tuple[npt.NDArray[np.float64], npt.NDArray[Any], list[str]]:
    """Return the values' places on the axis, the edges of its fields, and the names of the fields if they have any."""
    if column.kind == "category" or values.dtype.kind not in "biuf":
        codes, found = values.factorize(sort=True)
        return codes.astype(np.float64), np.arange(len(found) + 1) - 0.5, [str(v) for v in found]
    figures = numbers(values)
    if column.kind == "boolean":
        return figures, np.array([-0.5, 0.5, 1.5]), list(column.choices or ("no", "yes"))
    low, high = (float(q) for q in np.quantile(figures, (OUTER, 1 - OUTER)))
    if low == high:
        low, high = low - 0.5, high + 0.5
    return np.clip(figures, low, high), np.linspace(low, high, FIELDS + 1), []


def _middles(edges: npt.NDArray[Any]) -> list[float]:
    return [float(m) for m in (edges[1:] + edges[:-1]) / 2]
