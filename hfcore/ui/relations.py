"""The tab Relations: which variables go together, and one pair looked at closely."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from hfcore.datasets.association import SPEARMAN, Associations, associations
from hfcore.datasets.dataset import Dataset
from hfcore.datasets.schema import Column
from hfcore.ui import chart, selection, session, variables
from hfcore.ui.figures import association, density, pair
from hfcore.ui.palette import is_dark, palette
from hfcore.ui.selection import Selection
from hfcore.ui.words import literal

if TYPE_CHECKING:
    import pandas as pd
    import plotly.graph_objects as go

_STRENGTHS = ((0.1, "hardly related"), (0.3, "weakly related"), (0.5, "moderately related"))
MOST_DOTS = 2_000
_DOTS = "How to read this: each dot is a patient; yes/no values are spread a little so that no dot hides another."
_FIELDS = "How to read this: the darker a field, the more patients have these two values; all of them are counted."
_MATRIX = "association"
_HOW_TO_READ = (
    "How to read this: green pairs rise together, purple ones run against each other, faint ones are unrelated; click one to see "
    "it. Two numbers: Spearman's correlation; yes/no or text: Cramér's V; a number with yes/no or text: the correlation ratio."
)


def draw(chosen: Selection, data: Dataset) -> None:
    """Draw the matrix and the pair, side by side where there is room."""
    found = _associations(chosen, _data=data)
    if len(found.names) < 2:
        st.markdown("There are not two variables to compare.")
        return
    with st.grid(2, min_column_width=480, gap="medium", key="relations"):
        with st.container():
            chart.draw(
                _matrix(chosen, is_dark(), _data=data),
                _MATRIX,
                _HOW_TO_READ,
                "Matrix of how strongly each two variables go together",
                lambda: _matrix_rows(found),
                on_click=_show_clicked,
            )
            if selection.sample_words(chosen, data):
                st.caption(f"Compared: {selection.sample_words(chosen, data)}.")
            if found.left_out:
                st.caption(f"Not in the matrix: {literal(', '.join(found.left_out[:10]))}{' …' if found.left_out[10:] else ''}")
        with st.container():
            _pair(chosen, data, found)


def _show_clicked() -> None:
    """Put the clicked cell's two variables into the address."""
    points = st.session_state[_MATRIX]["selection"]["points"]
    if points:
        across, up = _as_names(points[0].get("customdata"))
        session.choose("across", across)
        session.choose("up", up)


def _as_names(custom: Any) -> tuple[str, str]:
    values = list(custom.values()) if isinstance(custom, dict) else list(custom)
    return str(values[0]), str(values[1])


def _pair(chosen: Selection, data: Dataset, found: Associations) -> None:
    first, second = _strongest(found, data)
    with st.container(horizontal=True):
        across = _select("Horizontal", found.names, first, "across", data)
        up = _select("Vertical", found.names, second, "up", data)
    st.markdown(pair_words(found, data.schema[across], data.schema[up]))
    if across != up:
        chart.draw(
            _scatter(chosen, across, up, is_dark(), _data=data),
            "pair",
            _FIELDS if selection.size(chosen, data) > MOST_DOTS else _DOTS,
            f"{data.schema[across].title} against {data.schema[up].title}",
            lambda: selection.table(chosen, data, (across, up)),
        )


def _select(label: str, names: tuple[str, ...], default: str, place: str, data: Dataset) -> str:
    """Draw a chooser whose choice stands in the address under `place`."""
    key = f"pair-{place}-{data.name}"
    named = session.chosen(place)
    st.session_state[key] = named if named in names else default
    return st.selectbox(
        label,
        names,
        key=key,
        format_func=lambda name: data.schema[name].title,
        on_change=lambda: session.choose(place, st.session_state[key]),
    )


def _strongest(found: Associations, data: Dataset) -> tuple[str, str]:
    """Return the two measured variables, outcome and follow-up aside, that are most related."""
    names = found.names
    usable = [n for n in names if data.schema[n].known_at_scoring and data.schema[n].kind in ("number", "integer")]
    pairs = [(a, b) for i, a in enumerate(usable) for b in usable[i + 1 :]] or [(names[0], names[-1])]
    return max(pairs, key=lambda p: abs(found.between(*p)[0] or 0.0))


def pair_words(found: Associations, across: Column, up: Column) -> str:
    """Say in markdown how strongly two variables are related."""
    if across.name == up.name:
        return "Choose two different variables."
    strength, measure = found.between(across.name, up.name)
    both = f"**{literal(across.title)}** and **{literal(up.title)}**"
    if strength is None:
        return f"{both}: one of them does not vary here."
    words = next((w for limit, w in _STRENGTHS if abs(strength) < limit), "strongly related")
    sign = f"{strength:.2f}" if measure == SPEARMAN else f"{abs(strength):.2f}"
    return f"{both}: {words}, {measure} {sign.replace('-', '−')}."


@st.cache_data(show_spinner=False, max_entries=50)
def _associations(chosen: Selection, _data: Dataset) -> Associations:
    return associations(selection.sample(chosen, _data), _data.schema)


@st.cache_data(show_spinner=False, max_entries=20)
def _matrix(chosen: Selection, dark: bool, _data: Dataset) -> go.Figure:
    return association.build(_associations(chosen, _data=_data), _data.schema, palette(dark))


@st.cache_data(show_spinner=False, max_entries=100)
def _scatter(chosen: Selection, across: str, up: str, dark: bool, _data: Dataset) -> go.Figure:
    rows = selection.table(chosen, _data, (across, up, *_label(_data))).dropna(subset=[across, up])
    if len(rows) > MOST_DOTS:
        return density.build(rows, _data.schema[across], _data.schema[up], palette(dark))
    groups = variables.by_outcome(rows, _data, selection.profile(chosen, _data))
    return pair.build(groups, _data.schema[across], _data.schema[up], palette(dark))


def _label(data: Dataset) -> tuple[str, ...]:
    return (data.schema.label.name,) if data.schema.label else ()


def _matrix_rows(found: Associations) -> pd.DataFrame:
    import pandas as pd

    pairs = [(a, b) for i, a in enumerate(found.names) for b in found.names[i + 1 :]]
    return pd.DataFrame([(a, b, *found.between(a, b)) for a, b in pairs], columns=["first", "second", "strength", "measure"])
