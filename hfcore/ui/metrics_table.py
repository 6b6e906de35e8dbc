"""Every metric of a report as a table: mean, spread over the folds, interval, and what it means."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from hfcore.reporting.report import ModelReport, ReferenceComparison
from hfcore.ui import download
from hfcore.ui.metric_words import meaning
from hfcore.ui.outcome import Outcome
from hfcore.ui.words import MISSING, literal, metric

if TYPE_CHECKING:
    import pandas as pd


def draw(workspace: str, report: ModelReport, outcome: Outcome) -> None:
    """Draw the table and its download, and what knowing nothing would reach."""
    st.caption(explained(report))
    table = _table(workspace, report.run_id, report.child_id, _report=report)
    st.table(table, border="horizontal", hide_index=True, alt="Every metric of this model")
    download.table("metrics", lambda: _figures(report), "These figures as a table, every fold included")
    st.markdown(knowing_nothing(report, outcome.for_markdown()))


def explained(report: ModelReport) -> str:
    """Say what the figures are, as far as the backend says it."""
    if not report.fold_metrics:
        return "Each figure is the mean over the validation folds; Azure tells no figure per fold. In grey, Azure's name."
    beside = " To the right, simpler models on the same folds." if _simpler(report) else ""
    return (
        f"Each figure is the mean over {_folds(report)} validation folds; the spread is from the lowest fold to the highest; "
        f"intervals are over patients. In grey, Azure's name.{beside}"
    )


def knowing_nothing(report: ModelReport, outcome: Outcome) -> str:
    """Say how often the commoner outcome alone is right; "" where nobody has been counted."""
    if not report.rows:
        return ""
    most = max(report.events, report.rows - report.events)
    word = outcome.event if most == report.events else outcome.other
    return (
        f"Saying “{word}” of everybody is right for {most} of {report.rows}: accuracy {metric(most / report.rows)}, balanced "
        "accuracy 0.500, Matthews correlation 0.000."
    )


def _folds(report: ModelReport) -> int:
    return max((len(values) for values in report.fold_metrics.values()), default=0)


def _simpler(report: ModelReport) -> dict[str, ReferenceComparison]:
    """Return the simpler models that have metrics, by a short name."""
    return {r.name.partition(" of ")[0].capitalize(): r for r in report.references if r.metrics}


def _names(report: ModelReport) -> list[str]:
    return sorted(report.metrics, key=str.lower)


@st.cache_data(show_spinner=False, max_entries=50)
def _table(workspace: str, run_id: str, child_id: str, _report: ModelReport) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame([_row(_report, name) for name in _names(_report)])


def _row(report: ModelReport, name: str) -> dict[str, str]:
    """Return the cells of one metric, in markdown."""
    folds = report.fold_metrics.get(name) or ()
    interval = report.intervals.get(name)
    words = meaning(name)
    azure = f" :gray[{literal(name)}]" if words.title != name else ""
    return {
        "Metric": f"**{literal(words.title)}**{azure}  \n:small[{literal(words.sentence)}]",
        "Mean": f"**{metric(report.metrics[name])}**",
        "Folds": _range(min(folds), max(folds)) if folds else MISSING,
        "95 % interval": _range(interval.low, interval.high) if interval else MISSING,
        **{title: metric(r.metrics.get(name)) for title, r in _simpler(report).items()},
    }


def _range(low: float | None, high: float | None) -> str:
    """Write a range so that it stays on one line."""
    return f"{metric(low)} to {metric(high)}".replace(" ", "\u00a0")


def _figures(report: ModelReport) -> pd.DataFrame:
    import pandas as pd

    rows = []
    for name in _names(report):
        interval = report.intervals.get(name)
        bounds = {"low": interval.low if interval else None, "high": interval.high if interval else None}
        folds = {f"fold {i}": value for i, value in enumerate(report.fold_metrics.get(name, ()), 1)}
        simpler = {r.name: r.metrics.get(name) for r in _simpler(report).values()}
        rows.append({"metric": name, "mean": report.metrics[name], **bounds, **simpler, **folds})
    return pd.DataFrame(rows)
