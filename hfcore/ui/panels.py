"""A chart of a report with its title, its words and its numbers, drawn side by side with others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import streamlit as st

from hfcore.reporting.report import Curve, ModelReport
from hfcore.ui import chart, reports
from hfcore.ui.outcome import Outcome
from hfcore.ui.palette import is_dark

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Panel:
    """One chart: `kind` is its name in `reports`, `how_to_read` says how to read it and when to distrust it, in markdown."""

    kind: str
    title: str
    how_to_read: str
    alt: str
    table: Callable[[], pd.DataFrame]


def draw(workspace: str, report: ModelReport, outcome: Outcome, panels: Sequence[Panel], key: str) -> None:
    """Draw panels two in a row, one below the other where it is narrow."""
    with st.grid(2, min_column_width=360, key=key):
        for panel in panels:
            with st.container():
                one(workspace, report, outcome, panel)


def one(workspace: str, report: ModelReport, outcome: Outcome, panel: Panel) -> None:
    """Draw one panel."""
    st.markdown(f"**{panel.title}**")
    figure = reports.figure(workspace, report.run_id, report.child_id, panel.kind, outcome, is_dark(), _report=report)
    chart.draw(figure, panel.kind, panel.how_to_read, panel.alt, panel.table)


def remark(sentence: str) -> None:
    """Say in place of a chart why it is not there."""
    st.caption(sentence)


def points(curve: Curve) -> pd.DataFrame:
    """Return the points of a curve as a table."""
    import pandas as pd

    return pd.DataFrame({"x": curve.x, "y": curve.y, "threshold": curve.thresholds or [None] * len(curve.x)})


def rows(records: Sequence[Any]) -> pd.DataFrame:
    """Return flat records as a table, a column for each field."""
    import pandas as pd

    return pd.DataFrame([asdict(record) for record in records])
