"""Why this figure: what each value adds to the average risk, found by asking the live endpoint."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import streamlit as st

from hfcore.datasets.schema import Column
from hfcore.errors import HfError
from hfcore.records import Endpoint
from hfcore.reporting.attribution import Attribution, attribute, complete_rows
from hfcore.ui import chart, endpoint_trouble, scoring, served_model
from hfcore.ui.figures import waterfall
from hfcore.ui.figures.waterfall import Step
from hfcore.ui.palette import is_dark, palette
from hfcore.ui.patient_form import value_words
from hfcore.ui.scoring import Answer
from hfcore.ui.served_model import Origin
from hfcore.ui.words import inside, literal, percent
from hfcore.workspace import Workspace

if TYPE_CHECKING:
    import pandas as pd
    import plotly.graph_objects as go

SHOWN = 8
MOST_TABLE_ROWS = 5_000
_KEPT = "why-attribution"
_HOW = (
    "How to read this: starting at the average risk of the training patients, each bar adds what this patient's value changes, "
    "down to the risk above."
)
_LIMITS = (
    "Shapley values, from {rows:,} rows scored at the endpoint against {background} training patients. "
    "They explain the model, not the disease."
)


def draw(ws: Workspace, endpoint: Endpoint, found: Origin, answer: Answer, columns: Sequence[Column]) -> None:
    """Draw the waterfall and say which values matter most."""
    try:
        with st.spinner("Asking the endpoint about other patients"):
            told = _attribution(ws, endpoint, found, answer)
    except HfError as error:
        endpoint_trouble.draw(error, endpoint)
        return
    by_name = {c.name: c for c in columns}
    parts = steps(told, by_name)
    said = sentence(told, by_name)
    st.markdown(literal(said))
    chart.draw(_figure(told.base, tuple(parts), is_dark()), "why", _HOW, said, table=lambda: _table(told))
    st.caption(_LIMITS.format(rows=told.rows, background=told.background))


@chart.kept(100)
def _figure(base: float, parts: tuple[Step, ...], dark: bool) -> go.Figure:
    return waterfall.build(base, parts, palette(dark))


def _attribution(ws: Workspace, endpoint: Endpoint, found: Origin, answer: Answer) -> Attribution:
    """Return the attribution of an answer, computed once for it."""
    kept: tuple[Answer, Attribution] | None = st.session_state.get(_KEPT)
    if kept is None or kept[0] is not answer:
        frame, _ = served_model.patients(ws, found)
        some = frame if len(frame) <= MOST_TABLE_ROWS else frame.sample(MOST_TABLE_ROWS, random_state=0)
        with scoring.client(ws, endpoint, patients=False) as opened:
            told = attribute(
                lambda rows: [p[answer.place] for p in opened.predict_proba(rows)],
                answer.values,
                complete_rows(some, found.model.features),
            )
        kept = st.session_state[_KEPT] = (answer, told)
    return kept[1]


def steps(told: Attribution, columns: dict[str, Column]) -> list[Step]:
    """Return the bars: the largest contributions in order, the small ones as one."""
    largest, rest = told.by_size[:SHOWN], told.by_size[SHOWN:]
    found = [Step(_named(c.feature, c.value, columns), c.amount) for c in largest]
    return [*found, Step(f"{len(rest)} others", sum(c.amount for c in rest))] if rest else found


def sentence(told: Attribution, columns: dict[str, Column]) -> str:
    """Say the average risk and the values that raise and lower this one most."""
    raising = [_named(c.feature, c.value, columns) for c in told.by_size if c.amount >= 0.01][:2]
    lowering = [_named(c.feature, c.value, columns) for c in told.by_size if c.amount <= -0.01][:2]
    said = [f"The average risk is {percent(told.base)}."]
    if raising:
        said.append(f"Raised most by {' and '.join(raising)}.")
    if lowering:
        said.append(f"Lowered most by {' and '.join(lowering)}.")
    return " ".join(said)


def _named(feature: str, value: Any, columns: dict[str, Column]) -> str:
    column = columns.get(feature)
    return f"{feature} {value}" if column is None else f"{inside(column.title)} {value_words(column, value)}"


def _table(told: Attribution) -> pd.DataFrame:
    import pandas as pd

    rows = [(c.feature, c.value, c.amount, c.error) for c in told.contributions]
    return pd.DataFrame(rows, columns=["variable", "value", "added_risk", "standard_error"])
