"""The first sentence of the Explore page, and the table of patients."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import streamlit as st

from hfcore.datasets.dataset import Dataset
from hfcore.datasets.guardrails import Guardrail, check_guardrails
from hfcore.datasets.profile import ColumnProfile, TableProfile
from hfcore.datasets.schema import Column, Schema
from hfcore.datasets.survival import median_follow_up
from hfcore.ui import download, export, selection
from hfcore.ui.selection import Selection
from hfcore.ui.words import count, inside, literal, percent

if TYPE_CHECKING:
    import pandas as pd

HEIGHT = 460
MOST_SHOWN = 1_000
CLEAR_EFFECT = 0.5


def opening(chosen: Selection, data: Dataset) -> str:
    """Say who the patients are, what separates those who died, and what the guardrails found, in markdown."""
    profile = selection.profile(chosen, data)
    event = _event(profile, data)
    sentences = (_who(profile, event), _follow_up(chosen, data), _difference(profile, event))
    return " ".join(s for s in sentences if s)


def guardrail_summary(found: tuple[Guardrail, ...]) -> str:
    """Say how many checks passed, were repaired and ask for attention."""
    counts = Counter(g.state for g in found)
    parts = [f"{counts[state]} {state.lower()}" for state in ("Passed", "Done", "Alerted") if counts[state]]
    return f"Guardrails: {', '.join(parts)}."


def guardrails(chosen: Selection, data: Dataset) -> tuple[Guardrail, ...]:
    """Check the chosen patients as a table to train on; empty for a table without a label."""
    return _guardrails(chosen, _data=data) if data.schema.label else ()


@st.cache_data(show_spinner=False, max_entries=50)
def _guardrails(chosen: Selection, _data: Dataset) -> tuple[Guardrail, ...]:
    label = _data.schema.label
    return check_guardrails(selection.sample(chosen, _data), label.name, _data.schema) if label else ()


def _event(profile: TableProfile, data: Dataset) -> str:
    """Return the outcome that is counted, as it follows "those who": died, have diagnosis malignant; "" without two outcomes."""
    label = data.schema.label
    if label is None or len(profile.outcomes) != 2:
        return ""
    event = literal(list(profile.outcomes)[1])
    return event if event == "died" else f"have {literal(label.title)} {event}"


def _who(profile: TableProfile, event: str) -> str:
    if not event:
        return f"**{count(profile.rows, 'patient')}**."
    number = list(profile.outcomes.values())[1]
    return f"**{count(profile.rows, 'patient')}**, of whom **{number:,} {event}** ({percent(number / profile.rows)})."


def _follow_up(chosen: Selection, data: Dataset) -> str:
    days = _median_follow_up(chosen, _data=data)
    return "" if days is None else f"Median follow-up {days:.0f} days."


@st.cache_data(show_spinner=False, max_entries=50)
def _median_follow_up(chosen: Selection, _data: Dataset) -> float | None:
    label = _data.schema.label
    if label is None or "time" not in _data.schema:
        return None
    rows = selection.table(chosen, _data, ("time", label.name)).dropna()
    return median_follow_up(rows["time"], rows[label.name] == 1)


def _difference(profile: TableProfile, event: str) -> str:
    clear = [
        p for p in profile.by_effect if p.effect and p.column.known_at_scoring and abs(p.effect.standardised) >= CLEAR_EFFECT
    ]
    if not clear or not event:
        return ""
    verb = "had" if event == "died" else "have"
    return f"Those who {event} {verb} {_listed([_direction(p) for p in clear[:3]])}."


def _direction(profile: ColumnProfile) -> str:
    higher = profile.effect is not None and profile.effect.standardised > 0
    title = literal(inside(profile.column.title))
    if profile.column.kind == "boolean":
        return f"{title} {'more' if higher else 'less'} often"
    return f"{'higher' if higher else 'lower'} {title}"


def _listed(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def draw(chosen: Selection, data: Dataset) -> None:
    """Draw the table of the chosen patients and its download."""
    shown, number = _readable(chosen, _data=data), selection.size(chosen, data)
    if len(shown) < number:
        st.caption(f"Showing the first {len(shown):,} of {number:,} patients; filter to see others, or download them all.")
    labels = [c.name for c in data.schema if c.is_label]
    st.dataframe(
        shown,
        key="patients",
        height=HEIGHT,
        hide_index=True,
        column_config={c.name: _config(c) for c in data.schema if c.name in shown.columns},
        column_order=sorted(shown.columns, key=lambda name: name not in labels),
    )
    download.table(
        "patients",
        lambda: selection.table(chosen, data),
        "The values as stored: yes is 1, no is 0.",
        label=f"Download {count(number, 'row')} as CSV",
        name=data.name,
        look="secondary",
    )


def heading(column: Column) -> str:
    """Write a column's title with its unit: Age (years)."""
    return f"{column.title} ({column.unit})" if column.unit else column.title


def _config(column: Column) -> Any:
    if column.kind in ("number", "integer"):
        return st.column_config.NumberColumn(heading(column), help=literal(column.meaning), format="%.10g")
    return st.column_config.TextColumn(heading(column), help=literal(column.meaning), pinned=column.is_label)


@st.cache_data(show_spinner=False, max_entries=20)
def _readable(chosen: Selection, _data: Dataset) -> pd.DataFrame:
    frame = export.neutral_table(selection.table(chosen, _data).head(MOST_SHOWN))
    return frame.assign(**{c.name: frame[c.name].map(_words(c)) for c in _yes_no(_data.schema) if c.name in frame.columns})


def _yes_no(schema: Schema) -> list[Column]:
    return [c for c in schema if c.kind == "boolean"]


def _words(column: Column) -> dict[object, str]:
    no, yes = column.choices or ("no", "yes")
    return {0: no, 1: yes}
