"""The tabs of the Predict page, in their order; only the open one is drawn."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from hfcore.ui import batch, one_patient, request_history
from hfcore.ui.predict_place import Place


def draw(place: Place) -> None:
    """Draw the tabs."""
    for tab, content in zip(st.tabs(list(TABS), key="predict-tab", on_change="rerun"), TABS.values(), strict=True):
        with tab:
            if tab.open:
                content(place)


TABS: dict[str, Callable[[Place], None]] = {
    "One patient": one_patient.draw,
    "Batch": batch.draw,
    "History": request_history.draw,
}
