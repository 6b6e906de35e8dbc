"""The tab Threshold: what follows from calling everybody at or above a risk positive."""

from __future__ import annotations

import streamlit as st

from hfcore.reporting.report import ModelReport, ThresholdCounts
from hfcore.ui import chart
from hfcore.ui.figures import confusion
from hfcore.ui.guard import guard
from hfcore.ui.outcome import Outcome
from hfcore.ui.palette import is_dark, palette
from hfcore.ui.words import percent


@st.fragment
def draw(report: ModelReport, outcome: Outcome) -> None:
    """Draw the slider, the four groups of patients, and the same in words; only this part runs again when it moves."""
    with guard():
        cut = st.slider(
            "Flag everybody with a risk of at least",
            min_value=0,
            max_value=100,
            value=50,
            format="%d %%",
            key="threshold",
            persist_state="session",
        )
        counts = nearest(report, cut / 100)
        st.markdown(sentence(counts, outcome.for_markdown()))
        chart.draw(
            confusion.build(counts, outcome, palette(is_dark())),
            "confusion",
            "How to read this: each bar is one group of patients; the solid part is judged rightly.",
            sentence(counts, outcome),
        )
        with st.grid("auto", min_column_width=170, key="threshold-shares"):
            for title, value, help_ in shares(counts):
                st.metric(title, percent(value), help=help_)


def nearest(report: ModelReport, cut: float) -> ThresholdCounts:
    """Return the counts of the threshold that is closest to `cut`."""
    return min(report.thresholds, key=lambda counts: abs(counts.threshold - cut))


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
