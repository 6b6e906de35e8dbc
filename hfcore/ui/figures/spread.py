"""How one variable is spread among those who died and those who survived: every patient a dot, with quartiles."""

from __future__ import annotations

import html
import math
from typing import TYPE_CHECKING

from hfcore.datasets.profile import ColumnProfile
from hfcore.ui import chart
from hfcore.ui.palette import Palette
from hfcore.ui.words import percent

if TYPE_CHECKING:
    import pandas as pd
    import plotly.graph_objects as go

HEIGHT = 130
SKEWED = 6.0
MOST_VALUES = 8
MOST_LETTERS = 24


def numbers(profile: ColumnProfile, values: dict[str, pd.Series], colours: Palette) -> go.Figure:
    """Draw one row of dots with its quartile box per outcome; a logarithmic axis when a few values are far out."""
    import plotly.graph_objects as go

    figure = go.Figure()
    unit = html.escape(profile.column.unit, quote=False)
    for outcome, colour in zip(values, _colours(values, colours), strict=True):
        name = html.escape(outcome, quote=False)
        figure.add_box(
            x=values[outcome].tolist(),
            y=[name] * len(values[outcome]),
            orientation="h",
            boxpoints="all",
            pointpos=0,
            jitter=0.7,
            marker={"color": chart.faint(colour, 0.45), "size": 4},
            line={"color": colour, "width": 1.5},
            fillcolor="rgba(0,0,0,0)",
            hoveron="points",
            hovertemplate=f"%{{x:,.6g}} {unit}, {name}<extra></extra>",
        )
    _finish(figure, colours)
    if _is_skewed(profile):
        marks = ticks(profile.overall.minimum or 1.0, profile.overall.maximum or 1.0)
        figure.update_xaxes(type="log", tickvals=marks, ticktext=[f"{t:,.6g}" for t in marks])
    return figure


def shares(profile: ColumnProfile, colours: Palette) -> go.Figure:
    """Draw the share of "yes" among each outcome as a bar."""
    import plotly.graph_objects as go

    figure = go.Figure()
    outcomes = profile.by_outcome
    yes = html.escape((profile.column.choices or ("no", "yes"))[1], quote=False)
    for outcome, colour in zip(outcomes, _colours(outcomes, colours), strict=True):
        share = outcomes[outcome].share_yes or 0.0
        name = html.escape(outcome, quote=False)
        figure.add_bar(
            x=[share],
            y=[name],
            orientation="h",
            width=0.5,
            marker={"color": colour},
            text=[f"{percent(share)} {yes}"],
            textposition="outside",
            cliponaxis=False,
            textfont={"color": colours.ink},
            hovertemplate=f"{share:.0%} of {outcomes[outcome].count} who {name}<extra></extra>",
        )
    _finish(figure, colours)
    figure.update_xaxes(chart.share_axis(0, 1.15))
    return figure


def values(profile: ColumnProfile, colours: Palette) -> go.Figure:
    """Draw the share of each value of a text column among each outcome, the most frequent values first, side by side."""
    import plotly.graph_objects as go

    figure = go.Figure()
    names = [html.escape(_short(name), quote=False) for name in profile.histogram.names[:MOST_VALUES]]
    counts = profile.histogram.counts
    for outcome, colour in zip(counts, _colours(counts, colours), strict=True):
        summary = profile.by_outcome.get(outcome, profile.overall)
        name = html.escape(outcome, quote=False)
        figure.add_bar(
            x=[n / max(summary.count, 1) for n in counts[outcome][:MOST_VALUES]],
            y=names,
            orientation="h",
            marker={"color": colour},
            hovertemplate=f"%{{x:.0%}} of {summary.count} {name}: %{{y}}<extra></extra>",
        )
    _finish(figure, colours)
    figure.update_layout(height=max(HEIGHT, 30 + 30 * len(names)), bargap=0.25)
    figure.update_xaxes(tickformat=".0%")
    figure.update_yaxes(autorange="reversed", type="category")
    return figure


def _short(name: str) -> str:
    return name if len(name) <= MOST_LETTERS else f"{name[: MOST_LETTERS - 1]}…"


def _finish(figure: go.Figure, colours: Palette) -> None:
    chart.layout(figure, colours, "", "", HEIGHT)
    figure.update_yaxes(showgrid=False, ticks="", showline=False, ticklabelstandoff=8)
    figure.update_layout(margin={"t": 4, "b": 4}, hoverdistance=10)


def _colours(outcomes: object, colours: Palette) -> tuple[str, ...]:
    names = list(outcomes)  # type: ignore[call-overload]
    return (colours.survived, colours.died) if len(names) == 2 else (colours.accent,) * len(names)


def _is_skewed(profile: ColumnProfile) -> bool:
    s = profile.overall
    return bool(s.minimum and s.median and s.maximum and s.minimum > 0 and s.maximum / s.median > SKEWED)


def ticks(low: float, high: float) -> list[float]:
    """Return round numbers for a logarithmic axis: 1-2-5 per power of ten, or 1-3 where there are many powers."""
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    steps = (1, 2, 5) if math.log10(high / low) < 1.5 else (1, 3)
    return [t for t in (s * 10.0**p for p in powers for s in steps) if low * 0.8 <= t <= high * 1.2]
