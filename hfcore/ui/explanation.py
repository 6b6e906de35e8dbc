"""The tab Why of the Model page: what the model looks at, and how its risk goes with each variable."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from hfcore.datasets.schema import Column
from hfcore.reporting.report import Dependence, Importance, ModelReport
from hfcore.ui import chart
from hfcore.ui.figures import dependence, importance
from hfcore.ui.outcome import Outcome
from hfcore.ui.palette import is_dark, palette
from hfcore.ui.words import inside, literal

if TYPE_CHECKING:
    import pandas as pd
    import plotly.graph_objects as go

_HOW_IMPORTANCE = (
    "How to read this: the AUC that is lost when this variable's values are exchanged among the patients, with its 95 % "
    "interval; grey where that interval holds 0."
)
_WHEN_IMPORTANCE = (
    "Distrust it where two variables go together: each can stand in for the other, so both look as if they did not matter. "
    "It says what this model uses, not what causes the outcome."
)
_WHEN_DEPENDENCE = (
    "Distrust it where variables go together, because some of these patients cannot exist; where the thin lines cross, the mean "
    "hides that patients differ. It shows what the model does, not what a treatment would do."
)


@dataclass(frozen=True)
class Explained:
    """What there is to draw: importance and curves, whose they are (a key for what is drawn), and where they come from."""

    key: tuple[str, ...]
    importance: tuple[Importance, ...]
    dependence: tuple[Dependence, ...]
    source: str


def of_report(workspace: str, report: ModelReport) -> Explained | None:
    """Return what the worker has computed; None for a report without it."""
    if not report.importance and not report.dependence:
        return None
    source = "Each patient is scored by models that have not seen them."
    return Explained((workspace, report.run_id, report.child_id, report.algorithm), report.importance, report.dependence, source)


def draw(explained: Explained, columns: Mapping[str, Column], outcome: Outcome) -> None:
    """Draw the importance of each variable, and beside it the curve of the one that is chosen."""
    st.markdown(literal(sentence(explained.importance, columns)))
    with st.grid(2, min_column_width=360, gap="medium", key="why"):
        with st.container():
            _importance(explained, columns)
        with st.container():
            _dependence(explained, columns, outcome)


def sentence(found: Sequence[Importance], columns: Mapping[str, Column]) -> str:
    """Say on which variables the model rests: those whose loss is surely above 0."""
    sure = [inside(_titled(i.feature, columns)) for i in found if i.loss.low is not None and i.loss.low > 0]
    if not found:
        return "How much each variable matters is not known for this model."
    if not sure:
        return "No single variable is shown to matter: without any one of them the AUC may stay the same."
    rest = len(found) - len(sure)
    words = sure[0] if len(sure) == 1 else f"{', '.join(sure[:-1])} and {sure[-1]}"
    others = f" Without any one of the other {rest} variables the AUC may stay the same." if rest > 1 else ""
    return f"This model rests on {words}.{others}"


def _titled(name: str, columns: Mapping[str, Column]) -> str:
    return columns[name].title if name in columns else name


def _importance(explained: Explained, columns: Mapping[str, Column]) -> None:
    st.markdown("**What it looks at**")
    if not explained.importance:
        st.markdown("There were too few patients of one outcome to tell how much each variable matters.")
        return
    titles = {i.feature: _titled(i.feature, columns) for i in explained.importance}
    figure = _importance_figure(explained.key, tuple(titles.items()), is_dark(), _found=explained.importance)
    how = f"{_HOW_IMPORTANCE} {explained.source} {_WHEN_IMPORTANCE}"
    chart.draw(figure, "importance", how, "AUC lost without each variable", lambda: _importance_table(explained.importance))


@st.fragment
def _dependence(explained: Explained, columns: Mapping[str, Column], outcome: Outcome) -> None:
    curves = {d.feature: d for d in explained.dependence}
    order = [i.feature for i in explained.importance if i.feature in curves]
    names = order + [name for name in curves if name not in order]
    if not names:
        st.markdown("**How the risk goes with one variable**")
        st.markdown("This child run has no exported model that could be asked.")
        return
    chosen = st.selectbox(
        "How the risk goes with",
        names,
        format_func=lambda name: _titled(name, columns),
        key="why-variable",
        persist_state="session",
    )
    curve = curves.get(chosen) or curves[names[0]]
    column = columns.get(curve.feature) or Column(curve.feature, curve.feature, "number")
    figure = _dependence_figure(explained.key, column, outcome, is_dark(), _curve=curve)
    chart.draw(figure, "dependence", _reading(curve), f"Risk over {column.title}", lambda: _dependence_table(curve))


def _reading(curve: Dependence) -> str:
    """Say how the curve is read, and where there are few patients."""
    start = (
        f"How to read this: the thick line is the mean risk of {curve.rows} patients, had each of them this value and all else "
        f"as it is; the thin lines are {len(curve.lines)} of them."
    )
    marks = "" if curve.shares else " About 5 % of the patients lie between two marks at the bottom, so wide gaps mean few."
    return f"{start}{marks} {_WHEN_DEPENDENCE}"


@chart.kept(100)
def _importance_figure(
    key: tuple[str, ...], titles: tuple[tuple[str, str], ...], dark: bool, _found: Sequence[Importance]
) -> go.Figure:
    return importance.build(_found, dict(titles), palette(dark))


@chart.kept(300)
def _dependence_figure(key: tuple[str, ...], column: Column, outcome: Outcome, dark: bool, _curve: Dependence) -> go.Figure:
    risk = f"Predicted risk: {outcome.for_figure().event}"
    return dependence.build(_curve, column, risk, palette(dark))


def _importance_table(found: Sequence[Importance]) -> pd.DataFrame:
    import pandas as pd

    rows = [(i.feature, i.loss.value, i.loss.low, i.loss.high) for i in found]
    return pd.DataFrame(rows, columns=["variable", "auc_lost", "low", "high"])


def _dependence_table(curve: Dependence) -> pd.DataFrame:
    import pandas as pd

    lines = {f"patient {number}": line for number, line in enumerate(curve.lines, 1)}
    return pd.DataFrame({curve.feature: curve.grid, "mean": curve.mean, **lines})
