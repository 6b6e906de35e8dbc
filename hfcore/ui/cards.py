"""The four cards of the overview: data set, latest run, champion or newest model, live endpoint."""

from __future__ import annotations

import streamlit as st

from hfcore.records import CHAMPION, Endpoint, ModelVersion, Run
from hfcore.ui import follow_up, honest, navigation
from hfcore.ui.run_words import children_done, metric_name
from hfcore.ui.states import inline
from hfcore.ui.words import ago, exact, literal, metric
from hfcore.workspace import Workspace

HEIGHT = 190


def data_card(ws: Workspace) -> None:
    """Draw the data set: patients and variables."""
    data = ws.dataset()
    _card(
        "Data set",
        f"{data.rows} patients",
        f"{data.columns - 1} variables, {literal(data.name)}",
        ("explore", "Explore the data", {}),
    )


def run_card(ws: Workspace, run: Run | None) -> None:
    """Draw the latest run: its best score and state."""
    if run is None:
        _card("Latest run", "None yet", "No model has been trained.", ("train", "Start training", {}))
        return
    corrected = honest.estimate(ws, run)
    score = f"AUC {metric(corrected.value)}" if corrected else f"{metric_name(run)} {metric(run.best_score)}"
    figure = score if run.best_score is not None else children_done(run)
    note = follow_up.words(ws, run) if run.best_score is not None else ""
    moment = run.ended_at or run.created_at
    detail = f"{inline(run.state)} {ago(moment)}{', ' + note if note else ''}"
    label = "Watch the run" if run.state.is_active else "Open the run"
    _card("Latest run", figure, detail, ("runs", label, {"run": run.id}), exact(moment))


def model_card(model: ModelVersion | None) -> None:
    """Draw the champion, or the newest registered model."""
    if model is None:
        _card("Registered model", "None yet", "Register the best model of a run.", ("model", "See the best model", {}))
        return
    detail = f"{literal(model.algorithm)}, {ago(model.created_at)}"
    is_champion = CHAMPION in model.aliases
    _card(
        "Champion model" if is_champion else "Registered model",
        f"Version {model.version}",
        detail,
        ("model", "How good is it?", {"run": model.run_id} | ({"child": model.child_id} if is_champion else {})),
        exact(model.created_at),
    )


def endpoint_card(endpoint: Endpoint | None) -> None:
    """Draw the endpoint that answers, or the first one there is."""
    if endpoint is None:
        _card("Endpoint", "None yet", "Nothing is in service.", ("deploy", "Deploy a model", {}))
        return
    detail = f"{inline(endpoint.state)}, serves version {endpoint.model_version}"
    _card("Endpoint", endpoint.name, detail, ("predict", "Score a patient", {"endpoint": endpoint.name}))


def _card(title: str, figure: str, detail: str, link: tuple[str, str, dict[str, str]], tooltip: str | None = None) -> None:
    with st.container(border=True, height=HEIGHT, gap="xsmall"):
        st.caption(title)
        st.markdown(f"#### {literal(figure)}")
        st.markdown(detail)
        st.space("stretch")
        page, label, query = link
        navigation.link(page, label, ":material/arrow_forward:", tooltip, **query)
