"""The tab Calibration & benefit: do the predicted risks come true, and is acting on them worth it."""

from __future__ import annotations

import streamlit as st

from hfcore.reporting.report import Estimate, ModelReport
from hfcore.ui import panels
from hfcore.ui.outcome import Outcome
from hfcore.ui.panels import Panel
from hfcore.ui.words import metric, percent

_SLOPE = (
    "1 when the risks spread as they should. Below 1 they are too extreme: high risks too high, low ones too low. "
    "A logistic regression of the outcome on the log odds of the risk (Cox 1958)."
)
_LARGE = (
    "Calibration-in-the-large, in log odds: 0 when the risks are right on average, above 0 when more happened than was "
    "predicted, below 0 when less did."
)
_BRIER = "Mean squared distance between the predicted risk and what happened (0 or 1). 0 is perfect, lower is better."


def draw(workspace: str, report: ModelReport, outcome: Outcome) -> None:
    """Draw the figures with their intervals, and calibration and decision curve side by side."""
    words = outcome.for_markdown()
    with st.grid("auto", min_column_width=170, key="calibration-figures"):
        _figure("Brier score", Estimate(report.brier) if "brier" not in report.intervals else report.intervals["brier"], _BRIER)
        _figure("Calibration slope", report.calibration_slope, _SLOPE)
        _figure("Calibration-in-the-large", report.calibration_intercept, _LARGE)
    st.markdown(_sentence(report, words))
    shown = [_calibration(report, words)]
    if report.benefit:
        shown.append(_benefit(report, words))
    panels.draw(workspace, report, outcome, shown, "calibration-benefit")


def _figure(title: str, found: Estimate | None, help_: str) -> None:
    if found is None or found.value != found.value:
        return
    bounds = f"95 % {metric(found.low)} to {metric(found.high)}" if found.low is not None and found.high is not None else None
    st.metric(title, metric(found.value), bounds, delta_color="off", delta_arrow="off", help=help_)


def _sentence(report: ModelReport, words: Outcome) -> str:
    """Say in words what the figures mean, never more than their intervals allow."""
    share = report.events / report.rows if report.rows else 0.0
    parts = [f"Giving every patient the same {percent(share)} would score a Brier of {metric(share * (1 - share))}."]
    found = (_standing(report.calibration_slope, 1.0, _SLOPES), _standing(report.calibration_intercept, 0.0, _LARGES))
    return " ".join(parts + [part.format(event=words.did) for part in found if part])


_SLOPES = (
    "The risks are too extreme: high ones should be lower, low ones higher.",
    "Nothing shows that the risks spread too far or too little.",
    "The risks are too timid: high ones should be higher, low ones lower.",
)
_LARGES = (
    "On average the risks are too high: fewer {event} than predicted.",
    "On average as many {event} as predicted, as far as these patients can tell.",
    "On average the risks are too low: more {event} than predicted.",
)


def _standing(found: Estimate | None, right: float, words: tuple[str, str, str]) -> str:
    """Choose the words for an interval below, around or above what would be right."""
    if found is None or found.low is None or found.high is None:
        return ""
    return words[0] if found.high < right else words[2] if found.low > right else words[1]


def _calibration(report: ModelReport, words: Outcome) -> Panel:
    return Panel(
        "calibration",
        "Calibration",
        "How to read this: each point is a group of patients given a similar risk; the bar is the 95 % interval (Wilson) of "
        f"the share that {words.did}. Points above the dotted line: the model promised too little risk. Distrust single "
        "points whose bar crosses the line.",
        "Calibration: predicted against observed risk",
        lambda: panels.rows(report.calibration),
    )


def _benefit(report: ModelReport, words: Outcome) -> Panel:
    return Panel(
        "net-benefit",
        "Decision curve",
        "How to read this: pick the risk from which you would act. Acting on the model is worth it where its line is above both "
        "others. 0.05 is worth as much as finding 5 in 100 patients without a single false alarm (Vickers and Elkin 2006). "
        "Distrust differences smaller than the shade, a 95 % band, and thresholds nobody would use.",
        "Net benefit of acting on the model, on everybody and on nobody",
        lambda: panels.rows(report.benefit),
    )
