"""Which patients the Explore page is about: a data set, and filters that every tab obeys."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import streamlit as st

from hfcore.datasets.comparison import Comparison, compare
from hfcore.datasets.dataset import Dataset
from hfcore.datasets.filters import Filter, is_number, passing
from hfcore.datasets.profile import TableProfile, profile_table
from hfcore.ui import address, filter_bar, script, sdk_script, show_code
from hfcore.ui.words import literal
from hfcore.workspace import Workspace

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Selection:
    """A data set's version in a workspace and the filters that its patients must pass."""

    workspace: str
    dataset: str
    version: int
    sha256: str
    filters: tuple[Filter, ...] = ()

    @property
    def is_everybody(self) -> bool:
        """True when there is no filter."""
        return not self.filters


def dataset(ws: Workspace) -> Dataset:
    """Return the data set the page shows; draws a chooser when there is more than one."""
    names = [d.name for d in ws.datasets()]
    if len(names) < 2:
        return ws.dataset()
    default = names.index(ws.dataset().name)
    chosen = st.selectbox("Data set", names, default, key="dataset", bind="query-params", on_change=address.forget)
    return ws.dataset(chosen)


def everybody(ws: Workspace, data: Dataset) -> Selection:
    """Return the selection without a filter."""
    return Selection(ws.name, data.name, data.version, data.sha256)


def bar(ws: Workspace, data: Dataset) -> Selection:
    """Draw the filter bar and return what is chosen."""
    address.keep(data)
    whole = everybody(ws, data)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium", key="filters"):
        chosen = replace(whole, filters=filter_bar.draw(data, _limits(whole, _data=data)))
    for text in address.unreadable(data):
        st.warning(f"The address has a filter that does not fit this data set and is not applied: {literal(text)}")
    return chosen


def nobody() -> None:
    """Say that no patient fits, with the way out."""
    st.info("No patient fits this filter. Widen it, or show all patients again.", icon=":material/filter_alt:")


def table(selection: Selection, data: Dataset) -> pd.DataFrame:
    """Return the chosen patients, one row each, values as stored."""
    return _table(selection, _data=data)


def profile(selection: Selection, data: Dataset) -> TableProfile:
    """Return the chosen patients in figures."""
    return _profile(selection, _data=data)


def comparisons(selection: Selection, data: Dataset) -> dict[str, Comparison]:
    """Return the test of each column between the outcomes, by the column's name."""
    return _comparisons(selection, _data=data)


@st.cache_data(show_spinner=False, max_entries=50)
def _comparisons(selection: Selection, _data: Dataset) -> dict[str, Comparison]:
    label = profile(selection, _data).label
    return {c.column: c for c in compare(table(selection, _data), _data.schema, label)}


@st.cache_data(show_spinner=False, max_entries=50)
def _table(selection: Selection, _data: Dataset) -> pd.DataFrame:
    frame = _data.to_pandas()
    return frame if selection.is_everybody else frame[passing(frame, selection.filters)]


@st.cache_data(show_spinner=False, max_entries=20)
def _limits(whole: Selection, _data: Dataset) -> dict[str, tuple[float, float]]:
    """Return the smallest and the largest value of each column of numbers that has any."""
    frame = table(whole, _data)
    named = [c.name for c in _data.schema if is_number(c) and c.name in frame.columns]
    return {name: (float(frame[name].min()), float(frame[name].max())) for name in named if frame[name].notna().any()}


@st.cache_data(show_spinner=False, max_entries=50)
def _profile(selection: Selection, _data: Dataset) -> TableProfile:
    return profile_table(table(selection, _data), _data.schema)


def code(ws: Workspace, data: Dataset) -> None:
    """Show what reads this data set, as code."""
    ours = f"data = ws.dataset({data.name!r}, {data.version})\nprint(data.to_pandas().describe())\n"
    show_code.draw(
        ws, "explore", script.step(ws, ours), sdk_script.data(data.name), "print(data.to_pandas_dataframe().describe())\n"
    )
