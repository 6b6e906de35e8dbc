"""What a model looks at where its backend keeps no explanation: found by asking a live endpoint that serves it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from hfcore.errors import HfError
from hfcore.records import ChildRun, Endpoint, Run
from hfcore.reporting.attribution import complete_rows
from hfcore.reporting.dependence import MOST_PREDICTIONS, dependences
from hfcore.reporting.importance import importances, shuffle_orders, shuffled_risks
from hfcore.reporting.report import ModelReport
from hfcore.states import EndpointState
from hfcore.ui import endpoint_trouble, navigation, scoring
from hfcore.ui.explanation import Explained
from hfcore.ui.words import count, literal
from hfcore.workspace import Workspace

if TYPE_CHECKING:
    import pandas as pd

_KEPT = "why-at-endpoint"
MOST_PATIENTS, REPEATS = 300, 3


def ask(ws: Workspace, run: Run, child: ChildRun, report: ModelReport) -> Explained | None:
    """Offer to ask an endpoint that serves this child run's model, and return what it has said in this session."""
    kept: dict[str, Explained] = st.session_state.setdefault(_KEPT, {})
    if child.id in kept:
        return kept[child.id]
    endpoint = _serving(ws, child)
    st.markdown("This report does not tell what the model looks at.")
    if endpoint is None:
        st.markdown("Register the model and put it into service: then its endpoint can be asked from here.")
        navigation.link("deploy", "Put it into service", ":material/arrow_forward:")
        return None
    st.caption(
        f"The endpoint {literal(endpoint.name)} serves it and can be asked: some {_rows(report):,} rows of the patients it was "
        "trained on are sent there."
    )
    if not st.button("Ask the endpoint", key="why-ask"):
        return None
    try:
        with st.spinner("Asking the endpoint"):
            kept[child.id] = _asked(ws, run, endpoint, report)
    except HfError as error:
        endpoint_trouble.draw(error, endpoint)
        return None
    return kept[child.id]


def _serving(ws: Workspace, child: ChildRun) -> Endpoint | None:
    labels = {m.label for m in ws.models() if m.child_id == child.id}
    return next((e for e in ws.endpoints() if e.label in labels and e.state is EndpointState.HEALTHY), None)


def _rows(report: ModelReport) -> int:
    patients = min(report.rows, MOST_PATIENTS)
    return patients * (1 + REPEATS * len(report.features)) + MOST_PREDICTIONS


def _asked(ws: Workspace, run: Run, endpoint: Endpoint, report: ModelReport) -> Explained:
    """Ask for everything. Raises what the client and the data set raise."""
    table = ws.dataset(run.dataset, run.dataset_version).to_pandas()
    rows = complete_rows(table, report.features)
    rows = rows.iloc[np.sort(np.random.default_rng(0).permutation(len(rows))[:MOST_PATIENTS])]
    event = (table.loc[rows.index, report.label_column].astype(str) == report.positive_label).to_numpy()
    with scoring.client(ws, endpoint) as opened:

        def risk(asked: pd.DataFrame) -> list[float]:
            return [probabilities[-1] for probabilities in opened.predict_proba(asked)]

        found = importances(report.features, event, *shuffled_risks(risk, rows, shuffle_orders(len(rows), REPEATS)))
        curves = dependences(risk, rows)
    source = (
        f"Found by asking the endpoint about {count(len(rows), 'patient')} that the model was trained on, so it may look as if "
        "it needed its variables more than it does for new patients."
    )
    return Explained((ws.name, endpoint.name, report.child_id), found, curves, source)
