"""The view of the Explore page that its address names, and the ways in and out (a link to a page does not change the address)."""

from __future__ import annotations

import streamlit as st

from hfcore.ui.words import literal

VIEW, OF = "view", "of"
_TOLD = "view-told"
_DATA_SET = "dataset"  # the key of the page's chooser, and its name in the address


def name() -> str:
    """Return the view that the address names, "" for the data themselves."""
    return str(st.query_params.get(VIEW, ""))


def of() -> str | None:
    """Return the data set that the view is about, None when the address does not say."""
    return st.query_params.get(OF) or None


def button(label: str, icon: str, view: str, data_set: str = "") -> None:
    """Draw the way to a view."""
    st.button(label, key=f"view-{view}", icon=icon, type="tertiary", on_click=_open, args=(view, data_set))


def way_back() -> None:
    """Draw the way back to the data."""
    st.button("Back to the data", key="view-back", icon=":material/arrow_back:", type="tertiary", on_click=_close)


def _open(view: str, data_set: str) -> None:
    st.query_params[VIEW] = view
    if data_set:
        st.query_params[OF] = data_set


def _close() -> None:
    for key in (VIEW, OF):
        if key in st.query_params:
            del st.query_params[key]


def leave(sentence: str, data_set: str | None = None) -> None:
    """Go back to the data, of another data set when one is named, and say what was done."""
    st.session_state[_TOLD] = sentence
    if data_set is not None:
        st.session_state[_DATA_SET] = data_set
    _close()
    st.rerun()


def stay(sentence: str) -> None:
    """Draw the view anew and say what was done."""
    st.session_state[_TOLD] = sentence
    st.rerun()


def told() -> None:
    """Draw what was done, once."""
    sentence = st.session_state.pop(_TOLD, None)
    if sentence:
        st.success(literal(sentence), icon=":material/check_circle:")
