"""The tab Relations: which variables go together, and one pair looked at closely."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from hfcore.datasets.dataset import Dataset
from hfcore.datasets.profile import Correlation
from hfcore.datasets.schema import Column
from hfcore.ui import chart, selection, variables
from hfcore.ui.figures import association, pair
from hfcore.ui.palette import is_dark, palette
from hfcore.ui.selection import Selection
from hfcore.ui.words import literal

if TYPE_CHECKING:
    import pandas as pd
    import plotly.graph_objects as go

_STRENGTHS = ((0.1, "hardly related"), (0.3, "weakly related"), (0.5, "moderately related"))


def draw(chosen: Selection, data: Dataset) -> None:
    """Draw the matrix and the pair, side by side where there is room."""
    correlation = selection.profile(chosen, data).correlation
    if len(correlation.names) < 2:
        st.markdown("There are not two numeric variables to compare.")
        return
    with st.grid(2, min_column_width=480, gap="medium", key="relations"):
        with st.container():
            chart.draw(
                _matrix(chosen, is_dark(), _data=data),
                "association",
                "How to read this: green pairs rise together, purple ones run against each other, faint ones are unrelated.",
                "Matrix of Spearman's correlations",
                lambda: _matrix_rows(correlation),
            )
        with st.container():
            _pair(chosen, data, correlation)


def _pair(chosen: Selection, data: Dataset, correlation: Correlation) -> None:
    names = [n for n in correlation.names if n in data.schema]
    first, second = _strongest(correlation, names, data)
    with st.container(horizontal=True):
        across = _select("Horizontal", names, first, "pair-across", data)
        up = _select("Vertical", names, second, "pair-up", data)
    st.markdown(pair_words(correlation, data.schema[across], data.schema[up]))
    if across != up:
        chart.draw(
            _scatter(chosen, across, up, is_dark(), _data=data),
            "pair",
            "How to read this: each dot is a patient; yes/no values are spread a little so that no dot hides another.",
            f"{data.schema[across].title} against {data.schema[up].title}",
            lambda: selection.table(chosen, data)[[across, up]],
        )


def _select(label: str, names: list[str], default: str, key: str, data: Dataset) -> str:
    return st.selectbox(
        label,
        names,
        names.index(default),
        key=f"{key}-{data.name}",
        format_func=lambda name: data.schema[name].title,
        persist_state="session",
    )


def _strongest(correlation: Correlation, names: list[str], data: Dataset) -> tuple[str, str]:
    """Return the two measured variables, outcome and follow-up aside, that are most related."""
    index = {n: i for i, n in enumerate(correlation.names)}
    usable = [n for n in names if data.schema[n].known_at_scoring and data.schema[n].kind != "boolean"]
    pairs = [(a, b) for i, a in enumerate(usable) for b in usable[i + 1 :]] or [(names[0], names[-1])]
    return max(pairs, key=lambda p: abs(correlation.values[index[p[0]]][index[p[1]]] or 0.0))


def pair_words(correlation: Correlation, across: Column, up: Column) -> str:
    """Say in markdown how strongly two variables are related."""
    if across.name == up.name:
        return "Choose two different variables."
    names = correlation.names
    rho = correlation.values[names.index(across.name)][names.index(up.name)]
    both = f"**{literal(across.title)}** and **{literal(up.title)}**"
    if rho is None:
        return f"{both}: one of them does not vary here."
    words = next((w for limit, w in _STRENGTHS if abs(rho) < limit), "strongly related")
    sign = f"{rho:.2f}".replace("-", "−")
    return f"{both}: {words}, Spearman's correlation {sign}."


@st.cache_data(show_spinner=False, max_entries=20)
def _matrix(chosen: Selection, dark: bool, _data: Dataset) -> go.Figure:
    return association.build(selection.profile(chosen, _data).correlation, _data.schema, palette(dark))


@st.cache_data(show_spinner=False, max_entries=100)
def _scatter(chosen: Selection, across: str, up: str, dark: bool, _data: Dataset) -> go.Figure:
    rows = selection.table(chosen, _data).dropna(subset=[across, up])
    groups = variables.by_outcome(rows, _data, selection.profile(chosen, _data))
    return pair.build(groups, _data.schema[across], _data.schema[up], palette(dark))


def _matrix_rows(correlation: Correlation) -> pd.DataFrame:
    import pandas as pd

    table = pd.DataFrame(correlation.values, columns=list(correlation.names))
    table.insert(0, "variable", correlation.names)
    return table
