"""The tab Versions: every registered version, what is said about one and how to change it, and how two of them differ."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from hfcore.records import ModelVersion
from hfcore.ui import export, navigation, version_comparison, version_form, version_words
from hfcore.ui.guard import guard
from hfcore.ui.table import ROW, table_height
from hfcore.ui.words import MISSING, count, literal, metric
from hfcore.workspace import Workspace

if TYPE_CHECKING:
    import pandas as pd

_TEXT = st.column_config.TextColumn
_COLUMNS = {
    "version": _TEXT("Version", width=165),
    "aliases": _TEXT("Known as", width=105),
    "algorithm": _TEXT("Algorithm", width=215),
    "auc": _TEXT("AUC", width=55, alignment="right", help="Mean over the folds, without correction for having been picked."),
    "threshold": _TEXT("Threshold", width=75, alignment="right", help="Its predictions are positive from this risk on."),
    "at": st.column_config.DatetimeColumn("Registered", format="distance", width=110),
    "by": _TEXT("By", width=80),
    "description": _TEXT("Description", width=190),
}


@st.fragment
def draw(ws: Workspace) -> None:
    """Draw the tab; only this part runs again when something in it is chosen."""
    with guard():
        models = ws.models()
        st.markdown(sentence(models))
        if not models:
            return
        _table(models)
        left, right = st.tabs(["About a version", "Compare two versions"], key="versions-part", on_change="rerun")
        if left.open:
            with left:
                version_form.draw(ws, models)
        if right.open:
            with right:
                version_comparison.draw(ws, models)
        navigation.link("cleanup", "Delete versions on the Clean up page", ":material/delete:")


def sentence(models: Sequence[ModelVersion]) -> str:
    """Say in markdown how many versions there are, of what, and which one is the champion."""
    if not models:
        return "Nothing is registered yet. **Register this model** keeps it as version 1 of a named model."
    names = len({m.name for m in models})
    of = f" of {literal(models[0].name)}" if names == 1 else f" of {count(names, 'model')}"
    best = version_words.champion(models)
    if best is None:
        return f"{count(len(models), 'version')}{of}. None is the champion yet: give the alias to the one that shall be used."
    return f"{count(len(models), 'version')}{of}. The champion is **{literal(best.label)}**."


def _table(models: Sequence[ModelVersion]) -> None:
    st.dataframe(
        _frame(models),
        hide_index=True,
        height=table_height(len(models), 8),
        row_height=ROW,
        placeholder="",
        column_config=_COLUMNS,
        alt="Registered versions, newest first",
    )


def _frame(models: Sequence[ModelVersion]) -> pd.DataFrame:
    import pandas as pd

    return export.neutral_table(pd.DataFrame([_row(m) for m in models], columns=list(_COLUMNS)))


def _row(model: ModelVersion) -> dict[str, object]:
    return {
        "version": model.label,
        "aliases": ", ".join(model.aliases),
        "algorithm": model.algorithm,
        "auc": metric(model.metrics.get("AUC_weighted")),
        "threshold": MISSING if model.threshold is None else version_words.cut(model.threshold),
        "at": model.created_at,
        "by": model.registered_by,
        "description": model.description,
    }
