"""The first lines of the Model page: the honest sentence, the notice about follow-up time, the headline figures."""

from __future__ import annotations

import streamlit as st

from hfcore.reporting.headline import headline
from hfcore.reporting.report import Estimate, ModelReport
from hfcore.ui import follow_up
from hfcore.ui.metric_words import meaning
from hfcore.ui.words import literal, metric

HEADLINES = {
    "AUC_weighted": "AUC",
    "average_precision_score_weighted": "Average precision",
    "balanced_accuracy": "Balanced accuracy",
    "matthews_correlation": "Matthews corr.",
}


def draw(report: ModelReport) -> None:
    """Draw the sentence that answers the page's question; in a warning box when the model uses follow-up time."""
    sentence = literal(headline(report).replace("`", ""))
    if report.uses_follow_up_time:
        st.warning(sentence, icon=":material/warning:")
    else:
        st.markdown(sentence, help=_method(report))


def _method(report: ModelReport) -> str | None:
    if report.honest is None:
        return None
    return literal(". ".join(part for part in (report.honest.method.capitalize(), report.honest_note.capitalize()) if part) + ".")


def figures(report: ModelReport) -> None:
    """Draw the headline metrics in a row, each with its 95 % interval, and say how they were made."""
    with_time = report.uses_follow_up_time
    with st.grid("auto", min_column_width=150 if with_time else 130, key="headline-metrics"):
        for name, title in HEADLINES.items():
            if name in report.metrics:
                help_ = f"{meaning(name).sentence}\n\nAzure's name: `{name}`"
                _figure(title, report.metrics[name], report.intervals.get(name), help_, with_time)
        _figure("Brier score", report.brier, report.intervals.get("brier"), _BRIER, with_time)
    late = ":orange[:material/warning: With follow-up time.] " if with_time else ""
    st.caption(f"{late}From {literal(report.validation)}{_beside(report)}")


def _beside(report: ModelReport) -> str:
    """Say what the intervals are, or why there are none."""
    if not report.intervals:
        return f". {literal(report.honest_note)}." if report.honest_note else "."
    honest = " The sentence above takes out the luck of having been picked as the best." if report.honest else ""
    return f"; intervals are over patients.{honest}"


_BRIER = "Mean squared distance between the predicted risk and what happened (0 or 1). 0 is perfect, lower is better."


def _figure(title: str, value: float, interval: Estimate | None, help_: str, with_time: bool) -> None:
    bounds = None
    if interval is not None and interval.low is not None and interval.high is not None:
        bounds = f"95 % {metric(interval.low)} to {metric(interval.high)}"
    if with_time:
        title, help_ = f"{title} :orange[:material/warning:]", f"**With follow-up time.** {follow_up.WHY}\n\n{help_}"
    st.metric(title, metric(value), bounds, delta_color="off", delta_arrow="off", help=help_)
