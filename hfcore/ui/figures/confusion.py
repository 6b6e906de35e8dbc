"""The confusion matrix as two bars: those who died and those who survived, split by what the model says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hfcore.reporting.report import ThresholdCounts
from hfcore.ui import chart
from hfcore.ui.outcome import Outcome
from hfcore.ui.palette import Palette

if TYPE_CHECKING:
    import plotly.graph_objects as go

HEIGHT = 190


def build(counts: ThresholdCounts, outcome: Outcome, colours: Palette) -> go.Figure:
    """Draw found and missed, cleared and flagged, each as long as its number of patients."""
    import plotly.graph_objects as go

    outcome = outcome.for_figure()
    rows = [f"{outcome.event}", f"{outcome.other}"]
    whose = [outcome.who_event, outcome.who_other]
    parts = (
        (0, counts.true_positive, "found", colours.died, True),
        (0, counts.false_negative, "missed", colours.died, False),
        (1, counts.false_positive, "flagged", colours.survived, False),
        (1, counts.true_negative, "cleared", colours.survived, True),
    )
    figure = go.Figure()
    for row, number, verdict, colour, right in parts:
        figure.add_bar(
            y=[rows[row]],
            x=[number],
            orientation="h",
            width=0.62,
            marker={"color": colour if right else chart.faint(colour, 0.22), "line": {"color": colour, "width": 1}},
            text=[f"<b>{number}</b> {verdict}" if number else ""],
            textposition="inside",
            insidetextanchor="middle",
            textangle=0,
            constraintext="none",
            textfont={"size": 14, "color": colours.surface if right else colours.ink},
            hovertemplate=f"Of those {whose[row]}, {number} {verdict}<extra></extra>",
        )
    chart.layout(figure, colours, "Patients", "", HEIGHT)
    figure.update_layout(barmode="stack")
    figure.update_yaxes(autorange="reversed", showgrid=False, ticks="", ticklabelstandoff=8)
    return figure
