"""One way to draw a plotly figure: template, reserved height, how to read it, downloads."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, ParamSpec

import streamlit as st

from hfcore.ui import download
from hfcore.ui.palette import Palette

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import pandas as pd
    import plotly.graph_objects as go

    Table = pd.DataFrame | Callable[[], pd.DataFrame]

P = ParamSpec("P")
HEIGHT = 340
FONT = '"Source Sans", sans-serif'
SHARES = (0, 0.25, 0.5, 0.75, 1)


def layout(figure: go.Figure, colours: Palette, x: str, y: str, height: int = HEIGHT) -> go.Figure:
    """Give a figure the house style: thin axes with titles, no junk, hover on the nearest point."""
    import plotly.graph_objects as go

    axis = {
        "gridcolor": colours.grid,
        "linecolor": colours.muted,
        "tickcolor": colours.muted,
        "zeroline": False,
        "automargin": True,
    }
    figure.update_layout(
        template=go.layout.Template(),  # plotly's own, which every figure would carry along, costs 3 ms to read from a cache
        height=height,
        margin={"l": 8, "r": 16, "t": 16, "b": 8},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        font={"size": 13, "color": colours.ink, "family": FONT},
        hoverlabel={"bgcolor": colours.surface, "font": {"color": colours.ink}},
        showlegend=False,
        dragmode=False,
        xaxis={**axis, "title": {"text": x, "font": {"size": 13}, "standoff": 10}},
        yaxis={**axis, "title": {"text": y, "font": {"size": 13}, "standoff": 10}},
    )
    return figure


def kept(most: int) -> Callable[[Callable[P, go.Figure]], Callable[P, go.Figure]]:
    """Keep the last `most` figures that a function makes, for every session: the same objects, which nobody changes.

    Streamlit asks a figure for its content at every rerun, and plotly copies all of it each time: 3 ms for a curve with its
    band. So the content is laid out once, with the figure. Arguments that begin with an underscore do not count, as usual.
    """

    def keeping(make: Callable[P, go.Figure]) -> Callable[P, go.Figure]:
        @st.cache_resource(show_spinner=False, max_entries=most)
        @functools.wraps(make)
        def made(*args: P.args, **kwargs: P.kwargs) -> go.Figure:
            figure = make(*args, **kwargs)
            content = figure.to_dict()
            figure.__dict__["to_dict"] = lambda: content
            return figure

        return made

    return keeping


def share_axis(low: float = -0.01, high: float = 1.01) -> dict[str, object]:
    """Return the settings of an axis of shares, written as percentages."""
    return {"range": [low, high], "tickvals": SHARES, "ticktext": [f"{s:.0%}".replace("%", " %") for s in SHARES]}


def label(figure: go.Figure, x: float, y: float, text: str, colour: str, anchor: str = "left", row: int | None = None) -> None:
    """Write a direct label beside a line; `anchor` says which side of the text stands at (x, y)."""
    place = {} if row is None else {"row": row, "col": 1}
    figure.add_annotation(
        x=x, y=y, text=text, showarrow=False, font={"color": colour, "size": 13}, xanchor=anchor, yanchor="middle", **place
    )


def reference(figure: go.Figure, colours: Palette, x: Sequence[float], y: Sequence[float]) -> None:
    """Draw a thin dotted line to compare with, such as that of chance."""
    line = {"color": colours.muted, "width": 1, "dash": "dot"}
    figure.add_scatter(x=x, y=y, mode="lines", line=line, hoverinfo="skip")


def band(figure: go.Figure, x: Sequence[float], low: Sequence[float], high: Sequence[float], colour: str) -> None:
    """Draw the area between two edges as a tint, under whatever is drawn after it."""
    edge = {"width": 0}
    figure.add_scatter(x=x, y=low, mode="lines", line=edge, hoverinfo="skip")
    figure.add_scatter(x=x, y=high, mode="lines", line=edge, fill="tonexty", fillcolor=faint(colour), hoverinfo="skip")


def faint(colour: str, opacity: float = 0.15) -> str:
    """Return a colour such as #2b6c8f as a tint that lets the ground through."""
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity:g})"


def draw(
    figure: go.Figure,
    key: str,
    how_to_read: str,
    alt: str,
    table: Table | None = None,
    on_click: Callable[[], None] | None = None,
) -> None:
    """Draw a figure with the line under it that says how to read it, and its downloads.

    Args:
        figure: A figure that `layout` has styled.
        key: Unique key; also the file name of a download.
        how_to_read: One sentence.
        alt: What a screen reader says.
        table: The plotted numbers, offered as CSV, or what makes them when somebody wants them.
        on_click: Called when a dot is clicked, which then stands in the session under `key`.
    """
    buttons = {"format": "svg", "filename": key}
    config = {"displaylogo": False, "toImageButtonOptions": buttons, "modeBarButtons": [["toImage"]]}
    if on_click is None:
        st.plotly_chart(figure, width="stretch", theme=None, key=key, config=config, alt=alt)
    else:
        st.plotly_chart(
            figure, width="stretch", theme=None, key=key, config=config, alt=alt, on_select=on_click, selection_mode="points"
        )
    if table is None:
        st.caption(how_to_read)
        return
    words, corner = st.columns([8, 1])
    words.caption(how_to_read)
    with corner.container(horizontal_alignment="right"):
        download.table(key, table, "The numbers of this chart as a table")
