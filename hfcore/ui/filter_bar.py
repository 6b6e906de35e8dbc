"""The bar of filters above the tabs of the Explore page: sex and age at hand, any other column on request."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from hfcore.datasets.dataset import Dataset
from hfcore.datasets.filters import Filter, is_number
from hfcore.datasets.schema import Column
from hfcore.ui import address
from hfcore.ui.words import literal

EVERYBODY = "Everybody"
AT_HAND = ("sex", "age")
MAX_LEVELS = 100
_PLURALS = {"woman": "Women", "man": "Men"}

Limits = Mapping[str, tuple[float, float]]


def draw(data: Dataset, limits: Limits) -> tuple[Filter, ...]:
    """Draw the filters at hand, the others as chips that a click removes, and the way to add one; return them all.

    Args:
        data: The data set.
        limits: Smallest and largest value of each column of numbers.
    """
    filters = address.filters(data)
    set_now = {f.column: f for f in filters}
    at_hand = [name for name in AT_HAND if _is_at_hand(data, name, limits)]
    for name in at_hand:
        (_ages if is_number(data.schema[name]) else _sex)(data, data.schema[name], set_now.get(name), limits)
    for wanted in filters:
        if wanted.column not in at_hand:
            _chip(data, wanted)
    _adder(data, set_now, limits)
    if filters:
        label = f"Show all {data.rows:,} again"
        st.button(label, key="filter-reset", type="tertiary", on_click=address.set_filters, args=((),))
    return filters


def _is_at_hand(data: Dataset, name: str, limits: Limits) -> bool:
    if name not in data.schema:
        return False
    column = data.schema[name]
    return column.kind == "boolean" if name == "sex" else is_number(column) and _whole(limits, name) is not None


def _whole(limits: Limits, name: str) -> tuple[int, int] | None:
    """Return the limits of a column in whole numbers, None when there is nothing to choose from."""
    if name not in limits:
        return None
    low, high = int(limits[name][0] // 1), -int(-limits[name][1] // 1)
    return (low, high) if low < high else None


def _sex(data: Dataset, column: Column, wanted: Filter | None, limits: Limits) -> None:
    choices = [_PLURALS.get(c, c) for c in column.choices or ("0", "1")]
    key = f"filter-{column.name}-{data.name}"
    st.session_state[key] = choices[int(wanted.values[0])] if wanted and len(wanted.values) == 1 else EVERYBODY

    def changed() -> None:
        chosen = st.session_state[key]
        address.set_filter(data, column.name, None if chosen == EVERYBODY else Filter(column.name, (str(choices.index(chosen)),)))

    st.segmented_control(column.title, [EVERYBODY, *choices], required=True, key=key, on_change=changed)


def _ages(data: Dataset, column: Column, wanted: Filter | None, limits: Limits) -> None:
    whole = _whole(limits, column.name)
    if whole is None:
        return
    low, high = whole
    key = f"filter-{column.name}-{data.name}"
    st.session_state[key] = _within(wanted, low, high)

    def changed() -> None:
        chosen = st.session_state[key]
        address.set_filter(data, column.name, None if chosen == whole else Filter(column.name, low=chosen[0], high=chosen[1]))

    title = f"{column.title}, {column.unit}" if column.unit else column.title
    st.slider(literal(title), low, high, key=key, on_change=changed, width=260)


def _within(wanted: Filter | None, low: int, high: int) -> tuple[int, int]:
    """Return the slider's two values for a filter that may reach beyond what there is."""
    first = low if wanted is None or wanted.low is None else min(max(int(wanted.low // 1), low), high)
    last = high if wanted is None or wanted.high is None else min(max(-int(-wanted.high // 1), low), high)
    return min(first, last), max(first, last)


def _chip(data: Dataset, wanted: Filter) -> None:
    words = filter_words(data.schema[wanted.column], wanted)
    st.button(
        literal(words),
        key=f"filter-chip-{wanted.column}",
        icon=":material/close:",
        icon_position="right",
        help="Remove this filter",
        on_click=address.set_filter,
        args=(data, wanted.column, None),
    )


def filter_words(column: Column, wanted: Filter) -> str:
    """Say what a filter lets through: Anaemia: yes; Ejection fraction at most 30 %; Age 60 to 95 years."""
    if wanted.values:
        choices = column.choices or ("no", "yes")
        values = [choices[int(v)] if column.kind == "boolean" else v for v in wanted.values]
        return f"{column.title}: {' or '.join(values)}"
    unit = f" {column.unit}" if column.unit else ""
    low, high = (None if bound is None else f"{bound:,.10g}" for bound in (wanted.low, wanted.high))
    bounds = f"{low} to {high}" if low and high else f"from {low}" if low else f"at most {high}"
    return f"{column.title} {bounds}{unit}"


def _adder(data: Dataset, set_now: Mapping[str, Filter], limits: Limits) -> None:
    names = [c.name for c in data.schema if _can_be_filtered(c, limits)]
    with st.popover("Add a filter", icon=":material/filter_alt:", key="filter-add"):
        name = st.selectbox("Variable", names, key="filter-column", format_func=lambda n: data.schema[n].title)
        if name is None:
            return
        column = data.schema[name]
        _editor(data, column, set_now.get(name), limits)
        st.button("Apply", key="filter-apply", type="primary", on_click=_apply, args=(data, column))


def _can_be_filtered(column: Column, limits: Limits) -> bool:
    return column.name in limits or column.kind == "boolean" or bool(column.levels)


def _editor(data: Dataset, column: Column, wanted: Filter | None, limits: Limits) -> None:
    """Draw what the values of one column are chosen with; `_apply` reads it."""
    key = _editor_key(data, column)
    if is_number(column):
        low, high = limits[column.name]
        first, last = st.columns(2)
        bounds = (wanted.low, wanted.high) if wanted else (None, None)
        first.number_input("From", value=bounds[0], key=f"{key}-low", placeholder=f"{low:,.10g}", format="%g")
        last.number_input("To", value=bounds[1], key=f"{key}-high", placeholder=f"{high:,.10g}", format="%g")
        st.caption(f"Both included{f', in {literal(column.unit)}' if column.unit else ''}. Leave one empty for no limit.")
        return
    options = ["0", "1"] if column.kind == "boolean" else list(column.levels)
    named = dict(zip(options, column.choices or ("no", "yes"), strict=False)) if column.kind == "boolean" else {}
    shown = [v for v in wanted.values if v in options] if wanted else []
    st.multiselect("Values", options, shown, key=key, format_func=lambda v: named.get(v, v))


def _editor_key(data: Dataset, column: Column) -> str:
    return f"filter-edit-{data.name}-{column.name}"


def _apply(data: Dataset, column: Column) -> None:
    key, state = _editor_key(data, column), st.session_state
    if is_number(column):
        low, high = state.get(f"{key}-low"), state.get(f"{key}-high")
        wanted = None if low is None and high is None else Filter(column.name, low=low, high=high)
    else:
        values = tuple(state.get(key) or ())
        wanted = Filter(column.name, values) if values else None
    address.set_filter(data, column.name, wanted)
