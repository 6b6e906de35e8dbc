"""The settings that few runs need, folded away: row weights, and a share held out instead of folds."""

from __future__ import annotations

from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from hfcore.datasets.dataset import Dataset

_KEEP: dict[str, Any] = {"persist_state": "session"}


def draw(data: Dataset, label: str, slots: dict[str, DeltaGenerator]) -> dict[str, Any]:
    """Draw the folded settings and return what they say."""
    with st.expander("More settings", key="train-more", icon=":material/tune:"):
        values = {"weight_column_name": _weights(data, label, slots), "validation_size": _share(slots)}
    return values


def _weights(data: Dataset, label: str, slots: dict[str, DeltaGenerator]) -> str | None:
    names = [c.name for c in data.schema if c.kind in ("number", "integer") and c.name != label]
    chosen: str | None = st.selectbox(
        "Row weights",
        names,
        index=None,
        placeholder="Every row counts once",
        key=f"train-weights-{data.name}-{label}",
        help="A column that says how many rows each row counts as; never a variable.\n\nAzure's name: `weight_column_name`",
        **_KEEP,
    )
    slots["weight_column_name"] = st.container()
    return chosen


def _share(slots: dict[str, DeltaGenerator]) -> float | None:
    per_cent: int | None = st.number_input(
        "Rows held out, %",
        1,
        99,
        None,
        placeholder="None: cross-validation",
        key="train-validation",
        help="Judge every model once on this share of the rows, drawn at random. Empty: cross-validation, where every row is "
        "held out once; better for small tables.\n\nAzure's name: `validation_size`",
        **_KEEP,
    )
    slots["validation_size"] = st.container()
    return None if per_cent is None else per_cent / 100
