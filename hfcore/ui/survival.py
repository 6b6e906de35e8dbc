"""The tab Survival: how many are alive after how long, overall or by a factor, and what goes with dying earlier."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from hfcore.datasets.dataset import Dataset
from hfcore.datasets.follow_up import FollowUp, follow_up
from hfcore.datasets.schema import Column
from hfcore.datasets.survival import SurvivalCurve, kaplan_meier, survival_by, survival_difference
from hfcore.ui import chart, hazards, selection, session
from hfcore.ui.figures import kaplan_meier as figure
from hfcore.ui.palette import is_dark, palette
from hfcore.ui.selection import Selection
from hfcore.ui.words import count, equals, inside, literal, percent

if TYPE_CHECKING:
    import pandas as pd
    import plotly.graph_objects as go

NO_FACTOR = ""
CLEAR = 0.05


def draw(chosen: Selection, data: Dataset) -> None:
    """Draw the factor chooser, the outcome in words, the curves, and the model of hazards."""
    times = follow_up(data.schema)
    if times is None:
        st.markdown(
            "Survival needs days under observation, in a column `time`, and a yes/no outcome; this table lacks one of them."
        )
        return
    factor, cut = _choose(chosen, data)
    curves, p = _compared(chosen, factor, cut, times, _data=data)
    for curve in curves:
        st.markdown(curve_words(curve))
    if factor:
        st.markdown(difference_words(data.schema[factor], p))
    chart.draw(
        _figure(chosen, factor, cut, times, is_dark(), _data=data),
        "survival",
        "How to read this: each step down is a death; the band is the 95 % interval. Below: patients still under observation.",
        "Kaplan-Meier survival curves",
        lambda: _rows(curves),
    )
    hazards.draw(chosen, data, times)


def _choose(chosen: Selection, data: Dataset) -> tuple[str, float | None]:
    """Draw what the curves are compared by, and where a number is cut; both stand in the address."""
    names = [NO_FACTOR, *_factors(data)]
    key, named = f"factor-{data.name}", session.chosen("by")
    st.session_state[key] = named if named in names else NO_FACTOR

    def changed() -> None:
        session.choose("by", st.session_state[key])
        session.choose("cut", None)

    with st.container(horizontal=True):
        factor = st.selectbox(
            "Compare by",
            names,
            key=key,
            format_func=lambda name: data.schema[name].title if name else "Nothing: all patients together",
            help="Yes/no makes two groups, text a group per value; a number is cut in two, at its median or where you say.",
            on_change=changed,
            width=360,
        )
        number = bool(factor) and data.schema[factor].kind in ("number", "integer")
        return factor, _cut(chosen, data, factor) if number else None


def _cut(chosen: Selection, data: Dataset, factor: str) -> float | None:
    column = data.schema[factor]
    median = selection.profile(chosen, data)[factor].overall.median
    key = f"cut-{data.name}-{factor}"
    st.session_state[key] = _as_number(session.chosen("cut"))

    def changed() -> None:
        wanted = st.session_state[key]
        session.choose("cut", None if wanted is None else f"{wanted:.15g}")

    label = f"Cut at, {column.unit}" if column.unit else "Cut at"
    placeholder = "" if median is None else f"{median:,.10g}, the median"
    return st.number_input(literal(label), key=key, format="%g", placeholder=placeholder, on_change=changed, width=200)


def _as_number(text: str | None) -> float | None:
    try:
        number = float(text or "")
    except ValueError:
        return None
    return number if abs(number) < 1e15 else None


def curve_words(curve: SurvivalCurve) -> str:
    """Say in markdown how a group fared."""
    half = f"half had died by day {curve.median:.0f}" if curve.median is not None else "more than half were alive to the end"
    return (
        f"**{literal(curve.name)}**: {count(curve.rows, 'patient')}, {curve.deaths:,} died; "
        f"{percent(curve.survival[-1])} alive at day {curve.times[-1]:.0f}, {half}."
    )


def difference_words(factor: Column, p: float | None) -> str:
    """Say in markdown whether survival differs between the groups."""
    if p is None:
        return "There are not two groups with a death to compare."
    verdict = "differs" if p < CLEAR else "does not clearly differ"
    return f"Survival {verdict} by {literal(inside(factor.title))}: log-rank p {equals(p)}."


def _factors(data: Dataset) -> list[str]:
    return [c.name for c in data.schema.features if c.known_at_scoring and (c.kind != "category" or c.levels)]


Compared = tuple[tuple[SurvivalCurve, ...], float | None]


@st.cache_data(show_spinner=False, max_entries=100)
def _compared(chosen: Selection, factor: str, cut: float | None, times: FollowUp, _data: Dataset) -> Compared:
    """Return the curves, one without a factor, and the log-rank p value between them."""
    rows = selection.table(chosen, _data, (times.time, times.event, *([factor] if factor else ())))
    if factor:
        named = {"time": times.time, "event": times.event}
        curves = survival_by(rows, factor, _data.schema, cut=cut, **named)
        return curves, survival_difference(rows, factor, _data.schema, cut=cut, **named)
    rows = rows.dropna()
    return (kaplan_meier(rows[times.time], rows[times.event] == 1),), None


@chart.kept(100)
def _figure(chosen: Selection, factor: str, cut: float | None, times: FollowUp, dark: bool, _data: Dataset) -> go.Figure:
    return figure.build(_compared(chosen, factor, cut, times, _data=_data)[0], palette(dark))


def _rows(curves: tuple[SurvivalCurve, ...]) -> pd.DataFrame:
    import pandas as pd

    columns = ("times", "survival", "low", "high", "at_risk")
    parts = [pd.DataFrame({c: getattr(curve, c) for c in columns}).assign(group=curve.name) for curve in curves]
    return pd.concat(parts, ignore_index=True)
