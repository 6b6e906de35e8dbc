"""Patients kept by a pseudonym: saved only when the reader says so, filled in again at a press, deleted at another."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import streamlit as st

from hfcore.errors import HfError
from hfcore.scoring.saved_patients import LONGEST, SavedPatients
from hfcore.settings import Settings
from hfcore.ui import guard
from hfcore.ui.words import count, literal

_TOLD = "kept-patients-told"
_FAILED = "kept-patients-failed"


def draw(values: Mapping[str, Any], complete: bool, fill: Callable[[Mapping[str, Any]], None]) -> None:
    """Draw the popover.

    Args:
        values: The patient of the form.
        complete: Whether that patient can be scored.
        fill: Puts a patient's values into the form; called before the form is drawn.
    """
    saved = SavedPatients(Settings.from_env().home)
    with st.popover("Saved patients", icon=":material/folder_shared:", key="kept-patients"):
        _tell()
        try:
            names = saved.names()
        except HfError as error:
            guard.show(error)
            _purge(saved, 0)
            return
        if names:
            _choose(saved, names, fill)
        _save(saved, values, complete)
        if names:
            _purge(saved, len(names))
        st.caption(
            "Kept in a file of this machine that only its owner may read; everybody who uses this app sees the pseudonyms."
        )


def _tell() -> None:
    """Say once what the last press came to."""
    told, failed = st.session_state.pop(_TOLD, ""), st.session_state.pop(_FAILED, None)
    if failed is not None:
        guard.show(failed)
    elif told:
        st.success(literal(told), icon=":material/check_circle:")


def _attempt(work: Callable[[], str]) -> None:
    """Do what a press asks for, before the page is drawn again; keep what to say about it."""
    try:
        st.session_state[_TOLD] = work()
    except HfError as error:
        st.session_state[_FAILED] = error


def _choose(saved: SavedPatients, names: tuple[str, ...], fill: Callable[[Mapping[str, Any]], None]) -> None:
    name = str(st.selectbox("Saved as", names, key="kept-choice"))

    def load() -> str:
        fill(saved.get(name))
        return f"The form holds {name}."

    def forget() -> str:
        saved.forget(name)
        return f"{name} is deleted."

    with st.container(horizontal=True):
        st.button("Fill in", key="kept-load", on_click=_attempt, args=(load,))
        st.button("Delete", key="kept-forget", on_click=_attempt, args=(forget,))


def _save(saved: SavedPatients, values: Mapping[str, Any], complete: bool) -> None:
    pseudonym = st.text_input("Pseudonym", key="kept-name", max_chars=LONGEST, placeholder="Never a name or a hospital number")
    agreed = st.checkbox("Keep these values on this machine until I delete them", key="kept-agreed")

    def save() -> str:
        return f"Kept as {saved.save(pseudonym or '', values)}."

    st.button(
        "Save", key="kept-save", disabled=not (agreed and complete and (pseudonym or "").strip()), on_click=_attempt, args=(save,)
    )


def _purge(saved: SavedPatients, number: int) -> None:
    def purge() -> str:
        gone = saved.purge()
        return f"{count(gone, 'saved patient')} deleted."

    sure = st.checkbox("I want to delete every saved patient", key="kept-sure")
    label = f"Delete all {number}" if number else "Delete all"
    st.button(label, key="kept-purge", disabled=not sure, on_click=_attempt, args=(purge,))
