"""The line under a field whose value looks like another unit, with the value in ours at one click."""

from __future__ import annotations

import streamlit as st

from hfcore.datasets.schema import Column
from hfcore.datasets.unit_slips import Slip
from hfcore.ui.words import literal


def draw(column: Column, slip: Slip, key: str) -> None:
    """Say which unit the value looks like, and offer what it is in the field's own unit; `key` is the field's."""
    st.markdown(f":small[:orange[:material/straighten: {literal(sentence(slip))}]]")
    st.button(
        f"Use {written(column, slip)}", key=f"correct-{column.name}", type="secondary", on_click=_use, args=(column, slip, key)
    )


def sentence(slip: Slip) -> str:
    """Say which unit a value looks like."""
    return f"Looks like {slip.unit}."


def written(column: Column, slip: Slip) -> str:
    """Write the corrected value with its unit: 1.4 mg/dL."""
    return f"{slip.corrected:,.10g} {column.unit}".rstrip()


def _use(column: Column, slip: Slip, key: str) -> None:
    st.session_state[key] = int(slip.corrected) if column.kind == "integer" else slip.corrected
