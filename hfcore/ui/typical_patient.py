"""The patient that a form begins with: the sample patient of the heart failure records, or typical values of another table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import streamlit as st

from hfcore.datasets.dataset import Dataset
from hfcore.datasets.heart_failure import SAMPLE_PATIENT
from hfcore.datasets.schema import Column
from hfcore.errors import HfError
from hfcore.records import Endpoint
from hfcore.ui import selection
from hfcore.ui.azure import is_azure
from hfcore.ui.patient_form import Value
from hfcore.ui.selection import Selection
from hfcore.workspace import DEFAULT_DATASET, Workspace

if TYPE_CHECKING:
    import pandas as pd


def of(ws: Workspace, endpoint: Endpoint, data: Dataset | None) -> Mapping[str, Value]:
    """Return the sample patient for models of the heart failure records, else typical values of a model's own table.

    Typical is the median of a number, and the most frequent word or answer. A table in Azure is not fetched for it; for
    one that cannot be read there is the sample patient, as far as it goes.
    """
    if data is None or data.name == DEFAULT_DATASET or is_azure(ws) or not endpoint.features:
        return SAMPLE_PATIENT
    try:
        return _typical(selection.everybody(ws, data), endpoint.features, _data=data)
    except (HfError, LookupError):
        return SAMPLE_PATIENT


@st.cache_data(show_spinner=False, max_entries=20)
def _typical(whole: Selection, names: tuple[str, ...], _data: Dataset) -> dict[str, Value]:
    frame = selection.sample(whole, _data)
    values = {c.name: _middle(c, frame[c.name].dropna()) for c in _data.schema if c.name in names}
    return {name: value for name, value in values.items() if value is not None}


def _middle(column: Column, present: pd.Series[Any]) -> Value | None:
    """Return the typical value of a column without its gaps, None when nothing is left."""
    if not len(present):
        return None
    if column.kind == "category":
        return str(present.mode().iloc[0])
    median = float(present.astype(float).median())
    if column.kind == "boolean":
        return median >= 0.5
    return round(median) if column.kind == "integer" else float(f"{median:.4g}")
