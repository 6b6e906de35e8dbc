"""What a model looks at: for each variable the AUC that is lost without it, with its interval."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from hfcore.reporting.report import Importance
from hfcore.ui import chart
from hfcore.ui.palette import Palette

if TYPE_CHECKING:
    import plotly.graph_objects as go

ROW_HEIGHT = 26


def build(importance: Sequence[Importance], titles: Mapping[str, str], colours: Palette) -> go.Figure:
    """Draw one bar per variable, the largest on top; those whose interval holds 0 are grey."""
    import plotly.graph_objects as go

    figure = go.Figure()
    losses = [i.loss for i in importance]
    lows = [loss.value if loss.low is None else loss.low for loss in losses]
    highs = [loss.value if loss.high is None else loss.high for loss in losses]
    figure.add_bar(
        y=[html.escape(titles.get(i.feature, i.feature), quote=False) for i in importance],
        x=[loss.value for loss in losses],
        orientation="h",
        width=0.6,
        marker={"color": [colours.accent if low > 0 else chart.faint(colours.muted, 0.55) for low in lows]},
        error_x={
            "array": [high - loss.value for high, loss in zip(highs, losses, strict=True)],
            "arrayminus": [loss.value - low for low, loss in zip(lows, losses, strict=True)],
            "thickness": 1.2,
            "width": 4,
            "color": colours.ink,
        },
        customdata=list(zip(lows, highs, strict=True)),
        hovertemplate="%{y}: AUC falls by %{x:.3f}<br>(95 % %{customdata[0]:.3f} to %{customdata[1]:.3f})<extra></extra>",
    )
    chart.layout(figure, colours, "AUC lost when it is shuffled", "", ROW_HEIGHT * len(importance) + 70)
    figure.update_xaxes(zeroline=True, zerolinecolor=colours.muted, zerolinewidth=1)
    figure.update_yaxes(autorange="reversed", showgrid=False, ticks="", showline=False, ticklabelstandoff=6)
    return figure
