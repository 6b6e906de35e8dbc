"""The tab Survival: how many are alive after how long, overall or by a factor."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from hfcore.datasets.dataset import Dataset
from hfcore.datasets.survival import SurvivalCurve, kaplan_meier, survival_by
from hfcore.ui import chart, selection
from hfcore.ui.figures import kaplan_meier as figure
from hfcore.ui.palette import is_dark, palette
from hfcore.ui.selection import Selection
from hfcore.ui.words import count, literal, percent

if TYPE_CHECKING:
    import pandas as pd
    import plotly.graph_objects as go

NO_FACTOR = ""


def draw(chosen: Selection, data: Dataset) -> None:
    """Draw the factor chooser, the outcome in words, and the curves."""
    if data.schema.label is None or "time" not in data.schema:
        st.markdown("Survival needs a column `time` (days of follow-up) and an outcome; this table does not have both.")
        return
    factor = st.selectbox(
        "Compare by",
        [NO_FACTOR, *_factors(data)],
        key=f"factor-{data.name}",
        format_func=lambda name: data.schema[name].title if name else "Nothing: all patients together",
        help="A yes/no variable makes two groups; a number is cut at its median.",
        persist_state="session",
        width=360,
    )
    curves = _curves(chosen, factor, _data=data)
    for curve in curves:
        st.markdown(curve_words(curve))
    chart.draw(
        _figure(chosen, factor, is_dark(), _data=data),
        "survival",
        "How to read this: each step down is a death; the band is the 95 % interval. Below: patients still under observation.",
        "Kaplan-Meier survival curves",
        lambda: _rows(curves),
    )


def curve_words(curve: SurvivalCurve) -> str:
    """Say in markdown how a group fared."""
    half = f"half had died by day {curve.median:.0f}" if curve.median is not None else "more than half were alive to the end"
    return (
        f"**{literal(curve.name)}**: {count(curve.rows, 'patient')}, {curve.deaths} died; "
        f"{percent(curve.survival[-1])} alive at day {curve.times[-1]:.0f}, {half}."
    )


def _factors(data: Dataset) -> list[str]:
    return [c.name for c in data.schema.features if c.known_at_scoring and c.kind != "category"]


@st.cache_data(show_spinner=False, max_entries=100)
def _curves(chosen: Selection, factor: str, _data: Dataset) -> tuple[SurvivalCurve, ...]:
    label = _data.schema.label
    event = label.name if label else ""
    rows = selection.table(chosen, _data)
    if factor:
        return survival_by(rows, factor, _data.schema, event=event)
    rows = rows[["time", event]].dropna()
    return (kaplan_meier(rows["time"], rows[event] == 1),)


@st.cache_data(show_spinner=False, max_entries=100)
def _figure(chosen: Selection, factor: str, dark: bool, _data: Dataset) -> go.Figure:
    return figure.build(_curves(chosen, factor, _data=_data), palette(dark))


def _rows(curves: tuple[SurvivalCurve, ...]) -> pd.DataFrame:
    import pandas as pd

    columns = ("times", "survival", "low", "high", "at_risk")
    parts = [pd.DataFrame({c: getattr(curve, c) for c in columns}).assign(group=curve.name) for curve in curves]
    return pd.concat(parts, ignore_index=True)
