"""The tab Variables: every variable by outcome, the one that separates most first."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import streamlit as st

from hfcore.datasets.comparison import Comparison
from hfcore.datasets.dataset import Dataset
from hfcore.datasets.profile import ColumnProfile, Effect, Summary, TableProfile
from hfcore.datasets.schema import Column
from hfcore.ui import download, outcome, selection
from hfcore.ui.figures import spread
from hfcore.ui.palette import is_dark, palette
from hfcore.ui.patients import heading
from hfcore.ui.selection import Selection
from hfcore.ui.words import equals, literal, percent

if TYPE_CHECKING:
    import pandas as pd
    import plotly.graph_objects as go

_HOW_TO_READ = (
    "How to read this: each dot is a patient, the box holds the middle half, its line is the median. Sorted by effect size; "
    "what nobody knows when a new patient is scored comes last."
)
_HOW_TO_JUDGE = (
    "p: how often chance alone makes such a difference. q: p corrected for the number of variables looked at; "
    "of all variables with q below 0.05 about one in twenty is chance."
)
MOST_DOTS = 2_000
MOST_CARDS = 40
_SIZES = ((0.2, "hardly any difference"), (0.5, "small difference"), (0.8, "medium difference"))


def draw(chosen: Selection, data: Dataset) -> None:
    """Draw one card per variable: title and unit, the effect in words, the figure."""
    profile, tests = selection.profile(chosen, data), selection.comparisons(chosen, data)
    figures = _figures(chosen, is_dark(), _data=data)
    st.caption(" ".join(s for s in (_HOW_TO_READ, _HOW_TO_JUDGE if tests else "", _drawn(chosen, data)) if s))
    with st.grid(2, min_column_width=360, key="variables"):
        for variable in ordered(profile)[:MOST_CARDS]:
            with st.container(border=True):
                _card(variable, figures.get(variable.column.name), tests.get(variable.column.name))
    if len(profile.by_effect) > MOST_CARDS:
        st.caption(f"Showing {MOST_CARDS} of {len(profile.by_effect):,} variables; the download has them all.")
    download.table("variables", lambda: _rows(profile, tests), "Every figure, effect and test of this tab", "Download as CSV")


def _drawn(chosen: Selection, data: Dataset) -> str:
    """Say what was drawn at random; "" when everybody is shown."""
    dots, tested = selection.sample_words(chosen, data, MOST_DOTS), selection.sample_words(chosen, data)
    words = f"Dots and boxes show {dots}; the figures in words are of all." if dots else ""
    return f"{words} Tests: {tested}." if tested else words


def ordered(profile: TableProfile) -> list[ColumnProfile]:
    """Return the variables by effect size, those known when a patient is scored first."""
    return sorted(profile.by_effect, key=lambda p: not p.column.known_at_scoring)


def _card(variable: ColumnProfile, figure: go.Figure | None, test: Comparison | None) -> None:
    lines = [f"**{literal(heading(variable.column))}**", effect_words(variable), test_words(test) if test else ""]
    st.markdown("  \n".join(line for line in lines if line), help=literal(variable.column.meaning) or None)
    if figure is not None:
        key = f"variable-{variable.column.name}"
        alt = f"{variable.column.title} by outcome"
        st.plotly_chart(figure, width="stretch", theme=None, key=key, config={"displayModeBar": False}, alt=alt)


def effect_words(variable: ColumnProfile) -> str:
    """Say in markdown how the outcomes differ in a variable, and how large that is."""
    if len(variable.by_outcome) != 2:
        return ""
    if variable.column.kind == "category":
        return f"{size_words(variable.effect).capitalize()}."
    share = variable.column.kind == "boolean"
    which = "in the group"
    if set(variable.by_outcome) == set(outcome.VERBS):
        which = "of those who" if share else "among those who"
    outcomes = reversed([*variable.by_outcome.items()])
    parts = [f"{_typical(variable.column, summary)} {which} {literal(name)}" for name, summary in outcomes]
    late = "" if variable.column.known_at_scoring else " Nobody knows it when a new patient is scored."
    return f"{'' if share else 'Median '}{', '.join(parts)}: {size_words(variable.effect)}.{late}"


def _typical(column: Column, summary: Summary) -> str:
    if column.kind == "boolean":
        yes = (column.choices or ("no", "yes"))[1]
        return percent(summary.share_yes) + (f" {literal(yes)}" if yes != "yes" else "")
    return "no value" if summary.median is None else f"{summary.median:,.6g}"


def size_words(effect: Effect | None) -> str:
    """Say how large an effect is, by Cohen's words (1988): small from 0.2, medium from 0.5, large from 0.8."""
    if effect is None:
        return "no difference can be computed"
    size = next((words for limit, words in _SIZES if abs(effect.standardised) < limit), "large difference")
    if effect.cramers_v is not None:
        return f"{size} (Cramér's V = {effect.cramers_v:.2f})"
    written = f"{effect.standardised:.2f}".replace("-0.00", "0.00").replace("-", "−")
    return f"{size} (d = {written})"


def test_words(test: Comparison) -> str:
    """Say in markdown what the test found: its name, p and q."""
    if test.p is None:
        return f":small[Not tested: {test.test}.]"
    q = "" if test.q is None else f", q {equals(test.q)}"
    return f":small[{test.test}: p {equals(test.p)}{q}]"


def _rows(profile: TableProfile, tests: dict[str, Comparison]) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame([_row(variable, tests.get(variable.column.name)) for variable in ordered(profile)])


def _row(variable: ColumnProfile, test: Comparison | None) -> dict[str, object]:
    groups = {"all": variable.overall, **variable.by_outcome}
    figures = {f"{name}: {field}": value for name, summary in groups.items() for field, value in asdict(summary).items()}
    effect = variable.effect
    return {
        "variable": variable.column.name,
        "unit": variable.column.unit,
        **figures,
        "effect size d": effect.standardised if effect and effect.cramers_v is None else None,
        "Cramer's V": effect.cramers_v if effect else None,
        "test": test.test if test else "",
        "p": test.p if test else None,
        "q": test.q if test else None,
    }


@st.cache_data(show_spinner=False, max_entries=20)
def _figures(chosen: Selection, dark: bool, _data: Dataset) -> dict[str, go.Figure]:
    profile = selection.profile(chosen, _data)
    groups = by_outcome(selection.sample(chosen, _data, MOST_DOTS), _data, profile)
    return {p.column.name: _figure(p, groups, dark) for p in ordered(profile)[:MOST_CARDS]}


def _figure(variable: ColumnProfile, groups: dict[str, pd.DataFrame], dark: bool) -> go.Figure:
    if variable.column.kind == "boolean":
        return spread.shares(variable, palette(dark))
    if variable.column.kind == "category":
        return spread.values(variable, palette(dark))
    values = {name: rows[variable.column.name].dropna() for name, rows in groups.items()}
    return spread.numbers(variable, values, palette(dark))


def by_outcome(table: pd.DataFrame, data: Dataset, profile: TableProfile) -> dict[str, pd.DataFrame]:
    """Split the patients by outcome, in the order and with the names of the profile; all together without one."""
    label = data.schema.label
    if label is None or len(profile.outcomes) != 2:
        return {"patients": table}
    choices = label.choices or ("0", "1")
    parts = {name: table[table[label.name] == value] for value, name in enumerate(choices)}
    return {name: rows for name, rows in parts.items() if name in profile.outcomes}
