"""The tab Threshold: what follows from calling everybody at or above a risk positive, and the ways to choose that risk."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import streamlit as st

from hfcore.reporting.report import ModelReport, ThresholdCounts
from hfcore.reporting.threshold_choice import ThresholdChoice, by_cost, by_hand, by_sensitivity, by_youden, counts_at
from hfcore.ui import chart, chosen_threshold
from hfcore.ui.figures import confusion
from hfcore.ui.guard import guard
from hfcore.ui.outcome import Outcome
from hfcore.ui.palette import is_dark, palette
from hfcore.ui.words import literal, percent

if TYPE_CHECKING:
    import plotly.graph_objects as go


@st.fragment
def draw(report: ModelReport, outcome: Outcome) -> None:
    """Draw the ways to choose, the four groups of patients, and the same in words; only this part runs again when one moves."""
    with guard():
        choice = _ask(report, outcome.for_markdown())
        counts = counts_at(report.thresholds, choice.value)
        st.markdown(f"**Threshold {percent(choice.value)}.** {sentence(counts, outcome.for_markdown())}")
        chart.draw(
            _figure(counts, outcome, is_dark()),
            "confusion",
            "How to read this: each bar is one group of patients; the solid part is judged rightly. These are the patients the "
            "threshold was chosen on, so it does a little worse on others.",
            sentence(counts, outcome),
        )
        with st.grid("auto", min_column_width=170, key="threshold-shares"):
            for title, value, help_ in shares(counts):
                st.metric(title, percent(value), help=help_)
        st.caption(_kept(report, choice))


@chart.kept(500)
def _figure(counts: ThresholdCounts, outcome: Outcome, dark: bool) -> go.Figure:
    return confusion.build(counts, outcome, palette(dark))


def _ask(report: ModelReport, words: Outcome) -> ThresholdChoice:
    """Draw the choice of a rule and its control; return what follows, and keep it for the registration."""
    ways: dict[str, Callable[[], ThresholdChoice]] = {
        "By hand": _by_hand,
        "By Youden's index": lambda: by_youden(report.thresholds),
        "By sensitivity": lambda: _by_sensitivity(report, words),
        "By the cost of errors": lambda: _by_cost(report, words),
    }
    first = next(iter(ways))
    rule = st.segmented_control(
        "How to choose the threshold", list(ways), default=first, required=True, key="threshold-rule", persist_state="session"
    )
    choice = ways[rule or first]()
    if len(report.labels) == 2 and (rule != first or choice.value != chosen_threshold.STANDARD):
        chosen_threshold.remember(report, choice)
    return choice


def _by_hand() -> ThresholdChoice:
    cut = st.slider(
        "Flag everybody with a risk of at least",
        min_value=0,
        max_value=100,
        value=50,
        format="%d %%",
        key="threshold",
        persist_state="session",
    )
    return by_hand(cut / 100)


def _by_sensitivity(report: ModelReport, words: Outcome) -> ThresholdChoice:
    target = st.slider(
        f"Of those {words.who_event}, find at least",
        min_value=50,
        max_value=100,
        value=90,
        format="%d %%",
        key="threshold-sensitivity",
        persist_state="session",
    )
    return by_sensitivity(report.thresholds, target / 100)


def _by_cost(report: ModelReport, words: Outcome) -> ThresholdChoice:
    ratio = st.number_input(
        f"Missing one of those {words.who_event} is as bad as how many false alarms?",
        min_value=0.1,
        max_value=1_000.0,
        value=5.0,
        step=1.0,
        format="%g",
        key="threshold-cost",
        persist_state="session",
        width=380,
    )
    st.caption(f"If the risks were exactly right, one would act from a risk of {percent(1 / (1 + ratio))} on.")
    return by_cost(report.thresholds, ratio)


def _kept(report: ModelReport, choice: ThresholdChoice) -> str:
    """Say how the threshold came about and where it goes."""
    if len(report.labels) > 2:
        return "With more than two outcomes an endpoint predicts the likeliest one; no threshold is kept with the model."
    return f"Chosen: {literal(choice.detail)}. It is proposed when this model is registered."


def sentence(counts: ThresholdCounts, outcome: Outcome) -> str:
    """Say in words how many are found, missed and flagged by mistake."""
    events = counts.true_positive + counts.false_negative
    others = counts.true_negative + counts.false_positive
    return (
        f"Of {events} {outcome.who_event}, {counts.true_positive} found and {counts.false_negative} missed; "
        f"{counts.false_positive} of {others} {outcome.who_other} flagged."
    )


def shares(counts: ThresholdCounts) -> tuple[tuple[str, float | None, str], ...]:
    """Return sensitivity, specificity and the two predictive values, each with its name and meaning."""
    found, missed = counts.true_positive, counts.false_negative
    cleared, flagged = counts.true_negative, counts.false_positive
    return (
        ("Sensitivity", _share(found, missed), "Of those with the outcome, the share that is flagged."),
        ("Specificity", _share(cleared, flagged), "Of those without the outcome, the share that is not flagged."),
        ("Positive predictive value", _share(found, flagged), "Of those flagged, the share that has the outcome."),
        ("Negative predictive value", _share(cleared, missed), "Of those not flagged, the share without the outcome."),
    )


def _share(part: int, rest: int) -> float | None:
    return part / (part + rest) if part + rest else None
