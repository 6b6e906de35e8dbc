"""The Explore page's address: its filters and choices stand there, so that a link shows somebody else the same page."""

from __future__ import annotations

from collections.abc import Iterable

import streamlit as st

from hfcore.datasets.dataset import Dataset
from hfcore.datasets.filters import Filter, read

WHERE, VERSION = "where", "version"
_CHOICES = ("across", "up", "by", "cut")
_HERE = "filter-column"  # a widget that every run of the page draws, so its state says that the reader was here before
_REMEMBERED, _ABOUT = "explore-address", "explore-about"


def filters(data: Dataset) -> tuple[Filter, ...]:
    """Return the filters of the address that fit the data set, at most one per column."""
    found = [read(text, data.schema) for text in st.query_params.get_all(WHERE)]
    return tuple({f.column: f for f in found if f is not None}.values())


def unreadable(data: Dataset) -> list[str]:
    """Return the filters of the address that do not fit the data set, as they are written there."""
    return [text for text in st.query_params.get_all(WHERE) if read(text, data.schema) is None]


def set_filter(data: Dataset, column: str, wanted: Filter | None) -> None:
    """Put a column's filter into the address, or take it out."""
    others = [f for f in filters(data) if f.column != column]
    set_filters([*others, wanted] if wanted else others)


def set_filters(wanted: Iterable[Filter]) -> None:
    """Put these filters into the address, and no others."""
    written = [f.written() for f in wanted]
    if written:
        st.query_params[WHERE] = written
    elif WHERE in st.query_params:
        del st.query_params[WHERE]


def forget() -> None:
    """Take filters, choices and version out of the address."""
    for name in (WHERE, VERSION, *_CHOICES):
        if name in st.query_params:
            del st.query_params[name]


def about(data: Dataset) -> None:
    """Forget filters and choices when the page turns to another data set, whose columns are others."""
    if st.session_state.get(_ABOUT, data.name) != data.name:
        forget()
    st.session_state[_ABOUT] = data.name


def version() -> int | None:
    """Return the version of the data set that the address names, None for the current one."""
    named = st.query_params.get(VERSION, "")
    return int(named) if named.isdecimal() and len(named) < 10 else None


def keep(data: Dataset) -> None:
    """Bring back what this session had in the address when it left the page, and remember what it has now."""
    pages = st.session_state.setdefault(_REMEMBERED, {})
    arrived = _HERE not in st.session_state
    before = pages.get((data.name, data.version))
    if arrived and before and not any(name in st.query_params for name in (WHERE, *_CHOICES)):
        for name, values in before.items():
            st.query_params[name] = values
    now = {name: st.query_params.get_all(name) for name in (WHERE, *_CHOICES)}
    if any(now.values()):
        st.query_params[VERSION] = str(data.version)
    pages[(data.name, data.version)] = {name: values for name, values in now.items() if values}
