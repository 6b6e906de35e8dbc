"""What others published about the shipped table, beside this model's figures."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from hfcore.datasets.published import CITATION, PUBLISHED
from hfcore.reporting.report import ModelReport
from hfcore.ui.words import literal, metric

_COLUMNS = {"AUC_weighted": "AUC", "accuracy": "Accuracy", "matthews_correlation": "Matthews corr."}


def draw(report: ModelReport) -> None:
    """Draw the published figures of models that use follow-up time just as this one does."""
    alike = [p for p in PUBLISHED if p.uses_follow_up_time == report.uses_follow_up_time]
    rows = [("This model", report.metrics), *((p.model.capitalize(), p.metrics) for p in alike)]
    time = "with" if report.uses_follow_up_time else "without"
    st.subheader(f"Published for these patients, {time} follow-up time", anchor=False)
    cells = [
        {"Model": literal(name), **{title: metric(found.get(key)) for key, title in _COLUMNS.items()}} for name, found in rows
    ]
    st.table(pd.DataFrame(cells), border="horizontal", hide_index=True, alt="Published figures for the same patients")
    st.caption(
        "For context only: the published figures are means over 100 random splits, not over these folds, and have no interval, "
        f"so a small difference says nothing. {literal(CITATION)}"
    )
