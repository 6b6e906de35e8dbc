"""Whether those who are scored are like the training patients: the endpoint's own account, column by column."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from hfcore.datasets.schema import Column
from hfcore.records import Endpoint
from hfcore.scoring.drift import MUCH, Drift, Inputs, read_inputs
from hfcore.ui import chart, patient_form
from hfcore.ui.figures import input_shares
from hfcore.ui.palette import is_dark, palette
from hfcore.ui.patients import heading
from hfcore.ui.served_model import Served
from hfcore.ui.table import table_height
from hfcore.ui.words import count, literal
from hfcore.workspace import Workspace

if TYPE_CHECKING:
    import pandas as pd
    import plotly.graph_objects as go

_HOW = (
    "PSI is the population stability index (Siddiqi 2006) over tenths of the training patients; 0.1 is usual for some change, "
    "0.25 for much. Chance is what an unchanged column stays under in 99 of 100 cases with so few rows. Counts per bin are kept "
    "while the endpoint's server runs, of every caller, each scored row as one; never a value."
)


def draw(ws: Workspace, endpoint: Endpoint) -> None:
    """Draw the account, or say why there is none yet."""
    found = _account(ws, endpoint)
    if found is None:
        st.markdown("This endpoint keeps no account of its inputs.")
        return
    if not found.columns:
        st.markdown(waiting(found))
        return
    by_name = {c.name: c for c in patient_form.columns(ws, endpoint, Served(ws, endpoint).table)}
    st.markdown(literal(sentence(found.columns, by_name, found.requests)))
    ordered = sorted(found.columns, key=lambda d: -d.index)
    st.dataframe(table(ordered, by_name), key="drift", hide_index=True, height=table_height(len(ordered), 12))
    titles = {d.column: _title(d.column, by_name) for d in ordered}
    chosen = st.selectbox("Look at one variable", list(titles), format_func=lambda n: titles[n], key="drift-column", width=320)
    drift = next(d for d in ordered if d.column == chosen)
    chart.draw(
        _figure(drift, by_name.get(drift.column), is_dark()),
        "input-shares",
        "How to read this: equal heights mean that such values are as common among scored rows as among training patients.",
        f"Shares of scored rows and training patients by {_title(drift.column, by_name)}",
    )
    st.caption(_HOW)


@chart.kept(100)
def _figure(drift: Drift, column: Column | None, dark: bool) -> go.Figure:
    return input_shares.build(drift, column, palette(dark))


def _account(ws: Workspace, endpoint: Endpoint) -> Inputs | None:
    if not endpoint.scoring_uri:
        return None
    key = endpoint.primary_key or (ws.endpoint_keys(endpoint.name)[0] if endpoint.auth else None)
    return read_inputs(endpoint.scoring_uri, key)


def waiting(found: Inputs) -> str:
    """Say how many requests are missing, or that the model brings no bins to compare with."""
    if found.requests >= found.least_requests:
        return "This model was registered before bins were kept with it, so there is nothing to compare with."
    so_far = count(found.requests, "request")
    return f"{so_far} since the endpoint's server was started; this is told from {found.least_requests} on."


def sentence(columns: Sequence[Drift], by_name: dict[str, Column], requests: int) -> str:
    """Say which variables have moved."""
    moved = [_title(d.column, by_name) for d in sorted(columns, key=lambda d: -d.index) if d.has_moved]
    if not moved:
        return f"No variable differs from the training patients by more than chance explains, after {requests:,} requests."
    return f"Different from the training patients, by more than chance explains: {', '.join(moved)}."


def table(ordered: Sequence[Drift], by_name: dict[str, Column]) -> pd.DataFrame:
    """Return one row per variable, the most moved first."""
    import pandas as pd

    rows = [(_title(d.column, by_name), f"{d.index:.3f}", f"{d.chance:.3f}", sum(d.live), state(d)) for d in ordered]
    return pd.DataFrame(rows, columns=["Variable", "PSI", "Chance", "Rows", "In words"])


def state(drift: Drift) -> str:
    """Say in words what an index means."""
    if not drift.has_moved:
        return "as in training"
    return "much changed" if drift.index > MUCH else "somewhat changed"


def _title(name: str, by_name: dict[str, Column]) -> str:
    return heading(by_name[name]) if name in by_name else name
