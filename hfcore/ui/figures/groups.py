"""Subgroups side by side: the AUC of each with its interval, against that of all patients."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

from hfcore.reporting.report import ModelReport, Subgroup
from hfcore.ui import chart
from hfcore.ui.outcome import Outcome
from hfcore.ui.palette import Palette
from hfcore.ui.words import metric

if TYPE_CHECKING:
    import plotly.graph_objects as go

_ROW, _MARGIN = 26, 70


def build(report: ModelReport, outcome: Outcome, colours: Palette) -> go.Figure:
    """Draw a dot and an interval for each group, hollow and grey where it is too small to judge."""
    import plotly.graph_objects as go

    outcome = outcome.for_figure()
    groups = [g for g in report.subgroups if g.auc is not None]
    figure = go.Figure()
    everybody = report.roc.area if report.roc.x else None
    if everybody is not None:
        chart.reference(figure, colours, (everybody,) * 2, (-0.5, len(groups) - 0.5))
    for few in (False, True):
        rows = [(i, g) for i, g in enumerate(groups) if g.few is few]
        _dots(figure, rows, outcome, colours.muted if few else colours.accent, "circle-open" if few else "circle")
    chart.layout(figure, colours, "AUC", "", _MARGIN + _ROW * (len(groups) + 1))
    figure.update_xaxes(range=[0.28, 1.02], tickformat=".1f", nticks=8)
    names = [html.escape(f"{g.variable}: {g.name}", quote=False) for g in groups]
    figure.update_yaxes(
        tickvals=list(range(len(groups))),
        ticktext=names,
        range=[len(groups) - 0.5, -1.3],
        showgrid=False,
        ticks="",
        showline=False,
        ticklabelstandoff=8,
    )
    if everybody is not None:
        text = f"dotted: all patients, {metric(everybody)}"
        chart.label(figure, 1.02, -0.9, text, colours.muted, "right")
    return figure


def _dots(figure: go.Figure, rows: list[tuple[int, Subgroup]], outcome: Outcome, colour: str, symbol: str) -> None:
    found = [(i, g, g.auc) for i, g in rows if g.auc is not None]
    figure.add_scatter(
        x=[a.value for _, _, a in found],
        y=[i for i, _, _ in found],
        error_x={
            "array": [(a.high or a.value) - a.value for _, _, a in found],
            "arrayminus": [a.value - (a.low or a.value) for _, _, a in found],
            "thickness": 1.4,
            "width": 0,
            "color": colour,
        },
        mode="markers",
        marker={"color": colour, "size": 9, "symbol": symbol},
        customdata=[(g.rows, g.events, a.low, a.high) for _, g, a in found],
        hovertemplate=(
            f"%{{customdata[0]}} patients, %{{customdata[1]}} {outcome.did}: AUC %{{x:.3f}}"
            "<br>(95 % %{customdata[2]:.3f} to %{customdata[3]:.3f})<extra></extra>"
        ),
    )
