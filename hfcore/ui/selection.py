"""Which patients the Explore page is about: a data set, and a filter by sex and age that every tab obeys."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from hfcore.datasets.dataset import Dataset
from hfcore.datasets.profile import TableProfile, profile_table
from hfcore.ui import script, sdk_script, show_code
from hfcore.ui.words import count
from hfcore.workspace import Workspace

if TYPE_CHECKING:
    import pandas as pd

EVERYBODY = "Everybody"
_PLURALS = {"woman": "Women", "man": "Men"}


@dataclass(frozen=True)
class Selection:
    """A data set's version in a workspace and the filter: `sex` as stored (None for all), `ages` in years, ends included."""

    workspace: str
    dataset: str
    version: int
    sha256: str
    sex: int | None = None
    ages: tuple[int, int] | None = None

    @property
    def is_everybody(self) -> bool:
        """True when the filter lets every patient through."""
        return self.sex is None and self.ages is None


def dataset(ws: Workspace) -> Dataset:
    """Return the data set the page shows; draws a chooser when there is more than one."""
    names = [d.name for d in ws.datasets()]
    if len(names) < 2:
        return ws.dataset()
    default = names.index(ws.dataset().name)
    return ws.dataset(st.selectbox("Data set", names, default, key="dataset", bind="query-params"))


def everybody(ws: Workspace, data: Dataset) -> Selection:
    """Return the selection without a filter."""
    return Selection(ws.name, data.name, data.version, data.sha256)


def bar(ws: Workspace, data: Dataset) -> Selection:
    """Draw the filter bar and return what is chosen."""
    whole = everybody(ws, data)
    names = data.schema.names
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium", key="filters"):
        sex = _sex(data) if "sex" in names and data.schema["sex"].kind == "boolean" else None
        ages = _ages(data, table(whole, data)) if "age" in names and data.schema["age"].kind in ("number", "integer") else None
        chosen = Selection(ws.name, data.name, data.version, data.sha256, sex, ages)
        if not chosen.is_everybody:
            shown = len(table(chosen, data))
            st.markdown(f":material/filter_alt: {count(shown, 'patient')} of {data.rows}", width="content")
    return chosen


def _sex(data: Dataset) -> int | None:
    column = data.schema["sex"]
    choices = [_PLURALS.get(c, c) for c in column.choices or ("0", "1")]
    chosen = st.segmented_control(
        column.title,
        [EVERYBODY, *choices],
        default=EVERYBODY,
        required=True,
        key=f"filter-sex-{data.name}",
        persist_state="session",
    )
    return None if chosen == EVERYBODY else choices.index(chosen)


def _ages(data: Dataset, patients: pd.DataFrame) -> tuple[int, int] | None:
    low, high = int(patients["age"].min()), -int(-patients["age"].max() // 1)
    if low >= high:
        return None
    key = f"filter-age-{data.name}"
    chosen = st.slider("Age, years", low, high, (low, high), key=key, persist_state="session", width=320)
    return None if chosen == (low, high) else chosen


def table(selection: Selection, data: Dataset) -> pd.DataFrame:
    """Return the chosen patients, one row each, values as stored."""
    return _table(selection, _data=data)


def profile(selection: Selection, data: Dataset) -> TableProfile:
    """Return the chosen patients in figures."""
    return _profile(selection, _data=data)


@st.cache_data(show_spinner=False, max_entries=50)
def _table(selection: Selection, _data: Dataset) -> pd.DataFrame:
    frame = _data.to_pandas()
    if selection.sex is not None:
        frame = frame[frame["sex"] == selection.sex]
    if selection.ages is not None:
        frame = frame[frame["age"].between(*selection.ages)]
    return frame


@st.cache_data(show_spinner=False, max_entries=50)
def _profile(selection: Selection, _data: Dataset) -> TableProfile:
    return profile_table(table(selection, _data), _data.schema)


def code(ws: Workspace, data: Dataset) -> None:
    """Show what reads this data set, as code."""
    ours = f"data = ws.dataset({data.name!r}, {data.version})\nprint(data.to_pandas().describe())\n"
    show_code.draw(
        ws, "explore", script.step(ws, ours), sdk_script.data(data.name), "print(data.to_pandas_dataframe().describe())\n"
    )
