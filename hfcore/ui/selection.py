"""Which patients the Explore page is about: a data set, and filters that every tab obeys."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import streamlit as st

from hfcore.datasets.comparison import Comparison, compare
from hfcore.datasets.dataset import Dataset
from hfcore.datasets.filters import Filter, is_number, passing
from hfcore.datasets.profile import TableProfile, profile_table
from hfcore.datasets.schema import Column
from hfcore.errors import DatasetNotFound
from hfcore.ui import address, data_sets, filter_bar, script, sdk_script, show_code
from hfcore.ui.words import literal
from hfcore.workspace import DEFAULT_DATASET, Workspace

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pandas as pd


MOST_COMPARED = 20_000


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


def question() -> str:
    """Return what the page asks of the data set that is chosen by hand or in the address; only the shipped one tells deaths."""
    named = st.session_state.get("dataset") or st.query_params.get("dataset") or DEFAULT_DATASET
    which = "those who died" if named == DEFAULT_DATASET else "their outcomes"
    return f"Who are these patients, and what separates {which}?"


def dataset(ws: Workspace) -> Dataset:
    """Return the data set the page shows, in the version that the address names; draws a chooser when there is more than one."""
    current = ws.dataset()
    names = [d.name for d in data_sets.shipped_first(ws)]
    if len(names) > 1:
        current = ws.dataset(st.selectbox("Data set", names, key="dataset", bind="query-params"))
    address.about(current)
    wanted = address.version()
    return current if wanted in (None, current.version) else _older(ws, current, wanted or 0)


def _older(ws: Workspace, current: Dataset, version: int) -> Dataset:
    """Return the version that the address names, and say that it is not the current one; the current one if it is gone."""
    try:
        found = ws.dataset(current.name, version)
    except DatasetNotFound:
        st.warning(f"Version {version} in the address does not exist any more. Shown is version {current.version}.")
        address.forget()
        return current
    st.info(f"The address shows version {version} of this data set; version {current.version} is the current one.")
    st.button(f"Show version {current.version}", key="show-current-version", on_click=address.forget)
    return found


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


def table(selection: Selection, data: Dataset, columns: Sequence[str] = ()) -> pd.DataFrame:
    """Return the chosen patients, one row each, values as stored; all readers share it, so nobody may change it.

    With `columns` only these, which saves copying the others.
    """
    whole = _whole(replace(selection, filters=()), _data=data)
    whole = whole[list(dict.fromkeys(columns))] if columns else whole
    return whole if selection.is_everybody else whole[_rows(selection, _data=data)]


def size(selection: Selection, data: Dataset) -> int:
    """Return how many patients are chosen."""
    return data.rows if selection.is_everybody else int(_rows(selection, _data=data).sum())


def sample(selection: Selection, data: Dataset, most: int = MOST_COMPARED) -> pd.DataFrame:
    """Return the chosen patients, or that many of them drawn at random, always the same ones."""
    if size(selection, data) <= most:
        return table(selection, data)
    import numpy as np

    whole = _whole(replace(selection, filters=()), _data=data)
    rows = np.arange(len(whole)) if selection.is_everybody else np.flatnonzero(_rows(selection, _data=data))
    return whole.iloc[np.sort(np.random.default_rng(0).choice(rows, most, replace=False))]


def sample_words(selection: Selection, data: Dataset, most: int = MOST_COMPARED) -> str:
    """Say that not all chosen patients were looked at; "" when they were."""
    number = size(selection, data)
    return "" if number <= most else f"{most:,} of {number:,} patients, drawn at random"


def profile(selection: Selection, data: Dataset) -> TableProfile:
    """Return the chosen patients in figures."""
    return _profile(selection, _data=data)


def comparisons(selection: Selection, data: Dataset) -> dict[str, Comparison]:
    """Return the test of each column between the outcomes, by the column's name."""
    return _comparisons(selection, _data=data)


@st.cache_data(show_spinner=False, max_entries=50)
def _comparisons(selection: Selection, _data: Dataset) -> dict[str, Comparison]:
    label = profile(selection, _data).label
    return {c.column: c for c in compare(sample(selection, _data), _data.schema, label)}


@st.cache_resource(show_spinner="Reading the table…", max_entries=4)
def _whole(whole: Selection, _data: Dataset) -> pd.DataFrame:
    return _data.to_pandas()


@st.cache_resource(show_spinner=False, max_entries=50)
def _rows(selection: Selection, _data: Dataset) -> npt.NDArray[np.bool_]:
    return passing(_whole(replace(selection, filters=()), _data=_data), selection.filters)


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
    """Show what reads this data set, as code, with the filters of the page."""
    filtered = "".join(f"frame = frame[{_condition(f, data.schema[f.column])}]\n" for f in address.filters(data))
    ours = f"data = ws.dataset({data.name!r}, {data.version})\nframe = data.to_pandas()\n{filtered}print(frame.describe())\n"
    show_code.draw(
        ws, "explore", script.step(ws, ours), sdk_script.data(data.name), "print(data.to_pandas_dataframe().describe())\n"
    )


def _condition(wanted: Filter, of: Column) -> str:
    """Write a filter as an expression of pandas."""
    column = f"frame[{wanted.column!r}]"
    if wanted.values:
        values: list[object] = [int(v) if of.kind == "boolean" else v for v in wanted.values]
        return f"{column}.isin({values!r})"
    low, high = (f"{bound!r}" if bound is not None else None for bound in (wanted.low, wanted.high))
    if low and high:
        return f"{column}.between({low}, {high})"
    return f"{column} >= {low}" if low else f"{column} <= {high}"
