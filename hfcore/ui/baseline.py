"""The tab Table 1: the patients by outcome, as a clinical paper begins, ready to be taken along."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from hfcore.datasets.dataset import Dataset
from hfcore.datasets.table_one import LEGEND, table_one, to_pandas
from hfcore.ui import download, selection
from hfcore.ui.selection import Selection
from hfcore.ui.words import literal, p_value

if TYPE_CHECKING:
    import pandas as pd


def draw(chosen: Selection, data: Dataset) -> None:
    """Draw the table, its legend and its downloads."""
    st.table(_shown(chosen, _data=data), border="horizontal", hide_index=True, alt="Every variable by outcome")
    st.caption(LEGEND)
    title = f"{data.name}, version {data.version}: patients by outcome"
    download.formats("table-1", lambda: _rows(chosen, data), lambda: written(_rows(chosen, data)), title, LEGEND)


def _rows(chosen: Selection, data: Dataset) -> pd.DataFrame:
    return to_pandas(table_one(selection.profile(chosen, data), selection.comparisons(chosen, data).values()))


def written(rows: pd.DataFrame) -> pd.DataFrame:
    """Write the table as it is read: p and q rounded, the test's name beside them, nothing where nothing belongs."""
    tested = rows["Test"] != ""
    columns: dict[str, pd.Series] = {"Missing": rows["Missing"].map(lambda n: f"{int(n):,}", na_action="ignore").fillna("")}
    for name in ("p", "q"):
        columns[name] = rows[name].map(p_value).str.replace(" ", "\u00a0").where(tested, "")
    columns["Test"] = rows["Test"].str.removesuffix(" test")
    return rows.assign(**columns).drop(columns=[] if tested.any() else ["p", "q", "Test"])


@st.cache_data(show_spinner=False, max_entries=20)
def _shown(chosen: Selection, _data: Dataset) -> pd.DataFrame:
    rows = written(_rows(chosen, _data))
    rows["Variable"] = rows["Variable"].str.replace("    ", "\u2003", n=1)
    return rows.map(lambda cell: literal(str(cell))).rename(columns=literal)
