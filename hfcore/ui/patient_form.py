"""The patient form: the served model's variables in groups, with units, usual ranges and a check of every value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import streamlit as st

from hfcore.datasets.dataset import Dataset
from hfcore.datasets.heart_failure import SAMPLE_PATIENT
from hfcore.datasets.schema import Column
from hfcore.datasets.unit_slips import unit_slip
from hfcore.records import Endpoint
from hfcore.ui import data_sets, kept_patients, unit_hint
from hfcore.ui.patients import heading
from hfcore.ui.words import literal
from hfcore.workspace import Workspace

Value = float | int | bool | str
GROUPS = {
    "demographics": "Demographics",
    "history": "History",
    "laboratory": "Laboratory",
    "echocardiography": "Echocardiography",
    "follow-up": "Follow-up",
    "": "Other",
}
_LATE = "This model was trained with it, and nobody knows it for a new patient: it says how the risk looks from hindsight."

_TYPICAL = "The form begins with the medians and the most frequent words of the table that the model learned from."


@dataclass(frozen=True)
class Patient:
    """One patient as typed: values by column, and what is wrong with which."""

    values: Mapping[str, Value]
    wrong: Mapping[str, str]


def columns(ws: Workspace, endpoint: Endpoint, own: Dataset | None) -> tuple[Column, ...]:
    """Return what the endpoint wants to know, as its own table describes it where there is one, else as any here does."""
    if not endpoint.features:
        return tuple(c for c in ws.dataset().schema.features if c.known_at_scoring or endpoint.uses_follow_up_time)
    tables = [*([own] if own else []), *data_sets.shipped_first(ws)]
    known = {c.name: c for data in reversed(tables) for c in data.schema}
    return tuple(known.get(name) or Column(name, name, "number") for name in endpoint.features)


def draw(wanted: Sequence[Column], start: Mapping[str, Value] = SAMPLE_PATIENT) -> Patient:
    """Draw the form, which begins with the values of `start`, and return what it says."""
    values: dict[str, Value | None] = {}
    for group, title in GROUPS.items():
        mine = [c for c in wanted if (c.group if c.group in GROUPS else "") == group]
        if mine:
            st.markdown(f"**{title}**")
            with st.grid(3, min_column_width=165, gap="xsmall", vertical_alignment="bottom", key=f"patient-{group or 'other'}"):
                for column in mine:
                    with st.container(gap="xxsmall"):
                        values[column.name] = _field(column, start)
    wrong = {c.name: problem for c in wanted if (problem := check(c, values[c.name]))}
    patient = Patient({c.name: v for c in wanted if (v := values[c.name]) is not None}, wrong)
    with st.container(horizontal=True, vertical_alignment="center"):
        made_up = start is SAMPLE_PATIENT
        st.button(
            "Back to the sample patient" if made_up else "Back to typical values",
            key="sample-patient",
            type="tertiary",
            help=None if made_up else _TYPICAL,
            on_click=_fill,
            args=(wanted, start),
        )
        kept_patients.draw(patient.values, not wrong, partial(_fill, wanted))
    return patient


def _fill(wanted: Sequence[Column], values: Mapping[str, Any]) -> None:
    """Put a patient's values into the fields; a field that the patient has no value for is emptied."""
    for column in wanted:
        st.session_state[_key(column)] = _as_field(column, values.get(column.name))


def _as_field(column: Column, value: Any) -> Value | None:
    """Return a value in the form that its field has it."""
    if column.kind == "boolean":
        yes = bool(value)
        return yes if column.choices in (None, ("no", "yes")) else (column.choices or ("", ""))[yes]
    if value is None or column.kind == "category":
        return value if isinstance(value, str) and (value in column.levels or not column.levels) else None
    return int(value) if column.kind == "integer" else float(value)


def _field(column: Column, start: Mapping[str, Value]) -> Value | None:
    if _key(column) not in st.session_state:
        st.session_state[_key(column)] = _as_field(column, start.get(column.name))
    if column.kind == "boolean":
        return _choice(column)
    if column.kind == "category":
        if not column.levels:
            text: str | None = st.text_input(heading(column), **_common(column))
            return text
        chosen: str | None = st.selectbox(heading(column), column.levels, index=None, placeholder="Choose", **_common(column))
        return chosen
    value = _number(column)
    problem = check(column, value)
    if problem:
        st.markdown(f":small[:red[:material/error: {literal(problem)}]]")
    else:
        st.caption(literal(range_words(column)))
    slip = unit_slip(column, value)
    if slip is not None:
        unit_hint.draw(column, slip, _key(column))
    if not column.known_at_scoring:
        st.markdown(f":small[:orange[{_LATE}]]")
    return value


def _common(column: Column) -> dict[str, Any]:
    return {"key": _key(column), "help": literal(column.meaning), "persist_state": "session"}


def _choice(column: Column) -> bool:
    if column.choices in (None, ("no", "yes")):
        return st.toggle(column.title, **_common(column))
    words = list(column.choices or ())
    chosen = st.segmented_control(column.title, words, required=True, format_func=str.capitalize, **_common(column))
    st.caption("as recorded")
    return bool(chosen == words[1])


def _number(column: Column) -> float | int | None:
    """Draw a field that can be empty: one that is cleared must not fall back to a value that nobody typed."""
    if column.kind == "integer":
        whole: int | None = st.number_input(heading(column), value=None, step=1, **_common(column))
        return whole
    step = 0.1 if column.high is not None and column.high <= 50 else 1.0
    number: float | None = st.number_input(heading(column), value=None, step=step, format="%g", **_common(column))
    return number


def _key(column: Column) -> str:
    return f"patient-value-{column.name}"


def range_words(column: Column) -> str:
    """Write the usual range of a healthy adult, or the accepted range where there is none."""
    if column.normal_low is not None and column.normal_high is not None:
        return f"usual {_number_words(column.normal_low)} to {_number_words(column.normal_high)}"
    if column.low is not None and column.high is not None:
        return f"accepted {_number_words(column.low)} to {_number_words(column.high)}"
    return ""


def check(column: Column, value: Value | None) -> str | None:
    """Say what is wrong with a value, naming field and accepted range, or return None."""
    if value is None or value == "":
        return f"{column.title} is empty{_range(column, '; it must be between')}."
    if isinstance(value, bool | str) or column.low is None or column.high is None:
        return None
    if not column.low <= value <= column.high:
        return f"{column.title} is {_number_words(value)}{_unit(column)}{_range(column, '; it must be between')}."
    return None


def value_words(column: Column, value: Value) -> str:
    """Write a value as people read it, with its unit: 1.4 mg/dL, yes, woman."""
    if column.kind == "boolean":
        return (column.choices or ("no", "yes"))[bool(value)]
    return value if isinstance(value, str) else f"{_number_words(value)}{_unit(column)}"


def _range(column: Column, words: str) -> str:
    if column.low is None or column.high is None or column.kind == "boolean":
        return ""
    return f"{words} {_number_words(column.low)} and {_number_words(column.high)}{_unit(column)}"


def _unit(column: Column) -> str:
    return f" {column.unit}" if column.unit else ""


def _number_words(number: float) -> str:
    return f"{number:,.10g}"
