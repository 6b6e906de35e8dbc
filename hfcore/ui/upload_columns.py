"""The table in which somebody says what each column of an uploaded file is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from hfcore.datasets import draft
from hfcore.datasets.draft import Choice
from hfcore.ui.table import table_height

if TYPE_CHECKING:
    import pandas as pd

WORDS = {
    "number": "Number",
    "integer": "Whole number",
    "boolean": "Yes/no",
    "category": "Text",
    draft.LEFT_OUT: "Leave out",
}
_KINDS = {word: kind for kind, word in WORDS.items()}
_NAME, _TYPE, _UNIT, _KNOWN, _FIRST = "Column", "Type", "Unit", "Known beforehand", "First values"
_MOST_SHOWN = 12
_FIRST_VALUES = 4


def editor(frame: pd.DataFrame, file_id: str) -> tuple[Choice, ...]:
    """Draw the table, one line per column, and return what it says."""
    edited = st.data_editor(
        _lines(frame, file_id),
        key=f"upload-columns-{file_id}",
        hide_index=True,
        height=table_height(frame.shape[1], _MOST_SHOWN),
        disabled=[_NAME, _FIRST],
        column_config={
            _TYPE: st.column_config.SelectboxColumn(
                _TYPE, options=list(_KINDS), required=True, help="Yes/no takes any two values: 0 and 1, or two words."
            ),
            _UNIT: st.column_config.TextColumn(_UNIT, max_chars=30, help="As in mg/dL; empty for a pure number or a word."),
            _KNOWN: st.column_config.CheckboxColumn(
                _KNOWN, help="Clear it for what nobody knows when a new patient is scored, such as the length of stay."
            ),
            _FIRST: st.column_config.TextColumn(_FIRST),
        },
    )
    rows = edited.to_dict("records")
    return tuple(Choice(str(r[_NAME]), _KINDS[r[_TYPE]], str(r[_UNIT] or "").strip(), bool(r[_KNOWN])) for r in rows)


def _lines(frame: pd.DataFrame, file_id: str) -> pd.DataFrame:
    return _proposed(file_id, frame.shape, _frame=frame)


@st.cache_data(show_spinner=False, max_entries=20)
def _proposed(file_id: str, shape: tuple[int, int], _frame: pd.DataFrame) -> pd.DataFrame:
    import pandas as pd

    choices = draft.proposed(_frame)
    return pd.DataFrame(
        {
            _NAME: [c.name for c in choices],
            _TYPE: [WORDS[c.kind] for c in choices],
            _UNIT: [c.unit for c in choices],
            _KNOWN: [c.known_at_scoring for c in choices],
            _FIRST: [", ".join(_short(v) for v in _frame[c.name].dropna().head(_FIRST_VALUES)) for c in choices],
        }
    )


def _short(value: object) -> str:
    text = f"{value:.6g}" if isinstance(value, float) else str(value)
    return text if len(text) <= 20 else f"{text[:19]}…"
