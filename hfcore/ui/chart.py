"""One way to draw a plotly figure: template, reserved height, how to read it, downloads."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from hfcore.ui.palette import Palette

if TYPE_CHECKING:
    import pandas as pd
    import plotly.graph_objects as go

HEIGHT = 340


def layout(figure: go.Figure, colours: Palette, x: str, y: str, height: int = HEIGHT) -> go.Figure:
    """Give a figure the house style: thin axes with titles, no junk, hover on the nearest point."""
    axis = {
        "gridcolor": colours.grid,
        "linecolor": colours.muted,
        "tickcolor": colours.muted,
        "zeroline": False,
        "automargin": True,
    }
    figure.update_layout(
        height=height,
        margin={"l": 8, "r": 16, "t": 16, "b": 8},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        font={"size": 13, "color": colours.ink},
        hoverlabel={"bgcolor": colours.surface, "font": {"color": colours.ink}},
        showlegend=False,
        dragmode=False,
        xaxis={**axis, "title": {"text": x}},
        yaxis={**axis, "title": {"text": y}},
    )
    return figure


def draw(figure: go.Figure, key: str, how_to_read: str, alt: str, table: pd.DataFrame | None = None) -> None:
    """Draw a figure with the line under it that says how to read it, and its downloads.

    Args:
        figure: A figure that `layout` has styled.
        key: Unique key; also the file name of a download.
        how_to_read: One sentence.
        alt: What a screen reader says.
        table: The plotted numbers, offered as CSV.
    """
    buttons = {"format": "svg", "filename": key}
    config = {"displaylogo": False, "toImageButtonOptions": buttons, "modeBarButtons": [["toImage"]]}
    st.plotly_chart(figure, width="stretch", theme=None, key=key, config=config, alt=alt)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(how_to_read)
        if table is not None:
            st.download_button(
                "CSV", table.to_csv(index=False), f"{key}.csv", "text/csv", key=f"{key}-csv", type="tertiary", on_click="ignore"
            )
