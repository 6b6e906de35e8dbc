"""The tabs of the Explore page, in their order; only the open one is drawn."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from hfcore.datasets.dataset import Dataset
from hfcore.ui import baseline, guardrail_list, patients, relations, selection, survival, variables
from hfcore.ui.selection import Selection


def draw(chosen: Selection, data: Dataset) -> None:
    """Draw the tabs."""
    for tab, content in zip(st.tabs(list(TABS), key="explore-tab", bind="query-params"), TABS.values(), strict=True):
        with tab:
            if tab.open:
                content(chosen, data)


def _guardrails(chosen: Selection, data: Dataset) -> None:
    checked = selection.sample_words(chosen, data)
    if checked:
        st.caption(f"Checked on {checked}.")
    guardrail_list.draw(patients.guardrails(chosen, data))


TABS: dict[str, Callable[[Selection, Dataset], None]] = {
    "Patients": patients.draw,
    "Variables": variables.draw,
    "Table 1": baseline.draw,
    "Relations": relations.draw,
    "Survival": survival.draw,
    "Guardrails": _guardrails,
}
