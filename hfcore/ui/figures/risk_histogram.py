"""How the risks of a table are spread, with the model's cut."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from hfcore.ui import chart
from hfcore.ui.palette import Palette

if TYPE_CHECKING:
    import plotly.graph_objects as go

HEIGHT = 260
BARS = 20


def build(risks: Sequence[float], cut: float | None, colours: Palette) -> go.Figure:
    """Draw counts in bars of 5 percentage points; however many rows, twenty bars are sent to the browser; `cut` has a line."""
    import numpy as np
    import plotly.graph_objects as go

    counts, edges = np.histogram(np.asarray(risks), bins=BARS, range=(0, 1))
    figure = go.Figure()
    figure.add_bar(
        x=((edges[:-1] + edges[1:]) / 2).tolist(),
        y=counts.tolist(),
        width=0.9 / BARS,
        marker={"color": colours.accent},
        customdata=list(zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True)),
        hovertemplate="%{y:,} rows with %{customdata[0]:.0%} to %{customdata[1]:.0%}<extra></extra>",
    )
    chart.layout(figure, colours, "Risk", "Rows", HEIGHT)
    figure.update_xaxes(chart.share_axis())
    if cut is None:
        return figure
    figure.add_vline(x=cut, line={"color": colours.ink, "width": 1.5, "dash": "dot"})
    chart.label(figure, cut, 1.08 * max(int(counts.max()), 1), " the model's cut ", colours.ink, "left" if cut < 0.7 else "right")
    return figure
