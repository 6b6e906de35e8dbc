"""Two variables against each other: every patient a dot in the colour of the outcome."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

import numpy as np

from hfcore.datasets.schema import Column
from hfcore.ui import chart
from hfcore.ui.palette import Palette

if TYPE_CHECKING:
    import pandas as pd
    import plotly.graph_objects as go

HEIGHT = 400
SYMBOLS = ("circle-open", "circle")


def build(groups: dict[str, pd.DataFrame], across: Column, up: Column, colours: Palette) -> go.Figure:
    """Draw the groups; yes/no values are spread a little so that dots do not hide each other."""
    import plotly.graph_objects as go

    figure = go.Figure()
    shades = (colours.survived, colours.died) if len(groups) == 2 else (colours.accent,) * len(groups)
    for (outcome, rows), colour, symbol in zip(groups.items(), shades, SYMBOLS * len(groups), strict=False):
        name = html.escape(outcome, quote=False)
        figure.add_scatter(
            x=_spread(rows[across.name], _names(across, groups), 0),
            y=_spread(rows[up.name], _names(up, groups), 1),
            mode="markers",
            name=name,
            marker={"color": colour, "size": 7, "symbol": symbol, "opacity": 0.8},
            customdata=np.stack([_written(rows[c.name], c) for c in (across, up)], axis=-1).tolist(),
            hovertemplate=f"{_name(across)} %{{customdata[0]}},<br>{_name(up)} %{{customdata[1]}}: {name}<extra></extra>",
        )
    chart.layout(figure, colours, axis_title(across), axis_title(up), HEIGHT)
    figure.update_layout(showlegend=len(groups) > 1, legend={"orientation": "h", "x": 1, "xanchor": "right", "y": 1.08})
    for column, update in ((across, figure.update_xaxes), (up, figure.update_yaxes)):
        names = _names(column, groups)
        if names:
            texts = [html.escape(n, quote=False) for n in names]
            update(tickvals=list(range(len(names))), ticktext=texts, range=[-0.5, len(names) - 0.5], showgrid=False)
    return figure


def _names(column: Column, groups: dict[str, pd.DataFrame]) -> list[str]:
    """Return the values of a column of yes/no or text in the order of the axis; none for a number."""
    if column.kind == "boolean":
        return list(column.choices or ("no", "yes"))
    if column.kind != "category":
        return []
    return sorted({str(v) for rows in groups.values() for v in rows[column.name]})


def _spread(values: pd.Series, names: list[str], seed: int) -> list[float]:
    """Return the places on an axis: numbers where they are, anything else around the place of its name."""
    if not names:
        return [float(n) for n in values.to_numpy(dtype="float64", na_value=np.nan)]
    place = {name: i for i, name in enumerate(names)}
    middle = [float(v) if values.dtype.kind in "biuf" else float(place[str(v)]) for v in values]
    return [float(n) for n in middle + np.random.default_rng(seed).uniform(-0.28, 0.28, len(middle))]


def _written(values: pd.Series, column: Column) -> list[str]:
    if column.kind == "boolean":
        no, yes = column.choices or ("no", "yes")
        return [yes if v else no for v in values]
    if column.kind == "category":
        return [html.escape(str(v), quote=False) for v in values]
    return [f"{v:,.10g} {column.unit}".strip() for v in values]


def _name(column: Column) -> str:
    return html.escape(column.title, quote=False)


def axis_title(column: Column) -> str:
    """Write a column's title with its unit, safe for a figure."""
    return f"{_name(column)}, {html.escape(column.unit, quote=False)}" if column.unit else _name(column)
