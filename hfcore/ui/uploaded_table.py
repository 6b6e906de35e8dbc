"""A table that the reader has uploaded, read once and kept for this browser session only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from hfcore.datasets.reading import read_apart
from hfcore.errors import HfError
from hfcore.ui import guard

if TYPE_CHECKING:
    import pandas as pd

TYPES = ("csv", "tsv", "txt", "parquet", "xlsx")


@dataclass(frozen=True)
class Uploaded:
    """A table, the name of its file, an id of the upload, and what was put right while reading."""

    id: str
    name: str
    frame: pd.DataFrame
    repairs: tuple[str, ...]


def draw(key: str) -> Uploaded | None:
    """Draw the upload; return the table, None when there is none or when it cannot be read, which is then said."""
    file = st.file_uploader("Table of patients", TYPES, key=key)
    kept_key = f"{key}-read"
    if file is None:
        st.session_state.pop(kept_key, None)
        return None
    kept: Uploaded | HfError | None = st.session_state.get(kept_key)
    if not isinstance(kept, Uploaded) or kept.id != file.file_id:
        try:
            with st.spinner("Reading the table"):
                kept = _read(file.file_id, file.name, file.getvalue())
        except HfError as error:
            guard.show(error)
            return None
        st.session_state[kept_key] = kept
    return kept


def _read(identity: str, name: str, content: bytes) -> Uploaded:
    reading = read_apart(content, name)
    return Uploaded(identity, name, reading.frame, tuple(repair.sentence for repair in reading.repairs))
